"""The results of one block of a dump, and how those of many blocks are put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from ..base.x64 import enable_x64
from .blocks import Given
from .config import Setting
from .example_numbers import Examples
from .extremes import extremes
from .kept import Kept, joined, taken
from .program import Classes, compiled
from .totals import Totals, totals_of
from .totals import added as added_totals

BINS = 15
"""Bins of the probabilities of every class."""
NAMED = 10_000
"""Largest number of examples that are left out and named; all are counted."""


@dataclass(frozen=True)
class Places:
    """Number of some examples, and the places of the first of them."""

    count: int
    first: NDArray[np.int64]


class Part(NamedTuple):
    """What is known about the examples of one block or of several.

    Attributes:
        kept: Numbers about those that are measured and kept.
        extremes: Numbers about the first few of every order; none if all are kept.
        totals: Sums over all that are measured.
        classes: Sums for every class, in float64.
        bins: Numbers of kept examples, sums of probabilities and of targets by class and bin of
            the probability, [3, n, bins]; None for many classes.
        sample: Logits of some that are measured, [s, n].
        sample_labels: Their labels, [s].
        gradients: Gradients of all losses at some that are measured, [g, losses, n].
        ignored: Number of those with the ignored label.
        not_finite: Those with a logit that is NaN or infinite.
        without_loss: Those whose loss or gradient is not finite.
    """

    kept: Kept
    extremes: Kept
    totals: Totals
    classes: Classes
    bins: NDArray[np.float64] | None
    sample: NDArray[Any]
    sample_labels: NDArray[np.int64]
    gradients: NDArray[Any]
    ignored: int
    not_finite: Places
    without_loss: Places


class Distances(NamedTuple):
    """Distance of the examples that are kept, and of those whose logits or gradients are."""

    kept: int
    sampled: int
    gradients: int


def evaluate(setting: Setting, device: Any, given: Given, distances: Distances) -> Part:
    """The results of one block."""
    with enable_x64(given.logits.dtype == np.float64):
        rows = _rows_at(given.start, len(given.logits), distances.gradients)
        arrays = given.logits, given.target, given.counts, rows
        placed = jax.device_put(arrays, device)
        found = jax.tree.map(np.asarray, compiled(setting)(*placed))
    examples, classes, gradients, p = found
    counts = given.counts
    measured = counts & examples.finite & examples.has_loss
    place = given.start + np.arange(len(counts))
    has_gradient = measured[rows] & (place[rows] % distances.gradients == 0)
    target = given.target
    labels = (target.argmax(axis=1) if target.ndim == 2 else target).astype(np.int64)
    every = taken(Kept(Examples(*examples), place, labels), measured)
    is_kept = measured & (place % distances.kept == 0)
    is_sampled = measured & (place % distances.sampled == 0)
    return Part(
        kept=every if distances.kept == 1 else taken_at(every, distances.kept),
        extremes=taken(every, np.zeros(0, int))
        if distances.kept == 1
        else extremes(setting, every),
        totals=totals_of(setting, every),
        classes=Classes(*[values.astype(np.float64) for values in classes]),
        bins=None if p is None else _binned(p[is_kept], target[is_kept]),
        sample=given.logits[is_sampled],
        sample_labels=labels[is_sampled],
        gradients=gradients[has_gradient],
        ignored=given.ignored,
        not_finite=_places(place[counts & ~examples.finite]),
        without_loss=_places(place[counts & examples.finite & ~examples.has_loss]),
    )


def _rows_at(start: int, size: int, distance: int) -> NDArray[np.int32]:
    """The rows of a block whose places are at this distance, always of one number.

    Where the block has one less, its last row fills the place.
    """
    first = -start % distance
    rows = first + distance * np.arange(-(-size // distance))
    return np.minimum(rows, size - 1).astype(np.int32)


def taken_at(every: Kept, distance: int) -> Kept:
    """Those examples whose places are at this distance."""
    return taken(every, every.index % distance == 0)


def added(setting: Setting, parts: Sequence[Part]) -> Part:
    """What is known about all examples of several parts, in their order."""
    if len(parts) == 1:
        return parts[0]

    def of(name: str) -> list[Any]:
        return [getattr(part, name) for part in parts]

    bins = [part.bins for part in parts if part.bins is not None]
    return Part(
        kept=joined(of("kept")),
        extremes=extremes(setting, joined(of("extremes"))),
        totals=added_totals(of("totals")),
        classes=_added_classes(of("classes")),
        bins=sum(bins[1:], bins[0]) if bins else None,
        sample=np.concatenate(of("sample")),
        sample_labels=np.concatenate(of("sample_labels")),
        gradients=np.concatenate(of("gradients")),
        ignored=sum(of("ignored")),
        not_finite=_added_places(of("not_finite")),
        without_loss=_added_places(of("without_loss")),
    )


def _added_classes(classes: Sequence[Classes]) -> Classes:
    reductions: dict[str, Callable[..., Any]] = {"largest": np.max, "least": np.min}
    return Classes(
        *[
            reductions.get(name, np.sum)(
                [getattr(each, name) for each in classes], axis=0
            )
            for name in Classes._fields
        ]
    )


def _places(places: NDArray[np.int64]) -> Places:
    return Places(len(places), places[:NAMED])


def _added_places(parts: Sequence[Places]) -> Places:
    first = np.concatenate([part.first for part in parts])
    return Places(sum(part.count for part in parts), first[:NAMED])


def _binned(p: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers of examples, sums of probabilities and of targets by class and bin, [3, n, bins]."""
    n = p.shape[1]
    place = np.clip(np.ceil(p * BINS) - 1, 0, BINS - 1).astype(np.int64)
    flat = (place + BINS * np.arange(n)).ravel()
    t = target if target.ndim == 2 else np.arange(n) == target[:, None]
    parts = [
        np.bincount(flat, weights, n * BINS) for weights in (None, p.ravel(), t.ravel())
    ]
    return np.stack(parts).astype(np.float64).reshape(3, n, BINS)
