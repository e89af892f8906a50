"""Rows of numbers that are read block by block, wherever they lie."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jax.numpy import bfloat16
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[Any]

LOGITS = ("logits", "logit", "outputs", "output", "scores", "z")
LABELS = ("labels", "label", "targets", "target", "y")
NAMES = {
    "logits": LOGITS,
    "labels": LABELS,
    "ids": ("id", "ids"),
    "groups": ("group", "groups"),
}
"""Names by which the arrays and columns of a file are known, the most usual first."""


@dataclass(frozen=True)
class Rows:
    """An array whose rows are read on demand.

    Attributes:
        name: Name for messages, such as "dump.npz::logits".
        shape: Shape [m, ...].
        dtype: Type of the numbers.
        read: Function (start, stop) -> rows; it is quickest if called from front to back.
        path: File or folder that they lie in; None for an array in memory.
        state: What `stamp` said of it before it was opened.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[int, int], Numbers]
    path: Path | None = None
    state: tuple[tuple[int, int], ...] = ()

    def whole(self) -> Numbers:
        """All rows at once, for what has few numbers for each example."""
        return self.read(0, self.shape[0])


class Forward:
    """Rows of a stream that can only be read from its beginning.

    Going back opens the stream once more, so that blocks are read in order.
    """

    def __init__(self, begin: Callable[[], Iterator[Numbers]]) -> None:
        """Wait with opening the stream until something is read.

        Args:
            begin: Function that opens the stream and yields its rows in pieces.
        """
        self._begin = begin
        self._pieces: Iterator[Numbers] | None = None
        self._place = 0
        self._rest: Numbers | None = None

    def read(self, start: int, stop: int) -> Numbers:
        """Rows from `start` to `stop`.

        Raises:
            EOFError: If the stream ends before.
        """
        if self._pieces is None or start < self._place:
            self._pieces, self._place, self._rest = self._begin(), 0, None
        parts = list[Numbers]()
        while self._place < stop:
            piece = self._rest if self._rest is not None else next(self._pieces, None)
            if piece is None:
                raise EOFError(f"it ends after {self._place:,} rows")
            end = min(self._place + len(piece), stop)
            if end > start:
                parts.append(piece[max(start - self._place, 0) : end - self._place])
            rest = piece[end - self._place :]
            self._rest, self._place = (rest if len(rest) else None), end
        return np.concatenate(parts) if len(parts) != 1 else parts[0]


def of_array(name: str, array: Any, path: Path | None = None) -> Rows:
    """Rows of anything that has a shape and a dtype and can be cut, such as an array in memory."""
    dtype = stored_type(np.dtype(array.dtype))

    def read(start: int, stop: int) -> Numbers:
        rows = np.ascontiguousarray(array[start:stop])
        return rows if rows.dtype == dtype else rows.view(dtype)

    return Rows(name, tuple(array.shape), dtype, read, path)


def stored_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of numbers, as NumPy writes bfloat16 as two bytes without a meaning."""
    return np.dtype(bfloat16) if dtype == np.dtype("V2") else dtype


def chosen(path: Path, role: str, member: str, names: list[str]) -> str:
    """The array of a file that plays a role: the one named, a usual name, or the only one.

    Args:
        path: File, for the message.
        role: "logits" or "labels".
        member: Name that the user gave; "" for none.
        names: Names that the file has.

    Raises:
        ValueError: If the file has none, or several of which none has a usual name.
    """
    if member:
        if member in names:
            return member
        raise ValueError(
            f"`audit({role}=...)`: `{path}` has no {member!r}; it has {', '.join(names)}."
        )
    for usual in NAMES[role]:
        if usual in names:
            return usual
    if len(names) == 1:
        return names[0]
    has = ", ".join(names) or "nothing"
    raise ValueError(
        f"`audit({role}=...)`: which array of `{path}`? It has {has}; write "
        f"`{path}::NAME`."
    )
