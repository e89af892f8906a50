"""Sweeps: many objectives over a slice, in one program that runs over slabs of the grid."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ..base.types import Labels
from ..base.xla import jit_fast_compile
from ..objectives.objective import Sources
from .landscape import Landscape
from .plan import SweepPlan, make_plan
from .slab import logits_at, slab
from .slices import Slice

FEW_NUMBERS = 2**20
"""Up to so many numbers per objective and label, compiling takes longer than running."""


def sweep(
    objectives: Sources,
    slice: Slice,
    *,
    label: Labels = 0,
    hessian: bool = False,
    jacobian: bool = False,
    dtype: Any = None,
) -> Landscape:
    """Loss and gradient of every objective at every point of a slice, for every label.

    All objectives are compiled together. float64 where JAX has it switched on (`jax_enable_x64`), else float32. On several
    devices the grid is shared between them.

    Args:
        objectives: a spec, an Objective or a function `(logits, target) -> scalar`; several in a list, or by name in a dict.
        slice: where to look.
        label: the true class, or several.
        hessian: whether to compute the Hessian's eigenvalues too.
        jacobian: whether to compute the normalizers' Jacobians too.
        dtype: of the logits and results, instead of the default. In half precision the Hessian is rounded before its
            eigenvalues are taken, so that one of 0 need not be 0.

    Raises:
        TypeError: for a slice or an objective that is none.
        ValueError: for a label that is no class of the slice, objectives of the same name, or a dtype that is not floating
            point or not switched on.
    """
    plan = make_plan(
        objectives, slice, label=label, hessian=hessian, jacobian=jacobian, dtype=dtype
    )
    results = [slab for _, slab in slabs(plan)]
    joined = (
        results[0]
        if len(results) == 1
        else {
            name: None
            if results[0][name] is None
            else np.concatenate([each[name] for each in results], plan.slab_axis(name))
            for name in results[0]
        }
    )
    return as_landscape(plan, joined)


def slabs(plan: SweepPlan) -> Iterator[tuple[int, dict[str, Any]]]:
    """The results slab by slab, with the position of each on the axis that is cut; only one is in memory at a time.

    The last slab is computed at full thickness, so that one program serves all, and then cut.
    """
    axes = list(plan.slice.coordinates.values())
    cut = axes[plan.along]
    whole = [jnp.asarray(axis, plan.dtype) for axis in axes]
    compiled = jit_fast_compile if plan.numbers <= FEW_NUMBERS else jax.jit
    shape = tuple(
        plan.thickness if i == plan.along else len(axis) for i, axis in enumerate(axes)
    )
    embed, run = (
        compiled(partial(logits_at, plan)),
        compiled(partial(slab, plan, shape)),
    )
    sharding = NamedSharding(
        Mesh(np.array(jax.devices()), ("grid",)), PartitionSpec("grid")
    )
    for start in range(0, len(cut), plan.thickness):
        part = cut[start : start + plan.thickness]
        padded = np.pad(part, (0, plan.thickness - len(part)), mode="edge")
        whole[plan.along] = jax.device_put(jnp.asarray(padded, plan.dtype), sharding)
        results = run(embed(whole))
        if len(part) < plan.thickness:
            results = {
                name: None
                if value is None
                else jax.lax.slice_in_dim(
                    value, 0, len(part), axis=plan.slab_axis(name)
                )
                for name, value in results.items()
            }
        yield start, results | {"curvatures": _eigenvalues(results.pop("hessian"))}


def as_landscape(
    plan: SweepPlan, results: dict[str, Any], start: int | None = None
) -> Landscape:
    """Arrays as `slabs` gives them with the names of the task; those of a single slab if it is said where that starts."""
    axes = {name: np.asarray(axis) for name, axis in plan.slice.coordinates.items()}
    if start is not None:
        name = list(axes)[plan.along]
        axes[name] = axes[name][start : start + plan.thickness]
    return Landscape(
        **results,
        coordinates=tuple(axes.values()),
        axes=tuple(axes),
        objectives=plan.names,
        labels=plan.labels,
        slice_name=plan.slice.name,
        description=plan.slice.description,
    )


def _eigenvalues(hessian: Array | None) -> Array | None:
    """[..., n, n] -> [..., n] of the symmetric part, ascending; NaN where the Hessian is not finite.

    By NumPy: batched `eigvalsh` of jaxlib waits on CPUs for threads of the pool in which it runs. As many calls at once as the
    pool has threads wait for ever.
    """
    if hessian is None:
        return None
    halves = 0.5 * np.asarray(hessian, np.promote_types(hessian.dtype, np.float32))
    symmetric = halves + halves.swapaxes(-1, -2)
    finite = np.all(np.isfinite(symmetric), axis=(-2, -1), keepdims=True)
    values = np.linalg.eigvalsh(np.where(finite, symmetric, 0))
    with np.errstate(over="ignore"):
        return jnp.asarray(np.where(finite[..., 0], values, np.nan), hessian.dtype)
