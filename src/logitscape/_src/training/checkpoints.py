"""A training's state on disk: written whole or not at all, and read back only by the training that wrote it."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from ..base.files import remove_leftovers, replacing

SETUP = "setup"


class Checkpoint(NamedTuple):
    """What was saved: the leaves of the state, and the records so far."""

    leaves: list[NDArray[Any]]
    records: list[dict[str, NDArray[Any]]]


def write(
    path: Path,
    config: Mapping[str, Any],
    state: Any,
    records: Sequence[Mapping[str, NDArray[Any]]],
) -> None:
    """Replace the checkpoint at `path`.

    Args:
        path: a file, of any name.
        setup: all that decides the result, as JSON.
        state: pytree of arrays.
        records: metrics by name, one mapping a record.
    """
    arrays = {
        f"state/{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(state))
    }
    for i, record in enumerate(records):
        arrays |= {f"record/{i}/{name}": values for name, values in record.items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file, allow_pickle=False, **{SETUP: np.array(json.dumps(config))}, **arrays
        )


def read(path: Path, config: Mapping[str, Any]) -> Checkpoint | None:
    """The checkpoint at `path`, None if there is none; what a killed process left unfinished is removed.

    Raises:
        ValueError: if the file is no checkpoint, or that of another training.
    """
    remove_leftovers(path.parent, path.stem)
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved_arrays:
            arrays = dict(saved_arrays)
        saved = json.loads(str(arrays.pop(SETUP)))
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
    ) as error:
        raise ValueError(
            f"`train(checkpoint=...)`: `{path}` is not a checkpoint; remove it or name another file."
        ) from error
    _refuse_other(path, saved, json.loads(json.dumps(config)))
    return _sorted_out(arrays)


def _refuse_other(
    path: Path, saved: Mapping[str, Any], config: Mapping[str, Any]
) -> None:
    different = [name for name in config if saved.get(name) != config[name]]
    if different:
        pairs = [
            f"{name} was {saved.get(name)!r} and is {config[name]!r}"
            for name in different
        ]
        raise ValueError(
            f"`train(checkpoint=...)`: `{path}` is of another training: {'; '.join(pairs)}; remove it or name another file."
        )


def _sorted_out(arrays: Mapping[str, NDArray[Any]]) -> Checkpoint:
    count = sum(name.startswith("state/") for name in arrays)
    records: dict[int, dict[str, NDArray[Any]]] = {}
    for key, values in arrays.items():
        kind, number, *name = key.split("/")
        if kind == "record":
            records.setdefault(int(number), {})[name[0]] = values
    return Checkpoint(
        [arrays[f"state/{i}"] for i in range(count)],
        [records[i] for i in range(len(records))],
    )


def restored(template: Any, leaves: Sequence[NDArray[Any]]) -> Any:
    """The leaves in the template's structure; half precisions, which the format does not know, in their dtype."""
    like, tree = jax.tree.flatten(template)
    return jax.tree.unflatten(
        tree, [leaf.view(each.dtype) for leaf, each in zip(leaves, like, strict=True)]
    )
