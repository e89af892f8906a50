"""Files of columns: `.parquet` and `.csv`, by pyarrow."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .missing import imported
from .rows import LOGITS, NAMES, Forward, Numbers, Rows

BATCH = 4096
"""Rows that are read at a time."""


def from_parquet(path: Path, role: str, member: str) -> Rows:
    """Rows of a `.parquet` file: a column of lists, or one column for each class."""
    parquet = imported("pyarrow.parquet", path)
    file = parquet.ParquetFile(path)
    columns = _columns(path, role, member, file.schema_arrow)
    return _rows(
        path, columns, file.metadata.num_rows, partial(_of_parquet, path, columns)
    )


def from_csv(path: Path, role: str, member: str) -> Rows:
    """Rows of a `.csv` file with a line of names and one column for each class."""
    csv = imported("pyarrow.csv", path)
    with csv.open_csv(path) as reader:
        columns = _columns(path, role, member, reader.schema)
        # A file of text does not say how long it is.
        count = sum(batch.num_rows for batch in reader)
    return _rows(path, columns, count, partial(_of_csv, path, columns))


def _columns(path: Path, role: str, member: str, schema: Any) -> list[str]:
    """The columns that play a role."""
    types = imported("pyarrow.types", path)
    names = list(schema.names)
    if member:
        # Several columns, such as those of soft targets, share the beginning of their names.
        found = [name for name in names if name == member or _is_part(name, member)]
        if found:
            return found
        raise ValueError(
            f"`audit({role}=...)`: `{path}` has no column {member!r}; it has {_some(names)}."
        )
    usual = [name for name in names if name.lower() in NAMES[role]]
    if usual:
        return usual[:1]
    if role != "logits":
        integers = [name for name in names if types.is_integer(schema.field(name).type)]
        if len(integers) == 1 or len(names) == 1:
            return integers or names
        raise ValueError(
            f"`audit({role}=...)`: which column of `{path}`? It has {_some(names)}; write "
            f"`{path}::NAME`."
        )
    for beginning in LOGITS:
        found = [name for name in names if _is_part(name, beginning)]
        if found:
            return found
    return [name for name in names if types.is_floating(schema.field(name).type)]


def _is_part(name: str, beginning: str) -> bool:
    rest = name.lower().removeprefix(beginning.lower())
    return rest != name.lower() and rest.strip("_.-[] ").isdigit()


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _rows(path: Path, columns: list[str], count: int, begin: Any) -> Rows:
    if not columns:
        raise ValueError("it has no column of numbers")
    first = next(begin(), np.empty((0, len(columns)), np.float32))
    forward = Forward(begin)
    name = f"{path}::{columns[0]}" if len(columns) == 1 else str(path)
    return Rows(name, (count, *first.shape[1:]), first.dtype, forward.read, path)


def _of_parquet(path: Path, columns: list[str]) -> Iterator[Numbers]:
    parquet = imported("pyarrow.parquet", path)
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH, columns=columns):
            yield _numbers(batch, columns)


def _of_csv(path: Path, columns: list[str]) -> Iterator[Numbers]:
    csv = imported("pyarrow.csv", path)
    with csv.open_csv(path) as reader:
        for batch in reader:
            yield _numbers(batch, columns)


def _numbers(batch: Any, columns: list[str]) -> Numbers:
    """The columns of a batch as an array: [rows], or [rows, classes] of lists or of several."""
    if len(columns) > 1:
        parts = [batch.column(name).to_numpy(zero_copy_only=False) for name in columns]
        return np.stack([np.asarray(part, _wide(part.dtype)) for part in parts], axis=1)
    column = batch.column(columns[0])
    if hasattr(column, "flatten") and hasattr(column.type, "value_type"):
        flat = column.flatten().to_numpy(zero_copy_only=False)
        if len(column) == 0 or len(flat) % len(column):
            raise ValueError(f"the lists of {columns[0]!r} have different lengths")
        return np.asarray(flat).reshape(len(column), -1)
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _wide(dtype: np.dtype[Any]) -> Any:
    return dtype if dtype.kind == "f" else np.float64
