"""Gradient flow, dz/dt = -grad L: how long a wrong model takes to correct itself, if ever."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..base.messages import quoted
from ..base.types import Number
from ..base.users_code import keeps_nothing
from ..base.whole_numbers import MOST_POINTS, is_whole, whole_number
from ..landscapes.slice import points as points_of
from ..landscapes.slice_arguments import axis
from ..landscapes.slices import ray as ray_of
from ..objectives.named import named_objectives
from ..objectives.sources import Sources
from .explicit import trace
from .follow import follow
from .lanes import checked_starts, evaluator, is_right, shared_lanes
from .path import Path
from .reasons import GAVE_UP, reasons_for_no_correction


@dataclass(frozen=True)
class Flows:
    """Gradient flows of many objectives from many starts.

    Attributes:
        objectives: Names of the objectives.
        starts: Logits at which the flows start, [m, n].
        label: Index of the true class.
        times: Times until the label is predicted, [objective, m]: 0 for a start that is not
            wrong, inf for a flow that never corrects itself (or only beyond the range of
            float64), NaN where undecided.
        log_times: Natural logarithms of the times, which do not overflow, [objective, m].
        reached: Whether the flow corrects itself, [objective, m].
        reasons: Why it does not, [objective, m]: "gradient is 0 at the start", "stuck at a
            stationary point while wrong", "starts outside the domain", "leaves the domain",
            "pole" (the loss is infinite), "still wrong after a path of length ...",
            "undecided after ... steps"; "" where it does.
        ends: Logits where the label is first predicted, or where the flow ended without,
            [objective, m, n].
        lengths: Lengths of the paths, [objective, m].
        paths: Logits at equal distances along each path, [objective, m, points, n]; None unless
            `flow(points=...)` asked for them.
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


@keeps_nothing
def flow(
    objectives: Sources, starts: ArrayLike, *, label: int = 0, points: int | None = None
) -> Flows:
    """Follow the gradient flow of every objective from every start until the label is predicted.

    The logits themselves move, `dz/dt = -grad L(z)`. The label is predicted once it is the
    argmax of p, or of z if the objective has no known normalizer; a tie at the start counts.
    Errors are near 1e-9 of the time where the gradient is smooth and near 1e-3 of it where the
    flow slides along a kink. A gradient that underflows to 0 in float64 never moves the logits.

    Args:
        objectives: Objectives, as for `sweep`.
        starts: Starting logits, [m, n], or [n] for a single start.
        label: Index of the true class.
        points: Number of points of each path to keep, at least 2, such as for drawing.

    Returns:
        Times, ends and lengths of the paths, and reasons for flows that stay wrong.

    Raises:
        RuntimeError: If float64 is not switched on by `jax.config.update("jax_enable_x64", True)`.
        ValueError: If the starts are not finite logits, the label is not one of their classes,
            or `points` is less than 2.

    >>> import jax, logitscape as ls
    >>> jax.config.update("jax_enable_x64", True)
    >>> flows = ls.flow(["softmax + cross_entropy", "softmax + brier"], [-5.0, 5.0])
    >>> flows.times[:, 0].round(2).tolist()
    [5.5, 2757.37]
    """
    named = named_objectives(objectives)
    all_objectives = tuple(named.values())
    z = checked_starts("flow", starts, label)
    if points is not None:
        whole_number("flow", "points", points, low=2, high=MOST_POINTS)
    lanes = shared_lanes(z, len(named))
    path = follow(all_objectives, label, lanes)
    paths = None
    if points is not None:
        run = jax.jit(partial(trace, evaluator(all_objectives, label), points))
        paths = np.asarray(run(path.start, lanes, path.length))
    reasons = reasons_for_no_correction(path)
    log_times = _log_times(path, reasons)
    with np.errstate(over="ignore"):
        times = np.exp(log_times)
    return Flows(
        objectives=tuple(named),
        starts=z,
        label=label,
        times=times,
        log_times=log_times,
        reached=reasons == "",
        reasons=reasons,
        ends=np.asarray(path.z),
        lengths=np.asarray(path.length),
        paths=paths,
    )


@keeps_nothing
def times_to_correct(
    objectives: Sources,
    margins: ArrayLike,
    ray: str = "R3",
    num_classes: int = 2,
    *,
    base: Number = 0.0,
    label: int = 0,
) -> Flows:
    """Follow the gradient flows from points of a probe ray, to see how time grows with the margin.

    In the result, `times[objective, i]` is the time to correct a margin of `-margins[i]`. The
    rival is class 0, or class 1 if the label is class 0.

    Args:
        objectives: Objectives, as for `sweep`.
        margins: Differences of the rival's and the label's logit at the starts, increasing, [m].
        ray: Name of the probe ray, "R1", "R2" or "R3".
        num_classes: Number of classes.
        base: Value of the logits that do not move, as for `ls.ray`.
        label: Index of the true class.

    Returns:
        Flows from the m points of the ray.

    Raises:
        RuntimeError: If float64 is not switched on by `jax.config.update("jax_enable_x64", True)`.
        ValueError: If the ray is unknown, the margins are not increasing finite numbers, or the
            label is not one of the classes.

    >>> import jax, logitscape as ls
    >>> jax.config.update("jax_enable_x64", True)
    >>> flows = ls.times_to_correct("softmax + brier", [6.0, 7.0, 8.0])
    >>> flows.log_times[0].round(2).tolist()
    [3.97, 4.94, 5.93]
    """
    if not is_whole(label):
        raise ValueError(
            f"`times_to_correct(label=...)` must be a whole number, got {quoted(label)}."
        )
    rival = int(label == 0)
    line = ray_of(
        ray,
        axis("times_to_correct", "margins", margins),
        num_classes=num_classes,
        label=label,
        rival=rival,
        base=base,
    )
    return flow(objectives, np.asarray(points_of(line)), label=label)


def _log_times(path: Path, reasons: NDArray[Any]) -> NDArray[Any]:
    """Logarithms of the times to correct; inf where that never happens, NaN where undecided."""
    without_correction = np.where(reasons == GAVE_UP, np.nan, np.inf)
    return np.where(reasons == "", _log_elapsed(path), without_correction)


def _log_elapsed(path: Path) -> NDArray[Any]:
    """Logarithm of the elapsed time t from u = log(1 + |g_0| t); -inf for a start that is right."""
    gradient = path.start.gradient
    with np.errstate(divide="ignore", invalid="ignore"):
        # Scaled before it is squared, and only in logarithms back: |g_0| may over- or underflow.
        largest = np.abs(gradient).max(axis=-1)
        scaled = gradient / largest[..., None]
        scaled_norm = np.linalg.norm(scaled, axis=-1)
        log_norm = np.log(largest) + np.log(scaled_norm)
        # log(e^u - 1) = u + log(1 - e^-u), which does not overflow.
        log_time = path.log_time + np.log(-np.expm1(-path.log_time)) - log_norm
    return np.where(is_right(path.start), -np.inf, log_time)
