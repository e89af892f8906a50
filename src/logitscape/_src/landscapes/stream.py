"""Sweeps larger than memory: reduced to a summary, or streamed to disk, slab by slab."""

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ..base.files import checked_path, replacing
from ..base.types import Labels
from ..objectives.objective import Sources
from .plan import SweepPlan, make_plan
from .slices import Slice
from .sweep import as_landscape, slabs

if TYPE_CHECKING:
    import xarray

COUNTS = ("in_domain", "finite", "correct", "pulled")


def summarize(
    objectives: Sources, slice: Slice, *, label: Labels = 0, dtype: Any = None
) -> "xarray.Dataset":
    """A sweep reduced to a summary as it runs: any number of points, in constant memory.

    Args:
        objectives: as for `sweep`.
        slice: where to look.
        label: the true class, or several.
        dtype: of the logits.

    Returns:
        Dataset with the dimensions objective and label: `points`; the shares of points `in_domain`, `finite`, `correct` and
        `pulled` (the label's logit is pushed up); least, mean and largest `loss` and gradient `norm` over the finite points;
        and where on the slice the largest norm is, `steepest_<coordinate>`. NaN where no point is finite.

    Raises:
        ValueError: as for `sweep`.
    """
    import xarray

    plan = make_plan(objectives, slice, label=label, dtype=dtype)
    reduce = jax.jit(partial(_reduce, plan))
    total: dict[str, Any] | None = None
    for start, slab in slabs(plan):
        part = {name: np.asarray(value) for name, value in reduce(slab).items()}
        part["steepest"] = _grid_index(
            plan, part["steepest"], start, slab["loss"].shape[2:]
        )
        total = part if total is None else _merge(total, part)
    assert total is not None
    return xarray.Dataset(
        {
            name: (("objective", "label"), value)
            for name, value in _named(plan, total).items()
        },
        {"objective": list(plan.names), "label": list(plan.labels)},
        {"slice": slice.name, "points": slice.description, "dtype": str(plan.dtype)},
    )


def sweep_to(
    path: str | os.PathLike[str],
    objectives: Sources,
    slice: Slice,
    *,
    label: Labels = 0,
    hessian: bool = False,
    dtype: Any = None,
) -> None:
    """A sweep written to disk as it runs, as a Zarr store that `xarray.open_zarr` reads; memory holds one slab.

    The store appears whole or not at all; a store or file that stood there is replaced, another folder left alone.
    Needs zarr, `pip install "logitscape[zarr]"`.

    Args:
        path: the store, a folder.
        objectives: as for `sweep`.
        slice: where to look.
        label: the true class, or several.
        hessian: whether to write the Hessian's eigenvalues too.
        dtype: of the logits.

    Raises:
        ImportError: without zarr.
        FileNotFoundError: if the folder that shall hold the store is not there.
        IsADirectoryError: if the path is a folder that holds something else.
        ValueError: as for `sweep`.
    """
    try:
        import zarr  # noqa: F401 (xarray needs it)
    except ImportError as error:
        raise ImportError(
            '`sweep_to` needs zarr: pip install "logitscape[zarr]".'
        ) from error
    target = checked_path("sweep_to", path)
    plan = make_plan(objectives, slice, label=label, hessian=hessian, dtype=dtype)
    with replacing(target, marks=(".zgroup", "zarr.json")) as temporary:
        axis = list(slice.coordinates)[plan.along]
        for start, slab in slabs(plan):
            part = as_landscape(plan, slab, start).to_xarray()
            # Format 2: how format 3 stores text is not settled yet.
            where: dict[str, Any] = (
                {"append_dim": axis} if start else {"mode": "w", "zarr_format": 2}
            )
            part.to_zarr(temporary, **where, consolidated=False)


def _reduce(plan: SweepPlan, slab: dict[str, Any]) -> dict[str, Any]:
    """One slab's contribution, over all axes of the grid."""
    grid = tuple(range(2, slab["loss"].ndim))
    finite, loss = slab["finite"], slab["loss"]
    norm = jnp.linalg.norm(slab["gradient"], axis=-1)
    labels = jnp.array(plan.labels).reshape(1, -1, *[1] * (len(grid) + 1))
    pull = -jnp.take_along_axis(slab["gradient"], labels, axis=-1)[..., 0]
    reduced = {
        "points": jnp.full(loss.shape[:2], float(np.prod(loss.shape[2:]))),
        "in_domain": jnp.sum(slab["in_domain"], axis=grid, dtype=float),
        "finite": jnp.sum(finite, axis=grid, dtype=float),
        "correct": jnp.sum(slab["correct"], axis=grid, dtype=float),
        "pulled": jnp.sum(finite & (pull > 0), axis=grid, dtype=float),
    }
    for name, values in (("loss", loss), ("norm", norm)):
        reduced[f"{name}_least"] = jnp.min(
            jnp.where(finite, values, jnp.inf), axis=grid
        )
        reduced[f"{name}_sum"] = jnp.sum(
            jnp.where(finite, values, 0), axis=grid, dtype=float
        )
        reduced[f"{name}_largest"] = jnp.max(
            jnp.where(finite, values, -jnp.inf), axis=grid
        )
    flat = jnp.where(finite, norm, -jnp.inf).reshape(*loss.shape[:2], -1)
    return reduced | {"steepest": jnp.argmax(flat, axis=-1)}


def _grid_index(plan: SweepPlan, flat: Any, start: int, shape: tuple[int, ...]) -> Any:
    """[objective, label, axis]: a flat index into a slab as an index into the grid."""
    index = np.stack(np.unravel_index(flat, shape), axis=-1)
    index[..., plan.along] += start
    return index


def _merge(total: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    steeper = (part["norm_largest"] > total["norm_largest"])[..., None]
    merged = {"steepest": np.where(steeper, part["steepest"], total["steepest"])}
    for name in total.keys() - merged.keys():
        combine = (
            np.minimum
            if name.endswith("least")
            else np.maximum
            if name.endswith("largest")
            else np.add
        )
        merged[name] = combine(
            total[name].astype(np.float64), part[name].astype(np.float64)
        )
    return merged


def _named(plan: SweepPlan, total: dict[str, Any]) -> dict[str, Any]:
    known = total["finite"] > 0
    named: dict[str, Any] = {"points": total["points"].astype(np.int64)}
    named |= {name: total[name] / total["points"] for name in COUNTS}
    for name in ("loss", "norm"):
        mean = total[f"{name}_sum"] / np.where(known, total["finite"], 1)
        for kind, value in (
            ("least", total[f"{name}_least"]),
            ("mean", mean),
            ("largest", total[f"{name}_largest"]),
        ):
            named[f"{name}_{kind}"] = np.where(known, value, np.nan)
    for position, (name, axis) in enumerate(plan.slice.coordinates.items()):
        named[f"steepest_{name}"] = np.where(
            known, axis[total["steepest"][..., position]], np.nan
        )
    return named
