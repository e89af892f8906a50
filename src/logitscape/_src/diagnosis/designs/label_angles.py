"""Losses of cosines in which angles are changed by a constant: the label's, or every one."""

from typing import NamedTuple

import numpy as np

from ...base.softmax import log_softmax_rows
from ..evaluation import Rows
from ..formulas.fits import fit, losses_to_fit
from .samples import EXACT, Samples, is_close
from .softmax_designs import FEWEST, LEAST_LOSS, label_scores
from .softmax_forms import SAME

GUARDED = 0.0
"""Least cosine at which all formulas of angular margins agree."""
STEP_OF_DEGREES = 0.1
"""Degrees that people write have one digit after the point."""

TRIED_ANGLES = np.linspace(-1.5, 1.5, 61)
"""Angles near which that of every class is looked for."""


class Turned(NamedTuple):
    """What is done to cosines before the softmax.

    Attributes:
        angle: Angle that is added to those of all classes.
        scale: Factor of the cosines after that.
    """

    angle: float
    scale: float


def scale_of_cosines(samples: Samples, label: int) -> float | None:
    """The factor of the rivals' logits before the softmax; None if there is none."""
    gradient = np.delete(samples.gradients(samples.at_small)[0], label, axis=1)
    if gradient.shape[1] < 2 or not (gradient > 0).all():
        return None
    rivals = np.delete(samples.small, label, axis=1)
    logs = np.log(gradient[:, 0] / gradient[:, 1])
    moved = rivals[:, 0] - rivals[:, 1]
    scale = float(logs @ moved / (moved @ moved))
    return scale if scale > 0 and is_close(scale * moved, logs) else None


def added_angle(samples: Samples, label: int, scale: float) -> float | None:
    """The angle, from -pi to pi, that is added to that of the label's cosine; None if none is."""
    scores = scale * samples.small
    loss = samples.losses(samples.at_small)[0]
    cosine = samples.small[loss > LEAST_LOSS, label]
    moved = cosine + label_scores(scores, label, loss) / scale
    # For wide angles the formula must be another one, as theirs cannot grow beyond pi.
    inside = cosine > GUARDED
    if inside.sum() < FEWEST:
        return None
    cosine, moved = cosine[inside], moved[inside]
    # cos(theta + m) is cos(m) cos(theta) - sin(m) sin(theta), whatever m is.
    parts = np.stack([cosine, -np.sqrt(1 - cosine**2)], axis=1)
    (along, across), *_ = np.linalg.lstsq(parts, moved, rcond=None)
    angle = float(np.arctan2(across, along))
    is_turn = abs(np.hypot(along, across) - 1) <= SAME
    fits = np.abs(parts @ (along, across) - moved).max() <= SAME
    return angle if is_turn and fits and abs(angle) > SAME else None


def degrees_of(angle: float) -> float | None:
    """The degrees that were taken for radians and give an angle; None if there are none.

    An angle is known up to full turns, and degrees up to a right angle are tried.
    """
    degrees = np.arange(1, 90 / STEP_OF_DEGREES + 1) * STEP_OF_DEGREES
    far = degrees[degrees > np.pi / 2]
    distance = np.abs(np.angle(np.exp(1j * (far - angle))))
    best = int(distance.argmin())
    return float(far[best]) if distance[best] <= EXACT else None


def turned(samples: Samples, label: int) -> Turned | None:
    """The angle that is added for every class, and the scale; None if there is none.

    With scores f(z_k), f(z) = s cos(arccos z + m), the slopes of two rivals j and k have the
    ratio exp(f(z_j) - f(z_k)) f'(z_j) / f'(z_k), whatever the label's logit goes through. That
    tells about where the angle and the scale are; a fit of the loss tells whether they are exact.
    """
    angles = np.arccos(np.clip(samples.small, -1, 1))
    start = _nearest(samples, label, angles)
    if start is None or start.angle == 0:
        return None

    def cross_entropy(parameters: Rows) -> Rows:
        angle, scale = parameters
        losses: Rows = -log_softmax_rows(scale * np.cos(angles + angle))[:, label]
        return losses

    loss = samples.losses(samples.at_small)[0]
    found = fit(cross_entropy, start, losses_to_fit(loss, SAME))
    is_turned = found.deviation <= SAME and found.factor > 0
    angle, scale = map(float, found.parameters)
    return Turned(angle, scale) if is_turned and abs(angle) > SAME else None


def _nearest(samples: Samples, label: int, angles: Rows) -> Turned | None:
    """The tried angle with which the slopes of two rivals fit best, and its scale."""
    slopes = np.delete(samples.gradients(samples.at_small)[0], label, axis=1)
    if slopes.shape[1] < 2 or not np.isfinite(slopes).all() or not slopes.all():
        return None
    rivals = np.delete(angles, label, axis=1)[:, :2]
    ratios = slopes[:, 0] / slopes[:, 1]
    best, least = None, np.inf
    for angle in TRIED_ANGLES:
        stretch = np.sin(rivals + angle) / np.sin(rivals)
        with np.errstate(all="ignore"):
            logs = np.log(ratios * stretch[:, 1] / stretch[:, 0])
        moved = -np.diff(np.cos(rivals + angle), axis=1)[:, 0]
        usable = np.isfinite(logs)
        logs, moved = logs[usable], moved[usable]
        if len(logs) < FEWEST or not np.ptp(logs):
            continue
        scale = float(logs @ moved / (moved @ moved))
        remainder = float(np.abs(logs - scale * moved).max() / np.abs(logs).max())
        if remainder < least:
            best, least = Turned(float(angle), scale), remainder
    return best
