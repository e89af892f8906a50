"""Ordinal losses whose logits are thresholds: each says whether the label is above a class."""

import numpy as np

from ..answers import Answer
from ..evaluation import Rows, evaluate
from .design import Design
from .samples import Samples, is_close

ABOUT_CLASSES = frozenset(
    {
        "rewards being wrong",
        "dies",
        "never corrects itself",
        "wrong sign",
        "wrong label convention",
        "label not taught",
        "top label missed",
    }
)
"""What is a fault only if every logit belongs to a class."""


def ordinal_thresholds(samples: Samples) -> list[Design]:
    """A sum of losses of single logits that pull one way below the label and the other way above.

    In CORAL all logits are pulled, in CORN those up to the label.
    """
    n = samples.num_classes
    if n < 3 or len(samples.labels) < n:
        return []
    gradients = samples.gradients(samples.at_small)
    if not any(_pulls_by_order(sign * gradients) for sign in (1, -1)):
        return []
    if not _is_separable(samples):
        return []
    price = (
        "No logit belongs to a class: predict by the number of thresholds that are passed. "
        "Answers about a label's own logit do not apply."
    )

    def explains(answer: Answer) -> bool:
        return answer.verdict in ABOUT_CLASSES

    return [
        Design(
            name="ordinal thresholds",
            severity="trade",
            text="Every logit says on its own whether the label is above a class.",
            price=price,
            explains=explains,
            has_bound=True,
            costs=frozenset({"slow to correct", "fades exponentially"}),
        )
    ]


def _pulls_by_order(gradients: Rows) -> bool:
    """Whether every logit is raised for all labels from some label on, and for no others.

    All but one of the labels are told from the one before by a logit of their own.

    Args:
        gradients: Gradients by label, [n, m, n].
    """
    n = len(gradients)
    raised: Rows = np.all(gradients < 0, axis=1)
    kept: Rows = np.all(gradients >= 0, axis=1)
    if not (raised | kept).all():
        return False
    # From some label on: raised for a label, a logit is raised for the next one too.
    if (raised[:-1] & ~raised[1:]).any():
        return False
    lowered = np.any(np.all(gradients > 0, axis=1), axis=0)
    thresholds = {n - int(count) for count in raised[:, lowered].sum(axis=0)}
    return set(range(1, n)) <= thresholds


def _is_separable(samples: Samples) -> bool:
    """Whether the slope in every logit depends on that logit only."""
    gradients = samples.gradients(samples.at_small)
    m, n = samples.small.shape
    mixed = np.repeat(np.roll(samples.small, 1, axis=0)[None], n, axis=0)
    every = np.arange(n)
    mixed[every, :, every] = samples.small.T
    labels = np.repeat(samples.labels, n * m)
    z = np.tile(mixed.reshape(-1, n), (n, 1))
    moved = evaluate(samples.subject, z, labels).gradient.reshape(n, n, m, n)
    own = moved[:, every, :, every]
    return is_close(own, np.moveaxis(gradients, 2, 0))
