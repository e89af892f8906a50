"""What the examples of a batch do to the losses of each other."""

from typing import NamedTuple

import numpy as np

from ...base.x64 import enable_x64
from ..evaluation import Rows, evaluate, narrow
from ..programs import Precision
from ..subject import Subject
from .overflow_causes import float_info

ALLOWED = 128.0
"""Rounding errors, in units of eps and of the size of loss and logits, that a batch may add."""

WEIGHTED = 1e-4
"""Relative error up to which gradients are those of a weighted mean."""


class Batch(NamedTuple):
    """Examples of one batch, and the precision in which they are compared."""

    z: Rows
    labels: Rows
    dtype: Precision


class Influence(NamedTuple):
    """What the other examples of a batch do to the losses.

    Attributes:
        alone: Losses of the examples alone, [m].
        together: Their losses in the batch, [m].
        error: The differences, and the gradients in the logits of others, relative to what
            losses, logits and gradients of this size make of one rounding error, [m].
    """

    alone: Rows
    together: Rows
    error: Rows

    def is_rounding(self, dtype: Precision) -> bool:
        """Whether rounding explains all differences."""
        return bool((self.error <= ALLOWED * float_info(dtype, "eps")).all())


def influence(subject: Subject, batch: Batch) -> Influence:
    """Compare the losses of a batch with those of its examples alone."""
    alone = evaluate(subject, batch.z, batch.labels, dtype=batch.dtype)
    together, cross_gradients = in_one_batch(subject, batch)
    # A factor of the logits, as a low temperature has, multiplies their rounding errors in the
    # loss, and twice those in the gradient.
    slopes = np.abs(alone.gradient)
    steepness = max(1.0, float(np.max(slopes, initial=0, where=np.isfinite(slopes))))
    farthest = steepness * np.abs(batch.z).max()
    change = np.abs(together - alone.loss) / (1 + np.abs(alone.loss) + farthest)
    cross = cross_gradients.sum(axis=1) / (steepness * (1 + farthest))
    return Influence(alone.loss, together, change + cross)


def _values(subject: Subject, batch: Batch) -> tuple[Rows, Rows]:
    """What the function of a batch gives: its loss or losses, and the gradients in the logits."""
    assert subject.in_batches is not None
    targets = narrow(np.eye(batch.z.shape[1])[batch.labels], batch.dtype)
    with enable_x64(batch.dtype == "float64"):
        return subject.in_batches(narrow(batch.z, batch.dtype), targets)


def in_one_batch(subject: Subject, batch: Batch) -> tuple[Rows, Rows]:
    """The losses, [m], and the largest gradient of each in another example's logits, [m, m].

    A mean or sum over the batch says no more than what all examples together do: every one is
    then taken to have the loss that is left after those of the others alone.
    """
    loss, jacobian = _values(subject, batch)
    if loss.ndim == 0:
        return _left_of_total(subject, batch, loss, jacobian)
    cross_gradients = np.abs(np.asarray(jacobian, np.float64)).max(axis=2)
    np.fill_diagonal(cross_gradients, 0)
    return np.asarray(loss, np.float64), cross_gradients


def is_finite_together(subject: Subject, batch: Batch) -> bool:
    """Whether the loss of a batch, and its gradient in all logits, are finite."""
    loss, gradient = _values(subject, batch)
    return bool(np.isfinite(loss).all() and np.isfinite(gradient).all())


def compares_all_pairs(subject: Subject, batch: Batch) -> bool:
    """Whether a batch's loss is the mean, or sum, over all pairs of an example and a label.

    Logits [N, 1] beside labels [N] broadcast to [N, N].
    """
    loss, _ = _values(subject, batch)
    if loss.ndim:
        return False
    count = len(batch.z)
    z, labels = np.repeat(batch.z, count, axis=0), np.tile(batch.labels, count)
    pairs = evaluate(subject, z, labels, dtype=batch.dtype).loss.reshape(count, count)
    eps = ALLOWED * float_info(batch.dtype, "eps") * (1 + np.abs(pairs).max())
    scale = count**2 if abs(float(loss) - pairs.sum()) <= count**2 * eps else 1
    is_mean = abs(float(loss) - scale * pairs.mean()) <= scale * eps
    return bool(is_mean and abs(pairs.mean() - np.diag(pairs).mean()) > eps)


def factor_of_gradients(subject: Subject, batch: Batch) -> float | None:
    """The factor by which a batch's gradients are too large, though its mean or sum is right.

    It is None where each example has a factor of its own, or none, or where losses differ too.
    """
    if subject.in_batches is None or subject.reduction not in ("mean", "sum"):
        return None
    total, gradient = _values(subject, batch)
    scale = 1 if subject.reduction == "sum" else len(batch.z)
    alone = evaluate(subject, batch.z, batch.labels, dtype=batch.dtype)
    squares = np.sum(alone.gradient**2)
    if total.ndim or not np.isclose(scale * float(total), alone.loss.sum(), WEIGHTED):
        return None
    factor = float(np.sum(scale * gradient * alone.gradient) / squares)
    error = np.abs(scale * gradient - factor * alone.gradient).max()
    is_constant = error <= WEIGHTED * np.abs(scale * gradient).max()
    return factor if is_constant and abs(factor - 1) > WEIGHTED else None


def weights_of_mean(subject: Subject, batch: Batch) -> Rows | None:
    """The weights of the examples in a batch's mean, [m], whose mean is 1; None if it is none."""
    total, gradient = _values(subject, batch)
    if total.ndim:
        return None
    alone = evaluate(subject, batch.z, batch.labels, dtype=batch.dtype)
    return _weights(len(batch.z) * gradient, alone.gradient)


def _left_of_total(
    subject: Subject, batch: Batch, total: Rows, gradient: Rows
) -> tuple[Rows, Rows]:
    """Losses and gradients that the other examples alone do not explain."""
    count = len(batch.z)
    scale = 1 if subject.reduction == "sum" else count
    alone = evaluate(subject, batch.z, batch.labels, dtype=batch.dtype)
    excess = np.abs(scale * gradient - alone.gradient).max(axis=1)
    # In a weighted mean every gradient has a factor of its own, which are its weights.
    weights = _weights(scale * gradient, alone.gradient)
    explained = alone.loss
    if subject.reduction != "sum" and weights is not None:
        explained = weights * alone.loss
        excess = np.zeros(count)
    left = alone.loss + scale * float(total) - explained.sum()
    cross_gradients = np.repeat(excess[None] / count, count, axis=0)
    return left, cross_gradients


def _weights(together: Rows, alone: Rows) -> Rows | None:
    """The factors of the gradients of a weighted mean, [m]; None if it is none."""
    squares = np.sum(alone * alone, axis=1)
    if not (np.isfinite(together).all() and np.isfinite(alone).all()):
        return None
    known = squares > 0
    if not known.any():
        return None
    weights: Rows = np.sum(together * alone, axis=1) / np.where(known, squares, 1)
    # What is left is for the examples without a gradient, such as those of an ignored label.
    weights[~known] = max(0.0, len(weights) - weights.sum()) / max(1, (~known).sum())
    error = np.abs(together - weights[:, None] * alone).max()
    is_mean = abs(weights.mean() - 1) <= WEIGHTED and weights.min() >= 0
    return weights if is_mean and error <= WEIGHTED * np.abs(together).max() else None
