"""Losses of cosines in which the angle of the label's is changed by a constant."""

import numpy as np

from .samples import Samples, is_close
from .softmax_designs import FEWEST, LEAST_LOSS, label_scores
from .softmax_forms import SAME

GUARDED = 0.0
"""Least cosine at which all formulas of angular margins agree."""


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
    """The angle that is added to that of the label's cosine; None if no constant is."""
    scores = scale * samples.small
    loss = samples.losses(samples.at_small)[0]
    cosine = samples.small[loss > LEAST_LOSS, label]
    moved = cosine + label_scores(scores, label, loss) / scale
    # For wide angles the formula must be another one, as theirs cannot grow beyond pi.
    inside = (np.abs(moved) < 1) & (cosine > GUARDED)
    if inside.sum() < FEWEST:
        return None
    added = np.arccos(moved[inside]) - np.arccos(cosine[inside])
    angle = float(added.mean())
    return angle if np.ptp(added) <= SAME and abs(angle) > SAME else None
