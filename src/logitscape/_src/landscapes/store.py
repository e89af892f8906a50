"""Sweeps that are written to disk as they run."""

import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ..base.files import checked_path, replacing
from ..base.messages import quoted_path
from ..base.processes import is_shared
from ..base.types import Labels
from ..objectives.sources import Sources
from .plan import SweepPlan, make_plan, starts_of
from .shared_store import Growing, digest, growing_folder, write_together
from .slice import Slice
from .sweep import as_landscape, slabs

if TYPE_CHECKING:
    import xarray

STORE_MARKS = (".zgroup", "zarr.json")
"""Files that a folder holds if it is a Zarr store, in format 2 and in format 3."""


def sweep_to(
    path: str | os.PathLike[str],
    objectives: Sources,
    slice: Slice,
    *,
    label: Labels = 0,
    hessian: bool = False,
    dtype: Any = None,
) -> None:
    """Write a sweep to disk as it runs, with only a part of it in memory at a time.

    The result is a Zarr store, which `xarray.open_zarr(path, consolidated=False)` reads as
    the dataset that `Landscape.to_xarray` gives. The store appears whole or not at all. An
    older store or file at this path is replaced; any other folder is left alone. Needs the
    package zarr, `pip install "logitscape[zarr]"`.

    Processes that have called `jax.distributed.initialize` write one store together, on a file
    system that all of them see, and each computes its share. If one dies, what is written stays
    beside the store's place, and the next call with the same arguments completes it.

    Args:
        path: Folder of the store, in a folder that exists.
        objectives: Objectives as for `sweep`.
        slice: Points to evaluate.
        label: True class, or several.
        hessian: Whether to write the eigenvalues of the Hessian too.
        dtype: Floating-point type of the logits, instead of the default of `sweep`.

    Raises:
        ImportError: If zarr is not installed.
        FileNotFoundError: If the folder that the store shall lie in does not exist.
        IsADirectoryError: If the path is a folder that holds something else.
        TypeError: As for `sweep`.
        ValueError: As for `sweep`.

    >>> import logitscape as ls, xarray
    >>> grid = ls.plane([0.0, 1.0, 2.0], [0.0, 1.0])
    >>> ls.sweep_to("swept.zarr", "softmax + brier", grid)
    >>> dict(xarray.open_zarr("swept.zarr", consolidated=False).loss.sizes)
    {'objective': 1, 'label': 1, 'z_0': 3, 'z_1': 2}
    """
    try:
        import zarr  # noqa: F401 (xarray needs it)
    except ImportError as error:
        raise ImportError(
            '`sweep_to` needs zarr: pip install "logitscape[zarr]".'
        ) from error
    target = checked_path("sweep_to", path, marks=STORE_MARKS)
    if "::" in str(target):
        raise ValueError(
            "`sweep_to(path=...)` must have no `::`, by which Zarr chains stores, got "
            f"{quoted_path(target)}."
        )
    plan = make_plan(objectives, slice, label=label, hessian=hessian, dtype=dtype)
    if is_shared() or growing_folder(target).exists():
        _write_together(target, plan)
        return
    cut_coordinate = list(slice.coordinates)[plan.cut_axis]
    # Format 2, as it is not settled yet how format 3 stores text.
    first: dict[str, Any] = {"mode": "w", "zarr_format": 2}
    later: dict[str, Any] = {"append_dim": cut_coordinate}
    named = "`sweep_to(path=...)`"
    with replacing(target, marks=STORE_MARKS, argument=named) as temporary:
        for start, slab in slabs(plan):
            part = as_landscape(plan, slab, start).to_xarray()
            placement = later if start else first
            part.to_zarr(temporary, **placement, consolidated=False)


def _description(plan: SweepPlan) -> dict[str, Any]:
    """Everything that decides what a store holds, so far as it can be told."""
    n = plan.slice.num_classes
    z = jnp.linspace(-1, 2, n, dtype=plan.dtype)
    target = jax.nn.one_hot(plan.labels[0], n, dtype=plan.dtype)
    return {
        "objectives": list(plan.names),
        # Functions of the same name are told apart by their values.
        "losses": [f"{float(each(z, target)):.4g}" for each in plan.objectives],
        "labels": list(plan.labels),
        "hessian": plan.hessian,
        "dtype": str(plan.dtype),
        "slice": [plan.slice.name, plan.slice.description, list(plan.slice.shape)],
        "coordinates": digest(*map(np.asarray, plan.slice.coordinates.values())),
        "thickness": plan.thickness,
        "version": version("logitscape"),
    }


def _write_together(target: Path, plan: SweepPlan) -> None:
    description = json.dumps(_description(plan), sort_keys=True)
    name = list(plan.slice.coordinates)[plan.cut_axis]

    def part(start: int) -> "xarray.Dataset":
        ((_, slab),) = slabs(plan, [start])
        return as_landscape(plan, slab, start).to_xarray()

    write_together(
        target,
        Growing(growing_folder(target), description),
        starts_of(plan),
        part,
        name,
        np.asarray(plan.slice.coordinates[name]),
        STORE_MARKS,
    )
