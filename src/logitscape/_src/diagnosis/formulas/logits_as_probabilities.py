"""Cross-entropies that take logits for probabilities, clipped to [1e-7, 1 - 1e-7] as by Keras."""

import numpy as np

from ..evaluation import Rows
from .wider_rows import at_labels

LEAST = 1e-7
"""The constant of Keras by which probabilities are kept from 0 and 1."""


def log_of_logit(z: Rows, labels: Rows) -> Rows:
    """Minus the logarithm of the label's logit, where that is positive."""
    return -np.log(at_labels(z, labels))


def log_of_clipped_logit(z: Rows, labels: Rows) -> Rows:
    """The same of a logit that is clipped."""
    return -np.log(at_labels(_clipped(z), labels))


def log_of_clipped_share(z: Rows, labels: Rows) -> Rows:
    """Minus the logarithm of the label's share in the sum of all logits, clipped."""
    share = at_labels(z, labels) / z.sum(axis=1)
    loss: Rows = -np.log(_clipped(share))
    return loss


def log_of_share_of_clipped(z: Rows, labels: Rows) -> Rows:
    """Minus the logarithm of the label's share in the sum of clipped logits."""
    clipped = _clipped(z)
    loss: Rows = -np.log(at_labels(clipped, labels) / clipped.sum(axis=1))
    return loss


def logs_of_clipped_logits(z: Rows, labels: Rows) -> Rows:
    """The yes-or-no losses of all logits, clipped."""
    clipped = _clipped(z)
    is_label = np.eye(z.shape[1], dtype=bool)[labels]
    total: Rows = -np.log(np.where(is_label, clipped, 1 - clipped)).sum(axis=1)
    return total


def _clipped(p: Rows) -> Rows:
    clipped: Rows = np.clip(p, LEAST, 1 - LEAST)
    return clipped
