"""Losses of cosines in which the angle of the label's is changed by a constant."""

import numpy as np

from .samples import EXACT, Samples, is_close
from .softmax_designs import FEWEST, LEAST_LOSS, label_scores
from .softmax_forms import SAME

GUARDED = 0.0
"""Least cosine at which all formulas of angular margins agree."""
STEP_OF_DEGREES = 0.1
"""Degrees that people write have one digit after the point."""


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
