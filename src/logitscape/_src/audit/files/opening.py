"""Anything that holds logits or labels as rows: a path, or an array of any library."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import jax
import numpy as np

from ...base.conversion import array_of
from ...base.files import expanded
from ...base.messages import printable, quoted
from . import arrays, columns, stores
from .rows import Rows, of_array

Reader: TypeAlias = Callable[[Path, str, str], Rows]

READERS: Mapping[str, Reader] = {
    ".npy": arrays.from_npy,
    ".npz": arrays.from_npz,
    ".safetensors": arrays.from_safetensors,
    ".parquet": columns.from_parquet,
    ".csv": columns.from_csv,
    ".zarr": stores.from_zarr,
    ".nc": stores.from_netcdf,
}
"""Function that opens a file, by its suffix."""

FOLDERS = (".zarr",)
"""Those of them that may be folders."""
SEPARATOR = "::"
"""Between a file and the name of one of its arrays."""


def rows_of(role: str, source: Any) -> Rows:
    """The rows of a path or an array.

    Args:
        role: "logits" or "labels", for messages and for the choice among several arrays.
        source: Path, `PATH::NAME` for one array of several, or an array of any library.

    Raises:
        FileNotFoundError: If there is no such file.
        PermissionError: If it may not be read.
        ValueError: If it is empty, or of another format than its suffix says.
        TypeError: If it is neither a path nor an array.
    """
    if isinstance(source, Rows):
        return source
    if isinstance(source, str | os.PathLike):
        rows = _opened(role, _text_of(role, source))
    else:
        argument = f"`audit({role}=...)`"
        is_array = _can_be_cut(source)
        if isinstance(source, jax.core.Tracer):
            raise TypeError(
                f"{argument} must be known numbers, got a tracer: call it outside of `jax.jit`."
            )
        array = source if is_array else array_of(argument, source, "a path or an array")
        if np.ma.is_masked(array):
            raise TypeError(
                f"`audit({role}=...)` must have no masked entries, got some: leave their rows "
                "out, or mark them by `ignored_label=...`."
            )
        rows = of_array(role, array)
    _check_dtype(role, rows)
    return rows


def entries_of(role: str, source: Any) -> Any:
    """One entry for each example, numbers or texts: of a path, or as they are given.

    Args:
        role: "ids" or "groups".
        source: Path, `PATH::NAME`, or anything that has entries.
    """
    if isinstance(source, str | os.PathLike):
        return _opened(role, _text_of(role, source)).whole()
    return source


def stamp(path: Path | None) -> tuple[tuple[int, int], ...]:
    """What changes if somebody writes to a file or folder: sizes and times of all its parts."""
    if path is None:
        return ()
    parts = sorted(path.rglob("*")) if path.is_dir() else [path]
    states = [part.stat() for part in parts if part.exists()]
    return tuple((state.st_size, state.st_mtime_ns) for state in states)


def _text_of(role: str, path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    if not isinstance(text, str):
        raise TypeError(
            f"`audit({role}=...)` must be a path of text or an array, got {quoted(path)}."
        )
    return text


def _opened(role: str, text: str) -> Rows:
    place, _, member = text.partition(SEPARATOR)
    argument = f"`audit({role}=...)`"
    path = expanded(argument, place)
    if not _exists(path):
        raise FileNotFoundError(f"{argument}: there is no file `{printable(path)}`.")
    suffix = path.suffix.lower()
    if suffix not in READERS:
        known = ", ".join(READERS)
        raise ValueError(
            f"{argument}: the name must end in {known}, got {quoted(text)}."
        )
    if not path.is_file() and not (path.is_dir() and suffix in FOLDERS):
        # A pipe would be waited for without end.
        what = "is a folder" if path.is_dir() else "is no ordinary file"
        raise ValueError(f"{argument}: `{path}` {what}.")
    if path.is_file():
        # To say so before a library does, in words of its own.
        path.open("rb").close()
        if path.stat().st_size == 0:
            raise ValueError(f"{argument}: `{path}` is empty.")
    try:
        state = stamp(path)
        rows = replace(READERS[suffix](path, role, member), state=state)
    except ImportError:
        raise
    except Exception as error:
        if argument in str(error):
            raise
        raise ValueError(
            f"{argument}: `{path}` is no whole {suffix} file: {_reason(error)}."
        ) from error
    return rows


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # A name that is too long, or none.
        return False


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def _can_be_cut(source: Any) -> bool:
    """Whether something is an array of which NumPy understands shape and dtype."""
    try:
        np.dtype(source.dtype)
    except (AttributeError, TypeError):
        return False
    return isinstance(source.shape, tuple) and hasattr(source, "__getitem__")


def _check_dtype(role: str, rows: Rows) -> None:
    is_half = rows.dtype.name == "bfloat16"
    # No accelerator has longer numbers than those of eight bytes.
    is_known = rows.dtype.kind in "fiub" and rows.dtype.itemsize <= 8
    if not is_known and not is_half:
        raise TypeError(
            f"`audit({role}=...)`: {rows.name} must have numbers, got {rows.dtype}."
        )
