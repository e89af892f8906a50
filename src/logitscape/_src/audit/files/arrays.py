"""Files of arrays: `.npy`, `.npz` and `.safetensors`."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jax.numpy import bfloat16
from numpy.lib import format as npy

from .missing import imported
from .plain import of_file
from .rows import Forward, Numbers, Rows, chosen, stored_type

TENSORS: Mapping[str, Any] = {
    "F16": "<f2",
    "BF16": bfloat16,
    "F32": "<f4",
    "F64": "<f8",
    "BOOL": "?",
    **{f"I{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
}
"""Types of numbers, as `.safetensors` files call them."""
PIECE = 2**20
"""Bytes that are decompressed at a time."""


def from_npy(path: Path, role: str, member: str) -> Rows:
    """Rows of a `.npy` file, whose only array has no name."""
    if member:
        raise ValueError(
            f"`audit({role}=...)`: `{path}` has one array without a name, and no {member!r}."
        )
    with path.open("rb") as stream:
        shape, in_columns, dtype = _header(stream)
        place = stream.tell()
    return of_file(str(path), path, place, shape, dtype, in_columns=in_columns)


def from_npz(path: Path, role: str, member: str) -> Rows:
    """Rows of an array in a `.npz` file, which may be compressed."""
    with zipfile.ZipFile(path) as archive:
        entries = {
            entry.filename.removesuffix(".npy"): entry
            for entry in archive.infolist()
            if entry.filename.endswith(".npy")
        }
        name = chosen(path, role, member, list(entries))
        entry = entries[name]
        with archive.open(entry) as stream:
            shape, in_columns, dtype = _header(stream)
            begins = stream.tell()
    label = f"{path}::{name}"
    if dtype.hasobject:
        raise ValueError("it holds objects of Python, not numbers")
    if entry.compress_type == zipfile.ZIP_STORED:
        place = _place_of(path, entry) + begins
        return of_file(label, path, place, shape, dtype, in_columns=in_columns)
    if in_columns:
        raise ValueError("its array is compressed column by column; save it in C order")
    forward = Forward(lambda: _decompressed(path, entry.filename, shape, dtype))
    wide = stored_type(dtype)

    def read(start: int, stop: int) -> Numbers:
        return forward.read(start, stop).view(wide)

    return Rows(label, shape, wide, read, path)


def from_safetensors(path: Path, role: str, member: str) -> Rows:
    """Rows of a tensor in a `.safetensors` file."""
    # The library checks that the file is whole, and would map it into memory.
    opened = imported("safetensors", path).safe_open(path, framework="numpy")
    name = chosen(path, role, member, list(opened.keys()))
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        about = json.loads(file.read(length))[name]
    if about["dtype"] not in TENSORS:
        raise ValueError(f"{name!r} has numbers of the type {about['dtype']}")
    place = 8 + length + about["data_offsets"][0]
    dtype = np.dtype(TENSORS[about["dtype"]])
    return of_file(f"{path}::{name}", path, place, tuple(about["shape"]), dtype)


def _header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    return read(stream)


def _place_of(path: Path, entry: zipfile.ZipInfo) -> int:
    """Place of the first byte of an entry; the header before it has two lengths of its own."""
    with path.open("rb") as file:
        file.seek(entry.header_offset + 26)
        lengths = file.read(4)
    name, extra = (int.from_bytes(lengths[k : k + 2], "little") for k in (0, 2))
    return entry.header_offset + 30 + name + extra


def _decompressed(
    path: Path, filename: str, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Iterator[Numbers]:
    width = int(np.prod(shape[1:], dtype=int)) * dtype.itemsize
    with zipfile.ZipFile(path) as archive, archive.open(filename) as stream:
        _header(stream)
        rows = max(1, PIECE // max(width, 1))
        while content := stream.read(rows * width):
            whole = len(content) // width
            flat = np.frombuffer(content[: whole * width], dtype)
            yield flat.reshape(whole, *shape[1:])
