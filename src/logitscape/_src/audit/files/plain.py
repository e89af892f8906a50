"""Arrays that lie in a file as plain numbers, read by their place in it.

They are not mapped into memory: a process dies where it touches a mapped page of a file that
somebody has made shorter, and what it has touched counts as its memory.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from .rows import Numbers, Rows, stored_type


def of_file(
    name: str,
    path: Path,
    place: int,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    in_columns: bool = False,
) -> Rows:
    """Rows of an array that begins at a place of a file.

    Args:
        name: Name for messages.
        path: File.
        place: Place of its first byte.
        shape: Shape [m, ...].
        dtype: Type of the numbers, as the file calls it.
        in_columns: Whether the first index runs fastest.

    Raises:
        ValueError: If the file ends before, or holds objects.
    """
    if dtype.hasobject:
        raise ValueError("it holds objects of Python, not numbers")
    if min(shape, default=0) < 0:
        raise ValueError(f"its shape is {shape}")
    if path.stat().st_size < place + math.prod(shape) * dtype.itemsize:
        raise ValueError("it ends before its last number")
    width = math.prod(shape[1:])

    def read(start: int, stop: int) -> Numbers:
        with path.open("rb") as file:
            if not in_columns or len(shape) == 1:
                file.seek(place + start * width * dtype.itemsize)
                flat = np.fromfile(file, dtype, (stop - start) * width)
                whole = len(flat) // max(width, 1)
                return flat[: whole * width].reshape(whole, *shape[1:]).view(wide)
            columns = []
            for column in range(width):
                file.seek(place + (column * shape[0] + start) * dtype.itemsize)
                columns.append(np.fromfile(file, dtype, stop - start))
        whole = min(map(len, columns))
        return np.stack([column[:whole] for column in columns], axis=1).view(wide)

    wide = stored_type(dtype)
    return Rows(name, shape, wide, read, path)
