"""All flows from all starts, each by the method that suits it.

Every flow is first followed by few explicit steps. Flows that this leaves open are followed
again by implicit steps, and what is open then by many explicit ones.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from threading import Lock
from typing import Any, TypeAlias

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.program_keys import key_of, traced_key
from ..base.stored import remembered, stored_program
from ..base.xla import jit_fast_compile
from ..objectives.objective import Objective
from .explicit import runge_kutta
from .implicit import linearly_implicit
from .lanes import Evaluation, Evaluator, evaluator
from .path import Path, Stepper, as_text, of_text
from .stepwise import integrate_stepwise
from .trajectories import SHORTEST, integrate

FEW_STEPS = 2**8
"""Maximum number of explicit steps at first: a flow that needs more is stiff or full of kinks."""
STIFF_STEPS = 2**11
"""Maximum number of implicit steps: a flow that needs more is not stiff but full of kinks."""
MOST_STEPS = 2**13
"""Maximum number of explicit steps in the end."""
FEW_NUMBERS = 200
"""Number of logits in all lanes up to which a flow takes longer to compile than to run."""
LANES: dict[Stepper, int] = {runge_kutta: 128, linearly_implicit: 32}
"""Number of lanes that run together.

With fewer lanes, those that take many steps hold up fewer others, and all fit into caches.
"""

Derivative: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]
DERIVATIVES: dict[Stepper, Derivative] = {
    runge_kutta: jax.value_and_grad,
    linearly_implicit: jax.hessian,
}
"""The highest derivative of the loss that the steps take."""

LaneIndex: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
"""Rows [k, 1] and columns [k, w] of some lanes, to index arrays [objective, m, ...]."""
Inputs: TypeAlias = tuple[Evaluation, Any, Any]
"""Evaluation at the starting logits, these logits, and which lanes to skip."""

_FACTORIZATION_LOCK = Lock()


def follow(objectives: Sequence[Objective], label: int, lanes: Array) -> Path:
    """Follow the flow of every objective from the logits of all its lanes, [objective, m, n]."""
    # Under `jit` it is traced once for all the programs that evaluate.
    evaluate = jax.jit(evaluator(objectives, label))
    key = _key(objectives, label, lanes)
    few = lanes.size <= FEW_NUMBERS and not jax.config.jax_disable_jit  # type: ignore[attr-defined]
    if few:
        # Found again as it was, by the key of all that it depends on.
        starts = np.asarray(lanes).tobytes().hex()
        path = of_text(
            remembered(
                _with(key, lanes.shape, "few steps from", starts),
                lambda: as_text(_few_steps(key, evaluate, lanes)),
            )
        )
    else:
        first = _program(_with(key, lanes.shape), evaluate, jit_fast_compile, lanes)
        inputs = (first(lanes), lanes, _none(lanes))
        path = _integrate_in_parts(key, evaluate, runge_kutta, FEW_STEPS, inputs)
    again = partial(_follow_again, objectives, label, lanes)
    # A lane whose shortest step has grown by a quarter has taken many inaccurate steps.
    slowed = path.min_step >= 1.25 * SHORTEST
    hindered = np.asarray(~path.done | path.stuck | slowed)
    path = again(linearly_implicit, STIFF_STEPS, path, hindered)
    return again(runge_kutta, MOST_STEPS, path, np.asarray(~path.done))


def _few_steps(key: str | None, evaluate: Evaluator, lanes: Array) -> Path:
    """The first steps of few lanes, for which only the evaluation is compiled."""
    first = _program(_with(key, lanes.shape), evaluate, jit_fast_compile, lanes)
    return integrate_stepwise(first, FEW_STEPS, lanes, _none(lanes))


def _none(lanes: Array) -> NDArray[Any]:
    """That no lane is skipped."""
    return np.zeros(lanes.shape[:2], bool)


def _follow_again(
    objectives: Sequence[Objective],
    label: int,
    lanes: Array,
    stepper: Stepper,
    most: int,
    path: Path,
    chosen: NDArray[Any],
) -> Path:
    """Follow the chosen lanes again by another method and keep whichever end is better."""
    # Only the objectives that need the other method are compiled for it.
    rows = np.flatnonzero(chosen.any(axis=1))
    if not rows.size:
        return path
    at = _lane_index(rows, chosen)
    chosen_objectives = [objectives[int(row)] for row in rows]
    evaluate = jax.jit(evaluator(chosen_objectives, label))
    key = _key(chosen_objectives, label, lanes, DERIVATIVES[stepper])

    start: Evaluation = jax.tree.map(lambda leaf: leaf[at], path.start)
    skip = ~chosen[at]
    inputs = (start, lanes[at], skip)
    again = _integrate_in_parts(key, evaluate, stepper, most, inputs)
    return _better(path, again, at)


def _lane_index(rows: NDArray[Any], chosen: NDArray[Any]) -> LaneIndex:
    """Index of the chosen lanes of these rows, and of others where a row has fewer of them."""
    width = chosen.sum(axis=1).max()
    chosen_first = np.argsort(~chosen[rows], axis=1, kind="stable")
    return rows[:, None], chosen_first[:, :width]


def _key(
    objectives: Sequence[Objective],
    label: int,
    lanes: Array,
    derivative: Derivative = jax.value_and_grad,
) -> str | None:
    """Key of the evaluation of all objectives; None if one of them has none."""
    keys = [str(label)]
    for objective in objectives:
        # Pairs are evaluated in another way, and have no keys.
        if objective.loss is not None:
            return None
        key = key_of(objective.function, "flow")
        if key is None:
            logits = jax.ShapeDtypeStruct(lanes.shape[2:], lanes.dtype)
            key = traced_key(derivative(objective.function), logits, logits)
        predicts = "logits"
        if objective.normalizer is not None:
            predicts = key_of(objective.normalizer) or ""
        if key is None or not predicts:
            return None
        keys += [key, predicts]
    return " | ".join(keys)


def _with(key: str | None, *about: object) -> str | None:
    return None if key is None else " | ".join([key, *map(str, about)])


def _integrate_in_parts(
    key: str | None, evaluate: Evaluator, stepper: Stepper, most: int, inputs: Inputs
) -> Path:
    """`integrate`, compiled once and run on a part of the lanes at a time."""
    _, lanes, skip = inputs
    run = partial(integrate, evaluate, stepper)
    objectives, m = skip.shape
    columns = _columns_of_parts(m, max(1, LANES[stepper] // objectives))
    parts = [_part(inputs, chosen) for chosen in columns]
    # Compiled before the lock is taken, so that meanwhile another thread can factorize.
    shape = parts[0][2].shape
    key = _with(key, stepper.__name__, shape, lanes.shape)
    program = _program(key, run, jax.jit, most, *parts[0])
    paths = []
    with _exclusive(stepper):
        for part in parts:
            path_of_part = program(most, *part)
            paths.append(jax.tree.map(np.asarray, path_of_part))

    def joined(*leaves: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate(leaves, axis=1)[:, :m]

    path: Path = jax.tree.map(joined, *paths)
    return path


def _exclusive(stepper: Stepper) -> AbstractContextManager[Any]:
    """A context in which only one thread factorizes matrices.

    On CPUs, the batched linear algebra of jaxlib (`lu_factor`, `eigvalsh`) runs in a pool of
    threads and waits there for further threads of the same pool. As many simultaneous calls
    as the pool has threads would wait for each other for ever.
    """
    return _FACTORIZATION_LOCK if stepper is linearly_implicit else nullcontext()


def _program(
    key: str | None,
    run: Callable[..., Any],
    jit: Callable[..., jax.stages.Wrapped],
    *arguments: Any,
) -> Callable[..., Any]:
    """The compiled program; the function itself where JAX is told not to compile."""
    if jax.config.jax_disable_jit:  # type: ignore[attr-defined]
        return run
    return stored_program(key, run, *arguments, jit=jit).program


def _part(inputs: Inputs, columns: NDArray[Any]) -> Inputs:
    # In NumPy, as JAX would compile a program for every shape that it cuts.
    def cut(leaf: Any) -> NDArray[Any]:
        return np.asarray(leaf)[:, columns]

    part: Inputs = jax.tree.map(cut, inputs)
    return part


def _columns_of_parts(m: int, most: int) -> list[NDArray[Any]]:
    """Columns of the lanes of every part, all of the same number, which is at most `most`.

    The last part repeats the last lane where there are too few, so that one program serves all.
    """
    count = -(-m // most)
    width = -(-m // count)
    columns = np.minimum(np.arange(count * width), m - 1)
    return np.split(columns, count)


def _better(path: Path, again: Path, at: LaneIndex) -> Path:
    """The path, replaced at these lanes by the other one where that has a better end."""
    old: Path = jax.tree.map(lambda leaf: leaf[at], path)
    # A shortest step that has grown less is a path with fewer inaccurate steps.
    was_poor = ~old.done | old.stuck | (again.min_step < old.min_step)
    # A lane that was skipped is done at length 0, and its end says nothing.
    better = np.asarray(again.done) & (again.length > 0) & was_poor
    merged: Path = jax.tree.map(partial(_merged, at, better), path, again)
    return merged


def _merged(
    at: LaneIndex, better: NDArray[Any], old: NDArray[Any], new: NDArray[Any]
) -> NDArray[Any]:
    """The old values, replaced at these lanes by the new ones where they are better."""
    further_axes = tuple(range(2, old.ndim))
    condition = np.expand_dims(better, further_axes)
    merged = np.array(old)
    merged[at] = np.where(condition, new, old[at])
    return merged
