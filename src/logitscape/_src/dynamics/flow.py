"""Gradient flow, dz/dt = -grad L: how long a wrong model takes to correct itself, and why some never do."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from threading import Lock
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from ..base.types import Number
from ..base.xla import jit_fast_compile
from ..landscapes.slices import points as points_of
from ..landscapes.slices import ray as ray_of
from ..objectives.objective import Objective, Sources, named_objectives
from .implicit import linearly_implicit
from .lanes import Evaluation, checked_starts, evaluator
from .trajectories import (
    FEW_STEPS,
    LONGEST,
    MOST_STEPS,
    SHORTEST,
    STIFF_STEPS,
    Evaluator,
    Path,
    Step,
    integrate,
    is_right,
    runge_kutta,
    trace,
)

ZERO = "gradient is 0 at the start"
STUCK = "stuck at a stationary point while wrong"
OUTSIDE = "starts outside the domain"
LEAVES = "leaves the domain"
POLE = "pole"
AWAY = f"still wrong after a path of length {LONGEST:g}"
GAVE_UP = f"undecided after {MOST_STEPS} steps"
FEW_NUMBERS = 200
"""Up to so many logits in all lanes, to compile a few steps takes longer than to run them."""
ALONE = Lock()
"""For implicit steps: on CPUs `lu_factor` of jaxlib waits for threads of the pool in which it runs. As many calls at once as
that has threads wait for ever.
"""
LANES: dict[Step, int] = {runge_kutta: 128, linearly_implicit: 32}
"""So many at a time: those that take many steps do not hold up all others, and what they compute stays in caches."""


@dataclass(frozen=True)
class Flows:
    """Gradient flows of many objectives from many starts.

    Attributes:
        objectives: their names.
        starts: [m, n].
        label: the true class.
        times: [objective, m], until the label is predicted; 0 for a start that is not wrong, inf where it never is (or
            beyond the range of float64), NaN where undecided.
        log_times: [objective, m], their logarithms, which do not overflow.
        reached: [objective, m], whether the flow corrects itself.
        reasons: [objective, m], why it does not: "gradient is 0 at the start", "stuck at a stationary point while wrong",
            "starts outside the domain", "leaves the domain", "pole" (the loss is infinite), "still wrong after a path of
            length ...", "undecided after ... steps"; "" where it does.
        ends: [objective, m, n], where the label is first predicted, or how far the flow came.
        lengths: [objective, m], of the path.
        paths: [objective, m, points, n], at equal distances along the path, if asked for.
    """

    objectives: tuple[str, ...]
    starts: NDArray[Any]
    label: int
    times: NDArray[Any]
    log_times: NDArray[Any]
    reached: NDArray[Any]
    reasons: NDArray[Any]
    ends: NDArray[Any]
    lengths: NDArray[Any]
    paths: NDArray[Any] | None = None


def flow(
    objectives: Sources, starts: ArrayLike, *, label: int = 0, points: int | None = None
) -> Flows:
    """Follow the gradient flow of every objective from every start until the label is predicted.

    It is predicted once it is the argmax of p, or of z if the objective has no known normalizer; a tie at the start counts.
    All flows run together, with errors near 1e-9 of the time where the gradient is smooth and 1e-3 where it slides along a
    kink. Zero means zero in float64: what underflows never moves.

    Args:
        objectives: as for `sweep`.
        starts: [m, n], or a single one [n].
        label: the true class.
        points: how many points of each path to keep, for drawing.

    Raises:
        RuntimeError: without float64, `jax.config.update("jax_enable_x64", True)`.
        ValueError: for starts that are no finite logits, a label that is no class, or fewer than 2 points.
    """
    named = named_objectives(objectives)
    z = checked_starts("flow", starts, label)
    if points is not None and points < 2:
        raise ValueError(f"`flow(points=...)` must be at least 2, got {points!r}.")
    lanes = jnp.asarray(np.broadcast_to(z, (len(named), *z.shape)))
    evaluate = evaluator(tuple(named.values()), label)
    path = _follow(tuple(named.values()), label, lanes)
    paths = (
        None
        if points is None
        else np.asarray(
            jax.jit(partial(trace, evaluate, points))(path.start, lanes, path.length)
        )
    )
    reasons = _reasons(path)
    log_times = np.where(
        reasons == "", _log_time(path), np.where(reasons == GAVE_UP, np.nan, np.inf)
    )
    with np.errstate(over="ignore"):
        times = np.exp(log_times)
    return Flows(
        tuple(named),
        z,
        label,
        times,
        log_times,
        reasons == "",
        reasons,
        np.asarray(path.z),
        np.asarray(path.length),
        paths,
    )


def times_to_correct(
    objectives: Sources,
    margins: ArrayLike,
    ray: str = "R3",
    num_classes: int = 2,
    *,
    base: Number = 0.0,
    label: int = 0,
) -> Flows:
    """The flows from points of a probe ray, of which `times[objective, i]` is the time to correct a margin of `-margins[i]`.

    Args:
        objectives: as for `sweep`.
        margins: how wrong the starts are, increasing.
        ray: "R1", "R2" or "R3".
        num_classes: n.
        base: the other logits, as for `ls.ray`.
        label: the true class.

    Raises:
        RuntimeError: as for `flow`.
        ValueError: as for `ls.ray`.
    """
    rival = int(label == 0)
    line = ray_of(
        ray,
        np.asarray(margins, np.float64),
        num_classes=num_classes,
        label=label,
        rival=rival,
        base=base,
    )
    return flow(objectives, np.asarray(points_of(line)), label=label)


def _follow(objectives: Sequence[Objective], label: int, lanes: Array) -> Path:
    """All flows by few explicit steps; those that were hindered by implicit ones, and if that fails by many explicit ones."""
    evaluate = evaluator(objectives, label)
    path = _compiled(
        evaluate,
        runge_kutta,
        FEW_STEPS,
        jit_fast_compile(evaluate)(lanes),
        lanes,
        jnp.zeros(lanes.shape[:2], bool),
    )
    again = partial(_again, objectives, label, lanes)
    hindered = ~path.done | path.stuck | (path.min_step >= 1.25 * SHORTEST)
    path = again(linearly_implicit, STIFF_STEPS, path, np.asarray(hindered))
    return again(runge_kutta, MOST_STEPS, path, np.asarray(~path.done))


def _again(
    objectives: Sequence[Objective],
    label: int,
    lanes: Array,
    step: Step,
    most: int,
    path: Path,
    chosen: NDArray[Any],
) -> Path:
    """The path, but where another kind of step came to a better end what that found; only the chosen lanes are computed."""
    rows = np.flatnonzero(chosen.any(axis=1))
    if not rows.size:
        return path
    first = np.argsort(~chosen[rows], axis=1, kind="stable")[
        :, : chosen.sum(axis=1).max()
    ]
    at = rows[:, None], first
    evaluate = evaluator([objectives[int(row)] for row in rows], label)
    start: Evaluation = jax.tree.map(lambda leaf: jnp.asarray(leaf[at]), path.start)
    return _better(
        path,
        _compiled(evaluate, step, most, start, lanes[at], jnp.asarray(~chosen[at])),
        at,
    )


def _compiled(
    evaluate: Evaluator,
    step: Step,
    most: int,
    start: Evaluation,
    lanes: Array,
    skip: Array,
) -> Path:
    """`integrate`, compiled once, for so many lanes of every objective at a time."""
    compiled = (
        jit_fast_compile if lanes.size <= FEW_NUMBERS and most == FEW_STEPS else jax.jit
    )
    objectives, m = skip.shape
    places = _places(m, max(1, LANES[step] // objectives))
    parts = [jax.tree.map(itemgetter(place), (start, lanes, skip)) for place in places]
    run = compiled(partial(integrate, evaluate, step))
    interpreted = jax.config.jax_disable_jit  # type: ignore[attr-defined]
    program = run if interpreted else run.lower(most, *parts[0]).compile()
    with ALONE if step is linearly_implicit else nullcontext():
        found = [jax.tree.map(np.asarray, program(most, *part)) for part in parts]
    path: Path = jax.tree.map(
        lambda *leaves: np.concatenate(leaves, axis=1)[:, :m], *found
    )
    return path


def _places(m: int, most: int) -> list[tuple[slice, NDArray[Any]]]:
    """Where the lanes of every part are, [:, width]; the last one is made as wide as the others by repeating the last lane."""
    count = -(-m // most)
    width = -(-m // count)
    return [
        (slice(None), np.minimum(np.arange(part * width, (part + 1) * width), m - 1))
        for part in range(count)
    ]


def _better(path: Path, again: Path, at: Any) -> Path:
    """The path, but at these lanes what was found again where that came to a better end."""
    old: Path = jax.tree.map(lambda leaf: leaf[at], path)
    better = (
        np.asarray(again.done)
        & (again.length > 0)
        & (~old.done | old.stuck | (again.min_step < old.min_step))
    )
    merged: Path = jax.tree.map(partial(_merged, at, better), path, again)
    return merged


def _merged(
    at: Any, better: NDArray[Any], old: NDArray[Any], new: NDArray[Any]
) -> NDArray[Any]:
    """The old values, but at these lanes the new ones where they are better."""
    whole = np.array(old)
    whole[at] = np.where(
        np.expand_dims(better, tuple(range(2, old.ndim))), new, old[at]
    )
    return whole


def _reasons(path: Path) -> NDArray[Any]:
    """Of every lane the first that applies."""
    start, end = _nature(path.start), _nature(path.value)
    still = (path.value.gradient == 0).all(axis=-1)
    cases = {
        "": is_right(path.value),
        POLE: end == "infinite",
        OUTSIDE: start == "undefined",
        LEAVES: end == "undefined",
        ZERO: still & (path.length == 0),
        STUCK: still | path.stuck,
        GAVE_UP: ~path.done,
    }
    return np.select(list(cases.values()), list(cases), AWAY).astype(object)


def _nature(value: Evaluation) -> NDArray[Any]:
    loss = np.asarray(value.loss)
    defined = (
        np.isfinite(loss)
        & np.isfinite(value.gradient).all(axis=-1)
        & ~np.isnan(value.lead)
    )
    return np.where(
        np.isinf(loss), "infinite", np.where(defined, "finite", "undefined")
    )


def _log_time(path: Path) -> NDArray[Any]:
    """The logarithm of t, of u = log(1 + |g_0| t); -inf for a start that is not wrong."""
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = np.abs(path.start.gradient).max(axis=-1)
        log_norm = np.log(largest) + np.log(
            np.linalg.norm(path.start.gradient / largest[..., None], axis=-1)
        )
        log_time = path.log_time + np.log(-np.expm1(-path.log_time)) - log_norm
    return np.where(is_right(path.start), -np.inf, log_time)
