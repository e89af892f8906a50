"""Sweeps: many objectives over a slice, by one program that runs over slabs of the grid."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ..base.program_keys import key_of_all
from ..base.stored import under_jit
from ..base.types import Labels
from ..base.xla import jit_fast_compile
from ..objectives.sources import Sources
from .landscape import Landscape
from .plan import Results, SweepPlan, make_plan, starts_of
from .slab import logits_at, slab
from .slice import Slice

Program: TypeAlias = Callable[..., Any]
"""A compiled function."""

FEW_NUMBERS = 2**20
"""Largest number of derivatives per objective and label that is compiled quickly.

Up to here compiling would take longer than running.
"""


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

    All objectives are compiled together. Results are in float64 where JAX has it enabled
    (`jax_enable_x64`), otherwise in float32. On several devices the grid is shared between
    them. The whole result is held in memory; see `summarize` and `sweep_to` for more
    points.

    A multi-label loss is given the label as its only yes. For other answers t, sweep
    `lambda z, _: loss(z, t)`.

    Args:
        objectives: A spec, an Objective or a function `(logits, target) -> scalar`;
            several of them in a list, or by name in a dict.
        slice: Points to evaluate, from `ray`, `plane`, `box` or `simplex_plane`.
        label: True class, or several.
        hessian: Whether to compute the eigenvalues of the Hessian in the logits too.
        jacobian: Whether to compute the Jacobians of the normalizers too.
        dtype: Floating-point type of the logits and results, instead of the default. In
            half precision the Hessian is rounded before its eigenvalues are taken, so that
            an eigenvalue of 0 need not come out as 0.

    Returns:
        Landscape with arrays [objective, label, *slice.shape, ...].

    Raises:
        TypeError: If `slice` is not a Slice, or an objective is not one.
        ValueError: If a label is no class of the slice, two objectives have the same name,
            or the dtype is not a floating-point type or not enabled.

    >>> import logitscape as ls
    >>> rising = ls.ray("rival_up", [-10.0, 0.0, 10.0], num_classes=2)
    >>> swept = ls.sweep(["softmax + cross_entropy", "softmax + brier"], rising)
    >>> swept.gradient[:, 0, :, 1].round(3).tolist()
    [[0.0, 0.5, 1.0], [0.0, 0.5, 0.0]]
    """
    plan = make_plan(
        objectives, slice, label=label, hessian=hessian, jacobian=jacobian, dtype=dtype
    )
    results = [slab_results for _, slab_results in slabs(plan)]
    return as_landscape(plan, _joined(plan, results))


def _joined(plan: SweepPlan, results: Sequence[Results]) -> Results:
    """The results of all slabs, concatenated along the axis that is cut."""
    if len(results) == 1:
        return results[0]
    joined: Results = {}
    for name, first in results[0].items():
        if first is None:
            joined[name] = None
            continue
        arrays = [slab_results[name] for slab_results in results]
        joined[name] = np.concatenate(arrays, plan.slab_axis(name))
    return joined


def slabs(
    plan: SweepPlan, starts: Sequence[int] | None = None
) -> Iterator[tuple[int, Results]]:
    """Compute a sweep slab by slab, with only one slab in memory at a time.

    Args:
        plan: Sweep to compute.
        starts: Positions of the slabs that are wanted; None for all.

    Yields:
        Position of the slab's first point on the axis that is cut, and the arrays of the
        slab by the names of a landscape's attributes.
    """
    embed, evaluate = _programs(plan)
    axes = list(plan.slice.coordinates.values())
    slab_axes = [jnp.asarray(axis, plan.dtype) for axis in axes]
    cut = axes[plan.cut_axis]
    for start in starts_of(plan) if starts is None else starts:
        part = cut[start : start + plan.thickness]
        # The last slab is computed at full thickness, so that one program serves all.
        missing = plan.thickness - len(part)
        padded = np.pad(part, (0, missing), mode="edge")
        # Only this axis is laid out over the devices; XLA
        # divides all that follows from it.
        slab_axes[plan.cut_axis] = _shared_between_devices(padded, plan.dtype)
        results = evaluate(embed(slab_axes))
        if missing > 0:
            results = _cut_to(plan, results, len(part))
        hessian = results.pop("hessian")
        results["curvatures"] = _eigenvalues(hessian)
        yield start, results


def _programs(plan: SweepPlan) -> tuple[Program, Program]:
    """The compiled functions from axes to logits, and from logits to results."""
    compiled = jit_fast_compile if plan.derivative_count <= FEW_NUMBERS else jax.jit
    shape = list(plan.slice.shape)
    shape[plan.cut_axis] = plan.thickness
    embed = compiled(partial(logits_at, plan))
    wanted = (plan.labels, plan.slice.num_classes, plan.hessian, plan.jacobian)
    key = key_of_all(plan.objectives, "slab", *wanted, shape, compiled.__name__)
    evaluate = under_jit(key, partial(slab, plan, tuple(shape)), compiled)
    return embed, evaluate


def _shared_between_devices(axis: Any, dtype: Any) -> Array:
    # Of this process alone, as processes share whole slabs.
    devices = np.array(jax.local_devices())
    mesh = Mesh(devices, ("grid",))
    sharding = NamedSharding(mesh, PartitionSpec("grid"))
    array = jnp.asarray(axis, dtype)
    shared: Array = jax.device_put(array, sharding)
    return shared


def _cut_to(plan: SweepPlan, results: Results, length: int) -> Results:
    """The first `length` points of a slab along the axis that is cut."""
    shorter: Results = {}
    for name, array in results.items():
        if array is None:
            shorter[name] = None
            continue
        axis = plan.slab_axis(name)
        shorter[name] = jax.lax.slice_in_dim(array, 0, length, axis=axis)
    return shorter


def as_landscape(
    plan: SweepPlan, results: Results, start: int | None = None
) -> Landscape:
    """Results of a sweep with the names of its axes.

    Args:
        plan: Sweep that was computed.
        results: Arrays as `slabs` yields them.
        start: Position of a single slab on the axis that is cut; None for the whole grid.
    """
    axes = {name: np.asarray(axis) for name, axis in plan.slice.coordinates.items()}
    if start is not None:
        name = list(axes)[plan.cut_axis]
        stop = start + plan.thickness
        axes[name] = axes[name][start:stop]
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
    """Eigenvalues of the symmetric part of [..., n, n], ascending, [..., n].

    They are NaN where the Hessian is not finite.
    """
    if hessian is None:
        return None
    # Computed by NumPy: on CPUs the batched `eigvalsh` of jaxlib waits for threads of the
    # pool in which it runs itself. As many such calls at once as the pool has threads
    # would wait for ever.
    wide = np.promote_types(hessian.dtype, np.float32)
    # Halved before they are added, as the sum of two entries may overflow.
    halves = 0.5 * np.asarray(hessian, wide)
    # A derivative rule of the user's own can make a Hessian unsymmetric, of which
    # `eigvalsh` would read one half only.
    symmetric = halves + halves.swapaxes(-1, -2)
    finite_entries = np.isfinite(symmetric)
    finite = np.all(finite_entries, axis=(-2, -1), keepdims=True)
    # NumPy may raise an error for a matrix that is not finite.
    safe = np.where(finite, symmetric, 0)
    eigenvalues = np.linalg.eigvalsh(safe)
    known = np.where(finite[..., 0], eigenvalues, np.nan)
    # An eigenvalue may be too large for half precision, and is infinite then.
    with np.errstate(over="ignore"):
        return jnp.asarray(known, hessian.dtype)
