"""Hinges: piecewise linear losses, which teach the top label only where it has a majority."""

import numpy as np

from ..answers import Answer
from .design import Design
from .samples import Samples, evaluate_labels, is_close

STEP = 1e-5
LINEAR_SHARE = 0.9
"""Share of the points around which a piecewise linear loss has one gradient."""


def hinge(samples: Samples) -> list[Design]:
    """A loss with a margin that is linear wherever it has no kink."""
    direction = np.cos(np.arange(samples.num_classes) ** 2.0)
    moved = evaluate_labels(
        samples.subject, samples.wide + STEP * direction, samples.labels
    )
    before, after = samples.at_wide.gradient, moved.gradient
    if not np.isfinite(before).all() or not before.any():
        return []
    same = np.abs(after - before).max(axis=1) <= 1e-9 * (1 + np.abs(before).max(axis=1))
    # The gradient must be that of the loss, or a rounded function would be linear too.
    slope = (before @ direction) * STEP
    rise = moved.loss - samples.at_wide.loss
    if same.mean() < LINEAR_SHARE or not is_close(rise[same], slope[same], 1e-8):
        return []
    price = (
        "A hinge is sure of the top label only where it has a majority; "
        "where no class has one, another class or several may be predicted."
    )
    return [
        Design(
            name="hinge",
            severity="note",
            text="The loss is linear between kinks: a hinge.",
            price=price,
            explains=_misses_without_majority_only,
        )
    ]


def _misses_without_majority_only(answer: Answer) -> bool:
    """Whether the top label is predicted wherever its share is more than one half."""
    cases = answer.details.get("cases", ())
    if answer.verdict != "top label missed" or not cases:
        return False
    for case in cases:
        top = int(np.argmax(case["eta"]))
        if case["eta"][top] > 0.5 and int(np.argmax(case["p"])) != top:
            return False
    return True
