"""Everything that the library reads, and how a file of each kind is damaged."""

import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import logitscape as ls
from tests.faults.writers import (
    command,
    dump,
    interrupted_training,
    recording,
    train,
)


class Reader(NamedTuple):
    """A door that reads.

    Attributes:
        suffix: Suffix of the name.
        make: Function that writes a whole file.
        read: Function that reads it.
        arguments: The arguments at fault, as errors name them.
        newer: What makes a file of a newer version: bytes and what they become.
        is_folder: Whether it is a folder.
        needs: Package that reads it.
    """

    suffix: str
    make: Callable[[Path], Any]
    read: Callable[[Any], Any]
    arguments: tuple[str, ...]
    newer: tuple[bytes, bytes] | None = None
    is_folder: bool = False
    needs: str = "numpy"


def _npz(path: Path) -> None:
    logits, labels = dump()
    np.savez(path, logits=logits, labels=labels)


def _safetensors(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file(dict(zip(("logits", "labels"), dump(), strict=True)), path)


def _table() -> Any:
    import pyarrow

    logits, labels = dump()
    columns = {f"logit_{k}": logits[:, k] for k in range(logits.shape[1])}
    return pyarrow.table(columns | {"label": labels})


def _parquet(path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(_table(), path)


def _csv(path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(_table(), path)


def _dataset() -> Any:
    import xarray

    logits, labels = dump()
    return xarray.Dataset({"logits": (("m", "n"), logits), "labels": ("m", labels)})


def _netcdf(path: Path) -> None:
    _dataset().to_netcdf(path, engine="scipy")


def _zarr(path: Path) -> None:
    _dataset().to_zarr(path, zarr_format=2, consolidated=False)


def _lines(path: Path) -> None:
    path.write_text("cat\ndog\nbird\nfish\n")


def _losses(path: Path) -> None:
    path.write_text("def loss(z, t):\n    return ((z - t) ** 2).sum()\n")


def audited(path: Any) -> None:
    ls.audit(path)


def with_labels(path: Any) -> None:
    ls.audit(path, dump()[1])


def _as_labels(path: Any) -> None:
    ls.audit(dump()[0], path)


def _as_ids(path: Any) -> None:
    ls.audit(*dump(), ids=path)


def _as_class_names(path: Any) -> None:
    with _logits_in_a_file() as file:
        command("audit", file, "-q", "--class-names", path)


class _logits_in_a_file:
    def __enter__(self) -> str:
        from tempfile import TemporaryDirectory

        self._folder = TemporaryDirectory()
        path = Path(self._folder.name) / "dump.npz"
        _npz(path)
        return str(path)

    def __exit__(self, *_: Any) -> None:
        self._folder.cleanup()


def _as_target(path: Any) -> None:
    out = Path(path).parent / "out.nc"
    command("sweep", f"{path}:loss", "-q", "--points=2", "--out", out)


LOGITS = ("`audit(logits=...)`", "`audit(labels=...)`")
READERS = {
    "audit, .npy": Reader(
        ".npy",
        lambda path: np.save(path, dump()[0]),
        with_labels,
        LOGITS,
        (b"NUMPY\x01", b"NUMPY\x09"),
    ),
    "audit, .npz": Reader(".npz", _npz, audited, LOGITS, (b"NUMPY\x01", b"NUMPY\x09")),
    "audit, .safetensors": Reader(
        ".safetensors",
        _safetensors,
        audited,
        LOGITS,
        (b'"F32"', b'"F99"'),
        needs="safetensors",
    ),
    "audit, .parquet": Reader(
        ".parquet",
        _parquet,
        audited,
        LOGITS,
        (b"PAR1", b"PAR9"),
        needs="pyarrow",
    ),
    "audit, .csv": Reader(".csv", _csv, audited, LOGITS, needs="pyarrow"),
    "audit, .nc": Reader(".nc", _netcdf, audited, LOGITS, (b"CDF\x02", b"CDF\x09")),
    "audit, .zarr": Reader(
        ".zarr",
        _zarr,
        audited,
        LOGITS,
        (b'"zarr_format": 2', b'"zarr_format": 9'),
        is_folder=True,
        needs="zarr",
    ),
    "audit, labels": Reader(
        ".npy",
        lambda path: np.save(path, dump()[1]),
        _as_labels,
        ("`audit(labels=...)`",),
        (b"NUMPY\x01", b"NUMPY\x09"),
    ),
    "audit, ids": Reader(
        ".npy",
        lambda path: np.save(path, np.arange(60)),
        _as_ids,
        ("`audit(ids=...)`",),
        (b"NUMPY\x01", b"NUMPY\x09"),
    ),
    "logitscape audit --class-names": Reader(
        ".txt",
        _lines,
        _as_class_names,
        ("--class-names", "`audit(class_names=...)`"),
    ),
    "Recording.load": Reader(
        ".npz",
        lambda path: recording().save(path),
        ls.Recording.load,
        ("`Recording.load(path)`",),
        ("probe/1".encode("utf-32-le"), "probe/2".encode("utf-32-le")),
    ),
    "audit of a recording": Reader(
        ".npz",
        lambda path: recording().save(path),
        ls.audit,
        (*LOGITS, "`Recording.load(path)`"),
    ),
    "train(checkpoint)": Reader(
        ".npz",
        interrupted_training,
        train,
        ("`train(checkpoint=...)`",),
        ('"steps"'.encode("utf-32-le"), '"stepz"'.encode("utf-32-le")),
    ),
    "TARGET of a command": Reader(".py", _losses, _as_target, ("logitscape",)),
}
"""Everything that is read, by the name of its door."""


class Bomb:
    """An object whose unpickling leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@cache
def whole(name: str) -> bytes:
    """The bytes of a whole file, or of a Zarr store all its files as a zip."""
    from tempfile import TemporaryDirectory

    reader = READERS[name]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"whole{reader.suffix}"
        reader.make(path)
        if not reader.is_folder:
            return path.read_bytes()
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for part in sorted(path.rglob("*")):
                if part.is_file():
                    archive.write(part, part.relative_to(path))
        return packed.getvalue()


def put(name: str, path: Path, change: Callable[[bytes], bytes] = bytes) -> None:
    """Write a file, or every file of a store, after a change of its bytes."""
    reader, content = READERS[name], whole(name)
    if not reader.is_folder:
        path.write_bytes(change(content))
        return
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for entry in archive.namelist():
            file = path / entry
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(change(archive.read(entry)))


def pickled(name: str, path: Path, mark: Path) -> None:
    """A file of pickled objects that leave a mark where they are read."""
    bomb = np.array([Bomb(mark)] * 60, object)
    reader = READERS[name]
    if reader.is_folder or reader.suffix not in (".npy", ".npz"):
        path.write_bytes(pickle.dumps(Bomb(mark)))
    elif reader.suffix == ".npy":
        np.save(path, bomb, allow_pickle=True)
    else:
        with np.load(BytesIO(whole(name)), allow_pickle=False) as file:
            arrays: dict[str, Any] = dict.fromkeys(file, bomb)
        np.savez(path, **arrays)


def huge(content: bytes) -> bytes:
    """A header of NumPy's that promises 2**60 numbers, or the bytes without one."""
    return content.replace(b"(60", b"(1152921504606846976")


def lengthened(content: bytes) -> bytes:
    """A first length that is far beyond the end, as formats with a length in front have it."""
    return struct.pack("<Q", 2**62) + content[8:]
