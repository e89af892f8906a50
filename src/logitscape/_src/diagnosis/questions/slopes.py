"""The gradient compared with differences of the loss, and with its sum over the classes."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..answers import Answer, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, largest_components, losses
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .detached_parts import explained_by_detached_parts
from .scattered_points import Points

WAYS = 6
"""Number of logits that are moved at every point."""
WIDE, CLOSE = 1e-2, 1e-3
"""Step sizes of differences."""
WRONG_SHARE = 0.02
"""Share of the points at which a gradient may look wrong by chance."""
SMALLEST = 1e-300
"""Lower bound of a size that is divided by."""


class _Slopes(NamedTuple):
    """Slopes along the moved logits.

    Attributes:
        moved: Classes whose logits are moved, [m, ways].
        gradient: Slopes by the gradient, [m, ways].
        differences: Slopes by differences of the loss, [m, ways].
        smooth: Whether the loss is smooth enough for differences, [m, ways].
        size: Size of the slopes at a point, [m, 1].
        allowed: Errors that rounding and differences make, [m, 1].
    """

    moved: Rows
    gradient: Rows
    differences: Rows
    smooth: Rows
    size: Rows
    allowed: Rows

    @property
    def error(self) -> Rows:
        """The differences between both slopes, [m, ways]; 0 where the loss is not smooth."""
        error = np.abs(self.gradient - self.differences)
        return np.where(self.smooth, error, 0)


def compare_with_differences(
    subject: Subject, config: DiagnosisConfig, points: Points
) -> Answer:
    """Whether the gradient is that of the loss, by differences of two step sizes that agree.

    Finds straight-through estimators, `stop_gradient` and wrong custom rules.
    """
    method = (
        f"central differences of steps {WIDE} and {CLOSE} at {len(points.z)} scattered "
        "points, float64"
    )
    slopes = _slopes(subject, config, points)
    if not slopes.smooth.any():
        why = "the loss is too rough for differences at every point tried."
        return undecided(CONSISTENCY, why, method)
    relative = slopes.error / np.maximum(slopes.size, SMALLEST)
    worst = float(relative.max())
    wrong: Rows = np.any(slopes.error > 3 * slopes.allowed, axis=1)
    # A single point may lie on a kink.
    if wrong.sum() >= max(2, WRONG_SHARE * len(wrong)):
        detached = explained_by_detached_parts(
            subject,
            points,
            slopes.moved,
            slopes.gradient,
            slopes.differences,
            slopes.smooth,
        )
        if detached is not None:
            return detached
        return _wrong_gradient(points, slopes, wrong, worst, method)
    text = (
        f"The gradient is that of the loss, to {worst:.0e} of its size, "
        "as differences tell."
    )
    return Answer(
        question=CONSISTENCY,
        verdict="gradient is that of the loss",
        severity="fine",
        text=text,
        method=method,
        number=worst,
    )


def _wrong_gradient(
    points: Points, slopes: _Slopes, wrong: Rows, worst: float, method: str
) -> Answer:
    error = slopes.error
    point = int(np.argmax(np.where(wrong, error.max(axis=1), -1)))
    way = int(error[point].argmax())
    shows = (
        f"dL/dz_{slopes.moved[point, way]} = {slopes.gradient[point, way]:.4g}, "
        f"but the loss changes like {slopes.differences[point, way]:.4g}"
    )
    text = (
        f"At {wrong.mean():.0%} of the points the gradient is not the slope of the loss: "
        f"{shows} (straight-through, stop_gradient or a wrong custom rule)."
    )
    return Answer(
        question=CONSISTENCY,
        verdict="gradient is not that of the loss",
        severity="fault",
        text=text,
        method=method,
        number=worst,
        witness=replace(points.witness(point, shows), expression="differences"),
    )


def _slopes(subject: Subject, config: DiagnosisConfig, points: Points) -> _Slopes:
    moved = _moved_logits(config, points)
    wide, close = _differences(subject, points, moved)
    largest_slope = largest_components(points.gradient)
    size = np.maximum(largest_slope, largest_components(wide))[:, None]
    # A close step divides the rounding errors of the loss by its small size.
    allowed = 1e-3 * size + 8 * points.noise[:, None] / CLOSE + 1e-12
    return _Slopes(
        moved=moved,
        gradient=np.take_along_axis(points.gradient, moved, axis=1),
        differences=wide,
        # Where the two step sizes disagree, the loss bends or jumps between them.
        smooth=np.abs(wide - close) <= allowed,
        size=size,
        allowed=allowed,
    )


def _moved_logits(config: DiagnosisConfig, points: Points) -> Rows:
    """The classes whose logits are moved, [m, ways]; the label and the top class are among them."""
    shape = (len(points.z), WAYS)
    moved = config.random().integers(config.num_classes, size=shape)
    moved[:, 0] = points.labels
    moved[:, 1] = points.z.argmax(axis=1)
    return moved


def _differences(subject: Subject, points: Points, moved: Rows) -> tuple[Rows, Rows]:
    """Slopes of fourth order with wide steps, of second order with close ones, [m, ways] each."""
    n = points.z.shape[1]
    steps = np.array([WIDE, -WIDE, 2 * WIDE, -2 * WIDE, CLOSE, -CLOSE])
    directions = np.eye(n)[moved][:, :, None]
    z = points.z[:, None, None] + steps[:, None] * directions
    labels = np.repeat(points.labels, WAYS * len(steps))
    values = losses(subject, z.reshape(-1, n), labels)
    values = values.reshape(*moved.shape, len(steps))
    near, back, far, far_back, close, close_back = np.moveaxis(values, -1, 0)
    fourth_order = (8 * (near - back) - (far - far_back)) / (12 * WIDE)
    second_order = (close - close_back) / (2 * CLOSE)
    return fourth_order, second_order


def compare_sums(subject: Subject, points: Points) -> list[Answer]:
    """Whether the gradient sums to 0; no answer if the loss is not shift invariant."""
    if not _is_shift_invariant(subject, points):
        return []
    method = "L(z + 1) = L(z) at scattered points, float64"
    sums = np.abs(points.gradient.sum(axis=1))
    sums_of_sizes = np.abs(points.gradient).sum(axis=1)
    rounding = 64 * points.noise + 1e-14
    share = sums / np.maximum(sums_of_sizes, SMALLEST)
    share = np.where(sums <= rounding, 0, share)
    point = int(share.argmax())
    worst = float(share.max())
    if worst <= 1e-6:
        answer = Answer(
            question=CONSISTENCY,
            verdict="gradient sums to 0",
            severity="fine",
            text=f"0 to {worst:.0e} of its size, as it ought to.",
            method=method,
            number=worst,
        )
        return [answer]
    total = points.gradient[point].sum()
    text = (
        "The loss does not change when all logits grow alike, "
        f"but the gradient's sum is {total:.3g}: not that of the loss."
    )
    answer = Answer(
        question=CONSISTENCY,
        verdict="gradient does not sum to 0",
        severity="fault",
        text=text,
        method=method,
        number=worst,
        witness=points.witness(point, f"sum of gradient = {total:.4g}"),
    )
    return [answer]


def _is_shift_invariant(subject: Subject, points: Points) -> bool:
    z = np.concatenate([points.z + 1, points.z - 0.5])
    shifted = losses(subject, z, np.tile(points.labels, 2)).reshape(2, -1)
    allowed = 1e-9 * (1 + np.abs(points.loss)) + 8 * points.noise
    return bool((np.abs(shifted - points.loss) <= allowed).all())
