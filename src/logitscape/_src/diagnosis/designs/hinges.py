"""Hinges: piecewise linear losses, which teach the top label only where it has a majority."""

import numpy as np

from ..answers import Answer
from .design import Design
from .samples import Samples, evaluate_labels, is_close

SIZES = (1.0, 1e-3)
"""Sizes of the logits relative to the wide ones: a smooth loss of 100 z is curved near 0."""
STEP = 1e-5
SAME_SLOPE = 1e-9
LINEAR_SHARE = 0.9
"""Share of the points around which a piecewise linear loss has one gradient."""


def hinge(samples: Samples) -> list[Design]:
    """A loss with a margin that is linear wherever it has no kink, far out and near 0."""
    if not all(_is_piecewise_linear(samples, size) for size in SIZES):
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


def _is_piecewise_linear(samples: Samples, size: float) -> bool:
    """Whether a small step leaves the gradient as it is, at nearly all logits of some size."""
    z = size * samples.wide
    step = size * STEP * np.cos(np.arange(samples.num_classes) ** 2.0)
    before = evaluate_labels(samples.subject, z, samples.labels)
    after = evaluate_labels(samples.subject, z + step, samples.labels)
    largest = np.abs(before.gradient).max(axis=1)
    change = np.abs(after.gradient - before.gradient).max(axis=1)
    # Written so that a NaN is no hinge.
    same = change <= SAME_SLOPE * (1 + largest)
    if not largest.any() or not same.mean() >= LINEAR_SHARE:
        return False
    # The gradient must be that of the loss, or a rounded function would be linear too.
    rise = (after.loss - before.loss)[same]
    return is_close(rise, (before.gradient @ step)[same], SAME_SLOPE)


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
