"""Rows are independent of each other, of their order and of their number."""

from collections.abc import Iterator

import numpy as np

from .batch import ROWS, Batch, Matrix
from .expected import rerun_tolerance
from .fault import Fault
from .fused import Fused
from .scope import Scope
from .vocabulary import BATCH_SIZES, ROWS_INFLUENCE

BATCH_SIZES_TRIED = (1, 7, 257)
"""Numbers of rows: one, and some that blocks of rows do not divide."""

ALONE = (0, 2)
"""Rows that are compared with themselves alone."""

FAR = 200.0
"""Size of the logits of a row beside which the others must keep their digits."""


def faults(scope: Scope) -> Iterator[Fault]:
    """The faults that show in batches of other rows and of other sizes."""
    found = influence(scope.fused, scope.batch()) or _beside_a_large_row(scope)
    if found is not None:
        yield found
        return
    for rows in BATCH_SIZES_TRIED:
        batch = scope.batch(rows, seed=rows)
        missed = scope.misses(scope.fused.run(batch), scope.expected(batch))
        if missed:
            first = next(iter(missed.values()))
            text = f"right with {ROWS} rows, wrong with {rows}: {first}."
            yield Fault(BATCH_SIZES, text, batch)
            return


def influence(fused: Fused, batch: Batch) -> Fault | None:
    """The fault that a row's loss is another one when it stands alone."""
    if fused.reduction != "none":
        return None
    together = fused.run(batch).losses
    if together.shape != batch.labels.shape:
        return None
    alone = np.full_like(together, np.nan)
    for row in ALONE:
        alone[row] = fused.run(batch.rows([row])).losses.sum()
    return _fault(batch, together, alone)


def _beside_a_large_row(scope: Scope) -> Fault | None:
    """The fault that a row with large logits spoils others."""
    first = [[1.0, 2.0, 1.0, 1.0], [FAR, 1.0, 1.0, 1.0], [2.0, 1.0, 1.0, 1.0]]
    batch = scope.maker.exact(first, [0, 0, 1], scope.classes)
    return influence(scope.fused, batch)


def _fault(batch: Batch, together: Matrix, alone: Matrix) -> Fault | None:
    difference = abs(together - alone)
    difference = np.where(np.isfinite(together), difference, np.inf)
    wrong = (difference > rerun_tolerance(batch, alone)) & np.isfinite(alone)
    if not wrong.any():
        return None
    row = int(np.where(wrong, difference, 0.0).argmax())
    text = (
        f"row {row} has the loss {together[row]:.6g} in the batch and "
        f"{alone[row]:.6g} alone."
    )
    return Fault(ROWS_INFLUENCE, text, batch)
