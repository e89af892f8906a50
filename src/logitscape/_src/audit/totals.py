"""Sums over all examples of a dump, however few of them are kept."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .config import Setting
from .extremes import stuck_at
from .kept import Kept

EXTREMES = ("largest_loss", "largest_logit")


class Totals(NamedTuple):
    """Sums over the examples that are measured, in float64.

    Attributes:
        measured: Their number.
        right: Number of those that are right.
        stuck: Number of those that are stuck.
        collapsed: Number of those that have collapsed.
        loss: Sum of the losses.
        norm: Sum of the norms of the present gradient.
        confidence: Sum of the confidences.
        brier: Sum of the squared distances between probabilities and target.
        offset: Sum of the offsets.
        moved_up: Number of predictions that are the label of the following example.
        moved_down: Number of predictions that are the label of the example before.
        neighbours: Number of pairs of examples that these two count.
        largest_loss: Largest loss.
        largest_logit: Largest absolute value of a logit.
    """

    measured: float
    right: float
    stuck: float
    collapsed: float
    loss: float
    norm: float
    confidence: float
    brier: float
    offset: float
    moved_up: float
    moved_down: float
    neighbours: float
    largest_loss: float
    largest_logit: float


def totals_of(setting: Setting, kept: Kept) -> Totals:
    """The sums over these examples, all of which are measured."""
    examples, labels = kept.examples, kept.labels
    adjacent = np.diff(kept.index) == 1
    predicted = examples.predicted
    return Totals(
        measured=len(labels),
        right=_sum(examples.right),
        stuck=_sum(stuck_at(setting, examples, 0)),
        collapsed=_sum(examples.collapsed),
        loss=_sum(examples.loss),
        norm=_sum(examples.norm[0]),
        confidence=_sum(examples.confidence),
        brier=_sum(examples.brier),
        offset=_sum(examples.offset),
        moved_up=_sum((predicted[:-1] == labels[1:]) & adjacent),
        moved_down=_sum((predicted[1:] == labels[:-1]) & adjacent),
        neighbours=_sum(adjacent),
        largest_loss=float(examples.loss.max(initial=-np.inf)),
        largest_logit=float(examples.largest.max(initial=0)),
    )


def added(totals: Sequence[Totals]) -> Totals:
    """The sums over all parts, taken in their order."""
    columns = zip(Totals._fields, zip(*totals, strict=True), strict=True)
    return Totals(
        **{
            name: max(values) if name in EXTREMES else sum(values)
            for name, values in columns
        }
    )


def _sum(values: NDArray[np.generic]) -> float:
    # Infinite sums of finite numbers are possible in float64, and say so by themselves.
    with np.errstate(over="ignore"):
        return float(values.sum(dtype=np.float64))
