"""Labels of an audit: integers, or soft targets, checked before anything is computed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.target_kinds import DISTRIBUTION, TargetKind
from .files.rows import Rows

ARGUMENT = "`audit(labels=...)`"
TOLERANCE = 1e-2
"""Rounding of a sum of targets in half precision."""


@dataclass(frozen=True)
class Labels:
    """What every example should have been.

    Attributes:
        integers: Labels, [m]; those of ignored examples are 0. None for soft targets.
        targets: Soft or multi-label targets, [m, n]; None for integers.
        counts: Whether an example counts, [m].
        ignored: Number of examples with the ignored label.
    """

    integers: NDArray[np.int32] | None
    targets: Rows | None
    counts: NDArray[np.bool_]
    ignored: int


def checked(
    rows: Rows, logits: Rows, ignored_label: int | None, wants_targets: bool
) -> Labels:
    """Labels that fit the logits.

    Args:
        rows: Labels as they were given, [m] or [m, n].
        logits: Logits, [m, n].
        ignored_label: Label of examples that do not count.
        wants_targets: Whether the objective takes an answer for each class.

    Raises:
        ValueError: If the shapes do not match.
        TypeError: If labels are not whole numbers.
        IndexError: If a label is out of range.
    """
    m, n = logits.shape
    if rows.shape == (m, n) and (n > 1 or wants_targets):
        return Labels(None, rows, np.ones(m, bool), 0)
    is_column = rows.shape == (m, 1)
    if rows.shape != (m,) and not is_column:
        kind = "labels [m] or soft targets [m, n]"
        raise ValueError(
            f"{ARGUMENT} must be {kind} for logits of shape {logits.shape}, got "
            f"{rows.shape} in {rows.name}."
        )
    if wants_targets:
        raise ValueError(
            f"{ARGUMENT}: this objective takes an answer for each class, so that targets must "
            f"have the logits' shape {logits.shape}, got {rows.shape}."
        )
    whole = _integers(rows.whole().reshape(m))
    counts = np.ones(m, bool)
    if ignored_label is not None:
        counts = whole != ignored_label
    _check_range(whole, counts, n)
    kept = np.where(counts, whole, 0).astype(np.int32)
    return Labels(kept, None, counts, int(m - counts.sum()))


def check_targets(kind: TargetKind, targets: NDArray[Any], start: int) -> None:
    """Raise an error unless all rows of a block are targets.

    Args:
        kind: Kind of the targets.
        targets: Targets, [b, n].
        start: Index of the first.

    Raises:
        ValueError: If a row is none.
    """
    wide = targets.astype(np.float64)
    is_valid = ((wide >= 0) & (wide <= 1 + TOLERANCE)).all(axis=1)
    if kind is DISTRIBUTION:
        is_valid &= np.abs(wide.sum(axis=1) - 1) <= TOLERANCE
    if not is_valid.all():
        place = int(np.argmin(is_valid))
        raise ValueError(
            f"{ARGUMENT}: targets must be {kind.allowed}; those at index {start + place} are "
            f"{np.array2string(wide[place], threshold=6, precision=4)}."
        )


def _integers(values: NDArray[Any]) -> NDArray[np.int64]:
    if values.dtype.kind in "iub":
        return values.astype(np.int64)
    numbers = values.astype(np.float64)
    is_whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
    if not is_whole.all():
        place = int(np.argmin(is_whole))
        raise TypeError(
            f"{ARGUMENT} must be integers, got {numbers[place]:g} at index {place}."
        )
    return numbers.astype(np.int64)


def _check_range(labels: NDArray[np.int64], counts: NDArray[np.bool_], n: int) -> None:
    wrong = counts & ((labels < 0) | (labels >= n))
    if not wrong.any():
        return
    place = int(np.argmax(wrong))
    different = np.unique(labels[wrong])
    hint = ""
    if len(different) == 1:
        hint = f" If it marks examples to leave out: `ignored_label={different[0]}`."
    if labels[counts].min() == 1 and labels[counts].max() == n:
        hint = " They seem to begin at 1: subtract 1."
    raise IndexError(
        f"{ARGUMENT} must lie between 0 and {n - 1}, got {labels[place]} at index {place} "
        f"({int(wrong.sum()):,} of {len(labels):,} are out of range).{hint}"
    )
