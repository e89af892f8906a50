"""Losses of cosines in which angles are changed by a constant: the label's, or every one."""

from typing import NamedTuple

import numpy as np

from ...base.softmax import log_softmax_rows
from ..evaluation import Rows
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
    ratio exp(f(z_j) - f(z_k)) f'(z_j) / f'(z_k), whatever the label's logit goes through.
    """
    gradient = samples.gradients(samples.at_small)[0]
    slopes, cosines = (
        np.delete(each, label, axis=1) for each in (gradient, samples.small)
    )
    if slopes.shape[1] < 2 or not np.isfinite(slopes).all() or not slopes.all():
        return None
    ratios = slopes[:, 0] / slopes[:, 1]
    angles = np.arccos(np.clip(cosines, -1, 1))
    tried = [_remainder(angle, angles, ratios) for angle in TRIED_ANGLES]
    if not np.isfinite(tried).any():
        return None
    # Imported late: it takes a tenth of a second, and few losses are of cosines.
    from scipy.optimize import minimize_scalar

    start = TRIED_ANGLES[int(np.nanargmin(tried))]
    step = TRIED_ANGLES[1] - TRIED_ANGLES[0]
    found = minimize_scalar(
        lambda angle: np.nan_to_num(_remainder(angle, angles, ratios), nan=np.inf),
        bounds=(start - step, start + step),
        method="bounded",
        options={"xatol": 1e-10},
    )
    if not found.fun <= SAME or abs(found.x) <= SAME:
        return None
    scale = _scale(found.x, angles, ratios)
    return (
        Turned(float(found.x), scale)
        if _is_turned(samples, label, found.x, scale)
        else None
    )


def _parts(angle: float, angles: Rows, ratios: Rows) -> tuple[Rows, Rows]:
    """What the scale multiplies, and what it has to give, for slopes of equal sign."""
    turned_angles = angles + angle
    stretch = np.sin(turned_angles) / np.sin(angles)
    with np.errstate(all="ignore"):
        logs = np.log(ratios * stretch[:, 1] / stretch[:, 0])
    usable = np.isfinite(logs)
    moved = np.cos(turned_angles[:, 0]) - np.cos(turned_angles[:, 1])
    return moved[usable], logs[usable]


def _scale(angle: float, angles: Rows, ratios: Rows) -> float:
    moved, logs = _parts(angle, angles, ratios)
    return float(logs @ moved / (moved @ moved))


def _remainder(angle: float, angles: Rows, ratios: Rows) -> float:
    """What the best scale leaves, relative to the logarithms; NaN if too few are usable."""
    moved, logs = _parts(angle, angles, ratios)
    if len(logs) < FEWEST or not np.ptp(logs):
        return float("nan")
    scale = float(logs @ moved / (moved @ moved))
    return float(np.abs(logs - scale * moved).max() / np.abs(logs).max())


def _is_turned(samples: Samples, label: int, angle: float, scale: float) -> bool:
    """Whether the loss is the cross-entropy of these scores, up to a factor and a constant."""
    scores = scale * np.cos(np.arccos(np.clip(samples.small, -1, 1)) + angle)
    log_p = log_softmax_rows(scores)[:, label]
    loss = samples.losses(samples.at_small)[0]
    features = np.stack([-log_p, np.ones(len(loss))], axis=1)
    solution, *_ = np.linalg.lstsq(features, loss, rcond=None)
    return bool(solution[0] > 0 and is_close(features @ solution, loss, SAME))
