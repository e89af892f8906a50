"""Discrete steps: how many an optimiser takes to correct a wrong model; those that normalise gradients change the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from numpy.typing import ArrayLike, NDArray

from ..objectives.objective import Sources, named_objectives
from .lanes import Evaluation, checked_starts, evaluator
from .trajectories import is_right

OPTIMIZERS: dict[str, Callable[[float], optax.GradientTransformation]] = {
    "sgd": optax.sgd,
    "momentum": partial(optax.sgd, momentum=0.9),
    "adam": optax.adam,
}
"""By learning rate: `OPTIMIZERS["adam"](0.1)`."""

STOPPED = "no step moves it"
DIVERGED = "loss or gradient is not finite"
CAPPED = "still wrong after the most steps"


@dataclass(frozen=True)
class Steps:
    """Steps of an optimiser for many objectives from many starts.

    Attributes:
        objectives: their names.
        starts: [m, n].
        label: the true class.
        counts: [objective, m], steps until the label is predicted, 0 for a start that is not wrong; -1 where it never was.
        reached: [objective, m], whether it was.
        reasons: [objective, m], why not: "no step moves it", "loss or gradient is not finite", "still wrong after the most
            steps"; "" where it was.
        ends: [objective, m, n], the last logits.
    """

    objectives: tuple[str, ...]
    starts: NDArray[Any]
    label: int
    counts: NDArray[Any]
    reached: NDArray[Any]
    reasons: NDArray[Any]
    ends: NDArray[Any]


def steps_to_correct(
    objectives: Sources,
    starts: ArrayLike,
    optimizer: optax.GradientTransformation,
    *,
    label: int = 0,
    most: int = 100_000,
) -> Steps:
    """Run an optimiser on the logits themselves until the label is predicted, for every objective from every start.

    All run together in one program, each with an optimiser state of its own, until the last has ended.

    Args:
        objectives: as for `sweep`.
        starts: [m, n], or a single one [n].
        optimizer: from optax, such as `OPTIMIZERS["sgd"](0.1)`.
        label: the true class.
        most: how many steps at most.

    Raises:
        RuntimeError: without float64, `jax.config.update("jax_enable_x64", True)`.
        ValueError: for starts that are no finite logits, a label that is no class, or no step.
    """
    named = named_objectives(objectives)
    z = checked_starts("steps_to_correct", starts, label)
    if most < 1:
        raise ValueError(
            f"`steps_to_correct(most=...)` must be at least 1, got {most!r}."
        )
    run = partial(_run, evaluator(tuple(named.values()), label), optimizer, most)
    last: _State = jax.tree.map(
        np.asarray,
        jax.jit(run)(jnp.asarray(np.broadcast_to(z, (len(named), *z.shape)))),
    )
    reached = is_right(last.value)
    reasons = np.select(
        [reached, ~_finite(last.value), last.done], ["", DIVERGED, STOPPED], CAPPED
    ).astype(object)
    return Steps(
        tuple(named),
        z,
        label,
        np.where(reached, last.taken, -1),
        reached,
        reasons,
        np.asarray(last.z),
    )


class _State(NamedTuple):
    """Of every lane: logits, what is seen there, the optimiser's state, steps taken, whether it has ended."""

    z: Array
    value: Evaluation
    optimizer: Any
    taken: Array
    done: Array


def _run(
    evaluate: Callable[[Array], Evaluation],
    optimizer: optax.GradientTransformation,
    most: int,
    z: Array,
) -> _State:
    init, update = (
        jax.vmap(jax.vmap(each)) for each in (optimizer.init, optimizer.update)
    )
    value = evaluate(z)
    first = _State(
        z,
        value,
        init(z),
        jnp.zeros(z.shape[:2], jnp.int32),
        is_right(value) | ~_finite(value),
    )

    def advance(state: _State) -> _State:
        with jax.numpy_dtype_promotion("standard"):  # optax counts on it
            updates, memory = update(state.value.gradient, state.optimizer, state.z)
        z = state.z + updates
        value = evaluate(z)
        still = jnp.all((z == state.z) & (value.gradient == 0), axis=-1)
        new = _State(
            z, value, memory, state.taken + 1, is_right(value) | ~_finite(value) | still
        )
        kept: _State = jax.tree.map(partial(_unless, state.done), state, new)
        return kept

    def going_on(state: _State) -> Array:
        return ~jnp.all(state.done) & (jnp.max(state.taken) < most)

    last: _State = jax.lax.while_loop(going_on, advance, first)
    return last


def _finite(value: Evaluation) -> Any:
    return (abs(value.loss) < np.inf) & (abs(value.gradient) < np.inf).all(axis=-1)


def _unless(done: Array, old: Array, new: Array) -> Array:
    return jnp.where(jnp.expand_dims(done, tuple(range(done.ndim, new.ndim))), old, new)
