"""Sweeps that are written to disk as they run."""

import os
from typing import Any

from ..base.files import checked_path, replacing
from ..base.types import Labels
from ..objectives.sources import Sources
from .plan import make_plan
from .slice import Slice
from .sweep import as_landscape, slabs

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
    target = checked_path("sweep_to", path)
    plan = make_plan(objectives, slice, label=label, hessian=hessian, dtype=dtype)
    cut_coordinate = list(slice.coordinates)[plan.cut_axis]
    # Format 2, as it is not settled yet how format 3 stores text.
    first: dict[str, Any] = {"mode": "w", "zarr_format": 2}
    later: dict[str, Any] = {"append_dim": cut_coordinate}
    with replacing(target, marks=STORE_MARKS) as temporary:
        for start, slab in slabs(plan):
            part = as_landscape(plan, slab, start).to_xarray()
            placement = later if start else first
            part.to_zarr(temporary, **placement, consolidated=False)
