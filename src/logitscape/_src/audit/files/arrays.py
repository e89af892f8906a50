"""Files of arrays: `.npy`, `.npz` and `.safetensors`."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from .missing import imported
from .rows import Forward, Numbers, Rows, chosen, of_array

PIECE = 2**20
"""Bytes that are decompressed at a time."""


def from_npy(path: Path, role: str, member: str) -> Rows:
    """Rows of a `.npy` file, which is mapped into memory and not read."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    return of_array(str(path), array, path)


def from_npz(path: Path, role: str, member: str) -> Rows:
    """Rows of an array in a `.npz` file: mapped where it is stored, streamed where compressed."""
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
        order: Any = "F" if in_columns else "C"
        place = _place_of(path, entry) + begins
        mapped = np.memmap(path, dtype, "r", place, shape, order)
        return of_array(label, mapped, path)
    if in_columns:
        raise ValueError("its array is compressed column by column; save it in C order")
    forward = Forward(lambda: _decompressed(path, entry.filename, shape, dtype))
    plain = of_array(label, np.empty((0, *shape[1:]), dtype))

    def read(start: int, stop: int) -> Numbers:
        return forward.read(start, stop).view(plain.dtype)

    return Rows(label, shape, plain.dtype, read, path)


def from_safetensors(path: Path, role: str, member: str) -> Rows:
    """Rows of a tensor in a `.safetensors` file."""
    safetensors = imported("safetensors", path)
    opened = safetensors.safe_open(path, framework="numpy")
    name = chosen(path, role, member, list(opened.keys()))
    part = opened.get_slice(name)
    shape = tuple(part.get_shape())
    return Rows(
        f"{path}::{name}",
        shape,
        np.dtype(part[0:0].dtype) if shape else np.dtype(float),
        lambda start, stop: np.ascontiguousarray(part[start:stop]),
        path,
    )


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
