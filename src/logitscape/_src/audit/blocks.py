"""The blocks of a dump: rows of one number, of which the last is padded."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .config import Setting
from .files.rows import Rows
from .labels import Labels, check_targets
from .program import block_rows


class Given(NamedTuple):
    """Logits, targets and marks of one block, padded to its full size, and its true length."""

    logits: NDArray[Any]
    target: NDArray[Any]
    counts: NDArray[np.bool_]
    length: int


def read_block(setting: Setting, logits: Rows, labels: Labels, index: int) -> Given:
    """Read the block of this number.

    Raises:
        ValueError: If the file ends before, or targets are none.
    """
    m, n = logits.shape
    size = block_rows(n)
    start = index * size
    stop = min(start + size, m)
    try:
        rows = logits.read(start, stop)
        if labels.targets is not None:
            target = labels.targets.read(start, stop)
            check_targets(setting.targets, target, start)
        else:
            assert labels.integers is not None
            target = labels.integers[start:stop]
    except (EOFError, OSError) as error:
        raise ValueError(f"`audit(logits=...)`: {logits.name}: {error}.") from error
    if len(rows) != stop - start:
        raise ValueError(
            f"`audit(logits=...)`: {logits.name} ends after {start + len(rows):,} of {m:,} rows."
        )
    return Given(
        _padded(_floating(rows), size),
        _padded(target, size),
        _padded(labels.counts[start:stop], size),
        stop - start,
    )


def _floating(rows: NDArray[Any]) -> NDArray[Any]:
    # Eight bits hold no logits, and JAX reads only the order of bytes of its machine.
    if rows.dtype.kind in "iub":
        return rows.astype(np.float32)
    return rows if rows.dtype.isnative else rows.astype(rows.dtype.newbyteorder("="))


def _padded(rows: NDArray[Any], size: int) -> NDArray[Any]:
    if len(rows) == size:
        return rows
    padded = np.zeros((size, *rows.shape[1:]), rows.dtype)
    padded[: len(rows)] = rows
    return padded
