"""How a loss depends on its label: not at all, as on a number, or as on a place in an order."""

import numpy as np

from ..evaluation import Rows
from .label_rows import LabelRows

FEWEST_LABELS = 3
NUMBERS = 4
"""Number of labels from which a linear dependence on the label's number is no chance."""
LINEAR = 1e-6
RADIAL = 1e-4
"""Share of the gradient along the logits that is left where a norm is kept from 0."""


def depends_on_label(rows: LabelRows) -> bool:
    """Whether the loss or its gradient differs between labels at the same logits."""
    loss, gradient = rows.at_same
    finite = np.isfinite(loss).all(axis=0) & np.isfinite(gradient).all(axis=(0, 2))
    if not finite.any():
        return True
    return _differs(loss[:, finite], rows.exact) or _differs(
        gradient[:, finite], rows.exact
    )


def _differs(values: Rows, exact: float) -> bool:
    size = 1 + np.abs(values).max()
    return bool(np.ptp(values, axis=0).max() > exact * size)


def labels_are_numbers(rows: LabelRows) -> bool:
    """Whether the label counts as a number, with which something is compared.

    For one of two classes every loss depends on a number.
    """
    n = len(rows.loss)
    if n < FEWEST_LABELS or not np.isfinite(rows.at_same.gradient).all():
        return False
    if not np.any(rows.at_same.gradient):
        return False
    return _gradient_is_linear(rows) or _one_direction(rows) or _moves_with_label(rows)


def _gradient_is_linear(rows: LabelRows) -> bool:
    """Whether the gradient is linear in the label's number, as that of a squared error."""
    gradient = rows.at_same.gradient
    if len(gradient) < NUMBERS:
        return False
    slopes = np.diff(gradient, axis=0)
    bends = np.abs(np.diff(slopes, axis=0)).max()
    return bool(bends <= LINEAR * np.abs(slopes).max())


def _one_direction(rows: LabelRows) -> bool:
    """Whether the gradients of all labels are on one line, as of an expected class number.

    Each lowers or raises one number of the logits, and the labels disagree on which.
    """
    gradients = np.concatenate([rows.at_same.gradient, rows.at_equal.gradient], axis=1)
    # Scattered logits are not enough: where two classes only have a probability above 0, all
    # gradients are on a line.
    for gradient in np.moveaxis(gradients, 1, 0):
        if not np.isfinite(gradient).all() or not np.any(gradient):
            continue
        largest = gradient[np.abs(gradient).max(axis=1).argmax()]
        size = largest @ largest
        along = gradient @ largest / size
        rest = np.abs(gradient - along[:, None] * largest).max()
        if rest > LINEAR * np.abs(largest).max():
            return False
    return True


def _moves_with_label(rows: LabelRows) -> bool:
    """Whether all logits one higher have the loss of the label before at the lower ones."""
    loss = rows.at_equal.loss
    at_zero, at_one = loss[:-1, 0], loss[1:, 1]
    if not np.isfinite(loss).all() or np.ptp(loss[:, 0]) <= LINEAR:
        return False
    size = 1 + np.abs(loss).max()
    return bool(np.abs(at_one - at_zero).max() <= LINEAR * size)


def is_ordinal(rows: LabelRows) -> bool:
    """Whether label y raises the logits before the y-th and lowers all others, at any logits.

    Such losses have one threshold for every logit, and the order of the classes is meant.
    """
    n = len(rows.loss)
    # The last logit may be no threshold: there is one less than there are classes.
    steps = -rows.at_same.gradient[..., :-1]
    if n < FEWEST_LABELS or not np.isfinite(steps).all():
        return False
    label, logit = np.arange(n)[:, None], np.arange(n - 1)[None, :]
    before = (logit < label)[:, None, :]
    towards_order = np.where(before, steps, -steps)
    # Thresholds that are not next to the label need not move.
    is_next = (logit == label) | (logit == label - 1)
    moved = np.where(is_next[:, None, :], towards_order > 0, True)
    return bool((towards_order >= 0).all() and moved.all())


def scale_has_no_effect(rows: LabelRows) -> bool:
    """Whether the gradient is at a right angle to the logits everywhere."""
    z, gradient = rows.logits, rows.gradient
    along = np.abs((gradient * z).sum(axis=2))
    size = np.linalg.norm(gradient, axis=2) * np.linalg.norm(z, axis=2)
    if not np.isfinite(size).all() or not np.any(size):
        return False
    return bool((along <= RADIAL * size).all())
