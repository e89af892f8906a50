"""Labels that are ignored, and labels that are no class."""

from collections.abc import Iterator

import numpy as np

from .batch import ROWS, Batch
from .expected import Bounded, Expected, miss
from .fault import Fault
from .fused import CallFailed, Outcome
from .scope import Scope
from .vocabulary import (
    IGNORED_GRADIENT,
    IGNORED_LOSS,
    IGNORED_SPOILS,
    OTHER_CLASS,
    OUT_OF_RANGE_NUMBER,
    OUT_OF_RANGE_SPOILS,
)

IGNORED_ROWS = (0, 3)
"""Rows with the ignored label; the first row is one of them."""

PLACE = 2
"""Row with a label out of range."""


def some_ignored(scope: Scope, batch: Batch) -> tuple[Batch, Expected]:
    """A batch of which some rows are ignored, and what the loss must be."""
    labels = batch.labels.copy()
    assert scope.fused.ignored_label is not None
    labels[list(IGNORED_ROWS)] = scope.fused.ignored_label
    kept = ~np.isin(np.arange(len(labels)), IGNORED_ROWS)
    ignoring = batch.relabelled(labels)
    return ignoring, scope.expected(ignoring).keeping(kept)


def ignored(scope: Scope) -> Iterator[Fault]:
    """The faults of the ignored label, row by row."""
    if scope.fused.ignored_label is None or scope.fused.reduction != "none":
        return
    batch, want = some_ignored(scope, scope.batch())
    outcome = scope.fused.run(batch)
    rows = list(IGNORED_ROWS)
    label = scope.fused.ignored_label
    losses = outcome.losses[rows]
    if (losses != 0).any():
        text = f"with the label {label}, row {rows[0]} has the loss {losses[0]:.6g}."
        yield Fault(IGNORED_LOSS, text, batch)
    missed = scope.misses(outcome, want)
    missed_by_kept = _rows_missed(scope, outcome, want, [1, 2, 4, 5])
    if missed_by_kept is not None:
        yield Fault(IGNORED_SPOILS, f"{missed_by_kept}.", batch)
    elif (losses == 0).all() and missed:
        yield Fault(IGNORED_GRADIENT, f"{next(iter(missed.values()))}.", batch)


def out_of_range(scope: Scope) -> Iterator[Fault]:
    """The faults of labels that are no class, each named once."""
    off_tile = [count for count in scope.other_classes if count & (count - 1)]
    found = dict[str, Fault]()
    for classes in (scope.classes, *off_tile[:1]):
        batch = scope.maker.ordinary(ROWS, classes)
        for label in (classes, classes + 1, 2 * classes, -1, -2, -100):
            if label == scope.fused.ignored_label:
                continue
            labels = batch.labels.copy()
            labels[PLACE] = label
            for fault in _of_label(scope, batch.relabelled(labels)):
                found.setdefault(fault.verdict, fault)
    yield from found.values()


def _of_label(scope: Scope, batch: Batch) -> Iterator[Fault]:
    try:
        outcome = scope.fused.run(batch)
    # That is how a label out of range should be refused where it is known.
    except CallFailed:
        return
    yield from _judged(scope, batch, outcome)


def _judged(scope: Scope, batch: Batch, outcome: Outcome) -> Iterator[Fault]:
    label = batch.labels[PLACE]
    by_row = scope.fused.reduction == "none"
    loss = outcome.losses[PLACE] if by_row else outcome.losses
    if not np.isnan(loss):
        other = _class_read(scope, batch, float(loss)) if by_row else None
        number = (
            f"the label {label} of {batch.logits.shape[1]} classes gives {loss:.6g}"
        )
        if other is None:
            yield Fault(OUT_OF_RANGE_NUMBER, f"{number}.", batch)
        else:
            yield Fault(OTHER_CLASS, f"{number}, the loss of class {other}.", batch)
    if by_row:
        others = [row for row in range(len(batch.labels)) if row != PLACE]
        missed = _rows_missed(scope, outcome, scope.expected(batch), others)
        if missed is not None:
            yield Fault(OUT_OF_RANGE_SPOILS, f"{missed}.", batch)


def _class_read(scope: Scope, batch: Batch, loss: float) -> int | None:
    """The class whose loss was returned; None if it is no likely one's."""
    classes, label = batch.logits.shape[1], int(batch.labels[PLACE])
    for candidate in (0, classes - 1, label % classes):
        labels = batch.labels.copy()
        labels[PLACE] = candidate
        want = scope.expected(batch.relabelled(labels)).losses
        if abs(loss - want.value[PLACE]) <= want.tolerance[PLACE]:
            return candidate
    return None


def _rows_missed(
    scope: Scope, outcome: Outcome, want: Expected, rows: list[int]
) -> str | None:
    """What is wrong about some rows: their losses, or the gradient of their features."""
    by_row = "logits" if scope.fused.inputs == "logits" else "features"
    pairs = [("losses", outcome.losses, want.losses)]
    if by_row in scope.compared:
        right = want.gradient(1.0)[by_row]
        pairs.append((by_row, outcome.gradient[by_row], right))
    for name, got, right in pairs:
        part = Bounded(right.value[rows], right.tolerance[rows])
        missed = miss(name, got[rows], part)
        if missed is not None:
            place = (rows[missed.place[0]], *missed.place[1:])
            return str(missed._replace(place=place))
    return None
