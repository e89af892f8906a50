"""The blocks of a dump: rows of one number, of which the last is padded."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .config import Setting
from .files.rows import Rows
from .labels import Labels, check_targets
from .program import block_rows


class Given(NamedTuple):
    """Logits, targets and marks of one block, padded to its full size.

    Attributes:
        logits: Logits, [b, n].
        target: Labels [b], those of ignored examples 0, or targets [b, n].
        counts: Whether a row is an example that counts, [b].
        start: Place of the first row in the dump.
        ignored: Number of examples with the ignored label.
    """

    logits: NDArray[Any]
    target: NDArray[Any]
    counts: NDArray[np.bool_]
    start: int
    ignored: int


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
        target, counts = labels.read(start, stop)
    except (EOFError, OSError) as error:
        raise ValueError(f"`audit(logits=...)`: {logits.name}: {error}.") from error
    for given, role, name in (
        (rows, "logits", logits.name),
        (target, "labels", labels.rows.name),
    ):
        if len(given) != stop - start:
            raise ValueError(
                f"`audit({role}=...)`: {name} ends after {start + len(given):,} of {m:,} rows."
            )
    if labels.is_soft:
        check_targets(setting.targets, target, start)
    return Given(
        _padded(_floating(rows), size),
        _padded(target, size),
        _padded(counts, size),
        start,
        int(len(counts) - counts.sum()),
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
