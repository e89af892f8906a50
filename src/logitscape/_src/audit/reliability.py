"""Bins of equal numbers of examples: the reliability diagram, and the parts of Brier's score."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .estimates import GROUPS, Estimate, of_jackknife, share
from .examples import Measured

BINS = 15

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Reliability:
    """The reliability diagram: bins of equal numbers of examples, [bins] each.

    Attributes:
        confidence: Mean confidence.
        accuracy: Share that is right.
        low: Lower end of its 95 % interval.
        high: Upper end.
        count: Number of examples.
    """

    confidence: Numbers
    accuracy: Numbers
    low: Numbers
    high: Numbers
    count: Numbers


def reliability(measured: Measured) -> Reliability | None:
    """The reliability diagram; None without a known normalizer."""
    examples = measured.examples
    if not has_confidence(measured):
        return None
    confidence = within(examples.confidence)
    bins = equal_bins(confidence)
    shares = [share(int(examples.right[b].sum()), len(b)) for b in bins]
    return Reliability(
        confidence=np.array([confidence[b].mean() for b in bins]),
        accuracy=np.array([each.value for each in shares]),
        low=np.array([each.low for each in shares]),
        high=np.array([each.high for each in shares]),
        count=np.array([len(b) for b in bins]),
    )


def brier_parts(confidence: Numbers, right: Numbers) -> dict[str, tuple[Estimate, str]]:
    """Murphy's parts of the Brier score of being right: reliability, resolution, uncertainty.

    `mean (f - y)^2` of the binned confidences is reliability - resolution + uncertainty. Source:
    Murphy, A new vector partition of the probability score, 1973. The intervals leave out one of 20
    groups of examples at a time, with the same bins.
    """
    bins = equal_bins(confidence)
    place = np.empty(len(confidence), np.int64)
    for number, members in enumerate(bins):
        place[members] = number
    flat = np.arange(len(place)) % GROUPS * len(bins) + place
    size = GROUPS * len(bins)
    by_group = np.stack(
        [
            np.bincount(flat, weights, size).reshape(GROUPS, len(bins))
            for weights in (None, confidence, right)
        ]
    )
    whole = by_group.sum(axis=1)
    values = _murphy(*whole)
    parts = np.stack(
        [_murphy(*(whole - by_group[:, k])) for k in range(GROUPS)], axis=1
    )
    few = len(confidence) < 2 * GROUPS
    texts = {
        "reliability": "Brier: reliability, small is good",
        "resolution": "Brier: resolution, large is good",
        "uncertainty": "Brier: uncertainty of being right",
    }
    return {
        name: (
            Estimate(value, np.nan, np.nan)
            if few
            else of_jackknife(value, others, 0.0),
            text,
        )
        for (name, text), value, others in zip(
            texts.items(), values.tolist(), parts, strict=True
        )
    }


def _murphy(count: Numbers, sure: Numbers, right: Numbers) -> Numbers:
    """The three parts by the number of examples, confidences and right ones of every bin."""
    n = np.maximum(count, 1)
    weights, accuracy = count / count.sum(), right / n
    base = right.sum() / count.sum()
    return np.array(
        [
            weights @ (sure / n - accuracy) ** 2,
            weights @ (accuracy - base) ** 2,
            base * (1 - base),
        ]
    )


def has_confidence(measured: Measured) -> bool:
    """Whether the normalizer is known, and gives every example finite probabilities."""
    is_known = measured.setting.normalizer is not None
    return is_known and bool(np.isfinite(measured.examples.confidence).all())


def equal_bins(confidence: Numbers) -> list[Numbers]:
    """The places of the examples of every bin, the least confident first."""
    order = np.argsort(confidence, kind="stable")
    return [b for b in np.array_split(order, BINS) if len(b)]


def within(confidence: Numbers) -> Numbers:
    """Confidences in float64 that rounding has not left outside of 0 to 1."""
    return np.clip(confidence.astype(np.float64), 0, 1)
