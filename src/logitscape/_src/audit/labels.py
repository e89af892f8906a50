"""Labels of an audit: integers, or soft targets, checked before anything is computed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.out_of_range import LabelRangeError
from ..base.target_kinds import DISTRIBUTION, TargetKind
from .files.rows import Rows

ARGUMENT = "`audit(labels=...)`"
TOLERANCE = 1e-2
"""Rounding of a sum of targets in half precision."""


PIECE = 2**20
"""Labels that are checked at a time."""


@dataclass(frozen=True)
class Labels:
    """What every example should have been, read block by block.

    Attributes:
        rows: Labels, [m] or [m, 1], or soft or multi-label targets, [m, n].
        is_soft: Whether they are targets.
        ignored: Label of examples that do not count.
    """

    rows: Rows
    is_soft: bool
    ignored: int | None = None

    def read(self, start: int, stop: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Labels in int32, those of ignored examples 0, or targets; and which examples count."""
        given = self.rows.read(start, stop)
        if self.is_soft:
            return given, np.ones(len(given), bool)
        labels = _integers(given.reshape(-1), start)
        counts = np.ones(len(labels), bool)
        if self.ignored is not None:
            counts = labels != self.ignored
        return np.where(counts, labels, 0).astype(np.int32), counts


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
        return Labels(rows, is_soft=True)
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
    _check_range(rows, ignored_label, n)
    return Labels(rows, is_soft=False, ignored=ignored_label)


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


def _integers(values: NDArray[Any], start: int) -> NDArray[np.int64]:
    most = np.iinfo(np.int64).max
    if values.dtype == np.uint64 and (values > most).any():
        place = int(np.argmax(values > most))
        raise LabelRangeError(
            f"{ARGUMENT} must be integers up to {most}, got {values[place]} at index "
            f"{start + place}."
        )
    if values.dtype.kind in "iub":
        return values.astype(np.int64)
    numbers = values.astype(np.float64)
    is_whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
    if not is_whole.all():
        place = int(np.argmin(is_whole))
        raise TypeError(
            f"{ARGUMENT} must be integers, got {numbers[place]:g} at index {start + place}."
        )
    return numbers.astype(np.int64)


def _check_range(rows: Rows, ignored: int | None, n: int) -> None:
    """Read all labels once, so that an error can say how many are wrong, and how."""
    m, wrong, first, example = rows.shape[0], 0, -1, 0
    least, most = n, -1
    different = set[int]()
    for start in range(0, m, PIECE):
        labels = _integers(rows.read(start, min(start + PIECE, m)).reshape(-1), start)
        counted = labels if ignored is None else labels[labels != ignored]
        least = min(least, int(counted.min(initial=least)))
        most = max(most, int(counted.max(initial=most)))
        outside = (labels < 0) | (labels >= n)
        if ignored is not None:
            outside &= labels != ignored
        if outside.any():
            if not wrong:
                place = int(np.argmax(outside))
                first, example = start + place, int(labels[place])
            wrong += int(outside.sum())
            different |= set(np.unique(labels[outside])[:2].tolist())
    if not wrong:
        return
    hint = ""
    if len(different) == 1:
        hint = f" If it marks examples to leave out: `ignored_label={min(different)}`."
    if (least, most) == (1, n):
        hint = " They seem to begin at 1: subtract 1."
    raise LabelRangeError(
        f"{ARGUMENT} must lie between 0 and {n - 1}, got {example} at index {first} "
        f"({wrong:,} of {m:,} are out of range).{hint}"
    )
