"""The state of a training on disk.

A checkpoint is written whole or not at all, and only the training that wrote it reads it.
"""

import json
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import jax
import numpy as np
from numpy.typing import NDArray

from ..base.files import replacing

DESCRIPTION_KEY = "setup"
"""Name in the file under which the description of the training is stored as JSON."""
Record: TypeAlias = Mapping[str, NDArray[Any]]
"""Metrics by name."""
Description: TypeAlias = Mapping[str, Any]
"""Everything that decides the result of a training, as JSON values."""

ARGUMENT = "`train(checkpoint=...)`"
READING_ERRORS = (
    EOFError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""Errors that NumPy, zipfile and json raise for files that are damaged or something else."""


class Checkpoint(NamedTuple):
    """The content of a checkpoint.

    Attributes:
        leaves: Arrays of the state, in the order of `jax.tree.leaves`.
        records: Metrics by name of every record so far.
    """

    leaves: list[NDArray[Any]]
    records: list[dict[str, NDArray[Any]]]


def write(
    path: Path,
    description: Description,
    state: Any,
    records: Sequence[Record],
) -> None:
    """Write a checkpoint, in place of an older one.

    Args:
        path: File of any name.
        description: Everything that decides the result of the training, as JSON values.
        state: Pytree of arrays.
        records: Metrics by name of every record so far.
    """
    arrays = {}
    for i, leaf in enumerate(jax.tree.leaves(state)):
        arrays[f"state/{i}"] = np.asarray(leaf)
    for i, record in enumerate(records):
        for name, values in record.items():
            arrays[f"record/{i}/{name}"] = values
    # Typed loosely: `allow_pickle` is no name of an array, and NumPy before 2.3 lacks it.
    saved: dict[str, Any] = {
        DESCRIPTION_KEY: np.array(json.dumps(description)),
        **arrays,
    }
    # An open file and not its name, to which NumPy would append a suffix.
    with (
        replacing(path, argument=ARGUMENT) as temporary,
        temporary.open("wb") as file,
    ):
        np.savez(file, **saved)


def read(path: Path, description: Description, template: Any) -> Checkpoint | None:
    """The checkpoint at `path`; None if there is no file.

    Args:
        path: File that `write` wrote.
        description: Everything that decides the result of the training that is to go on.
        template: State of this training, whose arrays have the shapes of those in the file.

    Raises:
        ValueError: If the file is not a checkpoint, or belongs to another training.
        OSError: If it cannot be read.
    """
    if not path.exists():
        return None
    try:
        saved, arrays = _content(path)
    except OSError as error:
        raise OSError(
            error.errno, f"{ARGUMENT} cannot be read: {error.strerror}", str(path)
        ) from error
    except READING_ERRORS as error:
        raise _none(path) from error
    # Through JSON and back, so that tuples compare equal to the lists that were read.
    as_read = json.loads(json.dumps(description))
    _refuse_another_training(path, saved, as_read)
    try:
        checkpoint = _checkpoint(arrays)
    except READING_ERRORS as error:
        raise _none(path) from error
    if not _fits(template, checkpoint):
        raise _none(path)
    return checkpoint


def _content(path: Path) -> tuple[Description, dict[str, NDArray[Any]]]:
    """The description in a file, and all arrays of numbers."""
    # Without pickles, which can run any code when they are read.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive)
    saved = json.loads(str(arrays.pop(DESCRIPTION_KEY)))
    if not isinstance(saved, dict):
        raise TypeError("the description of the training is no table")
    return saved, arrays


def _none(path: Path) -> ValueError:
    return ValueError(
        f"{ARGUMENT}: `{path}` is not a checkpoint; remove it or name another file."
    )


def _fits(template: Any, checkpoint: Checkpoint) -> bool:
    """Whether the file holds the state of this training, array by array."""
    expected = jax.tree.leaves(template)
    return len(expected) == len(checkpoint.leaves) and all(
        np.shape(like) == leaf.shape and np.dtype(like.dtype).itemsize == leaf.itemsize
        for like, leaf in zip(expected, checkpoint.leaves, strict=True)
    )


def _refuse_another_training(
    path: Path, saved: Description, description: Description
) -> None:
    differences = []
    # A newer version may decide by more than this one knows.
    for name in [*description, *(set(saved) - set(description))]:
        value, saved_value = description.get(name), saved.get(name)
        if saved_value != value:
            differences.append(f"{name} was {saved_value!r} and is {value!r}")
    if differences:
        raise ValueError(
            f"{ARGUMENT}: `{path}` is of another training: "
            f"{'; '.join(differences)}; remove it or name another file."
        )


def _checkpoint(arrays: Mapping[str, NDArray[Any]]) -> Checkpoint:
    """The arrays of a file, sorted into leaves and records by their names."""
    leaf_count = sum(name.startswith("state/") for name in arrays)
    leaves = [arrays[f"state/{i}"] for i in range(leaf_count)]
    records: dict[int, dict[str, NDArray[Any]]] = {}
    for key, values in arrays.items():
        kind, number, *metric = key.split("/")
        if kind == "record":
            record = records.setdefault(int(number), {})
            record[metric[0]] = values
    in_order = [records[number] for number in sorted(records)]
    return Checkpoint(leaves, in_order)


def restored(template: Any, leaves: Sequence[NDArray[Any]]) -> Any:
    """The leaves of a checkpoint as a pytree like the template, with its dtypes."""
    template_leaves, structure = jax.tree.flatten(template)
    # The file format does not know bfloat16 and gives its numbers back as raw bytes.
    typed = [
        leaf.view(like.dtype)
        for leaf, like in zip(leaves, template_leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, typed)
