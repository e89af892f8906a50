"""Sweeps of any number of points, reduced to a summary as they run."""

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.half_precision import widened
from ..base.processes import gathered, is_shared, share_of
from ..base.types import Labels
from ..objectives.sources import Sources
from .plan import Results, Shape, SweepPlan, make_plan, starts_of
from .slice import Slice
from .sweep import slabs

if TYPE_CHECKING:
    import xarray

Totals: TypeAlias = dict[str, Any]
"""Counts, sums and extremes by name, each [objective, label, ...]."""

COUNTS = ("in_domain", "finite", "correct", "pulled")
"""Properties of points that are counted."""


def summarize(
    objectives: Sources, slice: Slice, *, label: Labels = 0, dtype: Any = None
) -> "xarray.Dataset":
    """Summary of a sweep over any number of points, computed in constant memory.

    Processes that have called `jax.distributed.initialize` share the points, and all get the
    summary, with the bits of one process that has as many devices as each of them.

    Args:
        objectives: Objectives as for `sweep`.
        slice: Points to evaluate.
        label: True class, or several.
        dtype: Floating-point type of the logits, instead of the default of `sweep`.

    Returns:
        `xarray.Dataset` with the dimensions "objective" and "label" and the variables

        * `points`: number of points;
        * `in_domain`, `finite`, `correct`, `pulled`: shares of the points, from 0 to 1,
          at which the normalizer is defined, loss and gradient are finite, the label alone
          is the most probable class, and a step of gradient descent raises the label's
          logit;
        * `loss_least`, `loss_mean`, `loss_largest`: loss over the finite points;
        * `norm_least`, `norm_mean`, `norm_largest`: norm of the gradient over them;
        * `steepest_<coordinate>`: position of the largest norm on the slice.

        The last three groups are NaN where no point is finite.

    Raises:
        TypeError: As for `sweep`.
        ValueError: As for `sweep`.

    >>> import logitscape as ls
    >>> falling = ls.ray("label_down", [-1.0, 0.0, 1.0, 2.0], num_classes=2)
    >>> summary = ls.summarize("softmax + cross_entropy", falling)
    >>> summary.correct.item(), summary.steepest_s.item()
    (0.25, 2.0)
    """
    import xarray

    plan = make_plan(objectives, slice, label=label, dtype=dtype)
    variables = {
        name: (("objective", "label"), values)
        for name, values in _statistics(plan, _totals(plan)).items()
    }
    coordinates = {"objective": list(plan.names), "label": list(plan.labels)}
    attributes = {
        "slice": slice.name,
        "points": slice.description,
        "dtype": str(plan.dtype),
    }
    return xarray.Dataset(variables, coordinates, attributes)


def _totals(plan: SweepPlan) -> Totals:
    """Sums and extremes over all slabs, each [objective, label, ...]."""
    reduce = jax.jit(partial(_reduce, plan))
    parts = dict[int, Totals]()
    totals: Totals = {}
    for start, slab in slabs(plan, share_of(starts_of(plan))):
        part: Totals = jax.tree.map(np.asarray, reduce(slab))
        shape = slab["loss"].shape[2:]
        flat_index = part["steepest"]
        part["steepest"] = _grid_index(plan, flat_index, start, shape)
        if is_shared():
            parts[start] = part
        else:
            totals = _merge(totals, part) if totals else part
    if not is_shared():
        return totals
    for of_process in gathered(parts):
        parts |= of_process
    # In the order of the slabs, so that sums are rounded alike for any number of processes.
    for start in starts_of(plan):
        totals = _merge(totals, parts[start]) if totals else parts[start]
    return totals


def _reduce(plan: SweepPlan, slab: Results) -> Totals:
    """Counts, sums and extremes over the grid of one slab, each [objective, label]."""
    loss = slab["loss"]
    finite = slab["finite"]
    # In half precision the squares of a gradient overflow at 256, and vanish below 2^-12.
    norm = jnp.linalg.norm(widened(slab["gradient"]), axis=-1)
    return {
        **_counts(plan, slab),
        **_sums_and_extremes("loss", loss, finite),
        **_sums_and_extremes("norm", norm, finite),
        "steepest": _flat_index_of_largest(norm, finite),
    }


def _counts(plan: SweepPlan, slab: Results) -> Totals:
    """Number of points, and of those that have each of the properties in `COUNTS`."""
    shape = slab["loss"].shape
    pull = _pull_on_label(plan, slab["gradient"])
    flags = {
        "in_domain": slab["in_domain"],
        "finite": slab["finite"],
        "correct": slab["correct"],
        "pulled": slab["finite"] & (pull > 0),
    }
    points = float(np.prod(shape[2:]))
    counts = {"points": jnp.full(shape[:2], points)}
    for name in COUNTS:
        flag = flags[name]
        counts[name] = jnp.sum(flag, axis=_grid_axes(flag), dtype=float)
    return counts


def _sums_and_extremes(name: str, values: Array, finite: Array) -> Totals:
    """Least, largest and sum of the values at finite points."""
    axes = _grid_axes(values)
    # Points that are not finite take a value that does not change the result.
    or_infinity = jnp.where(finite, values, jnp.inf)
    or_zero = jnp.where(finite, values, 0)
    or_minus_infinity = jnp.where(finite, values, -jnp.inf)
    return {
        f"{name}_least": jnp.min(or_infinity, axis=axes),
        f"{name}_sum": jnp.sum(or_zero, axis=axes, dtype=float),
        f"{name}_largest": jnp.max(or_minus_infinity, axis=axes),
    }


def _flat_index_of_largest(values: Array, finite: Array) -> Array:
    """Position of the largest value at finite points in the flattened grid."""
    known = jnp.where(finite, values, -jnp.inf)
    flat = known.reshape(*values.shape[:2], -1)
    return jnp.argmax(flat, axis=-1)


def _grid_axes(array: Array) -> tuple[int, ...]:
    """The axes of [objective, label, *grid] that belong to the grid."""
    return tuple(range(2, array.ndim))


def _pull_on_label(plan: SweepPlan, gradient: Array) -> Array:
    """Minus the derivative of the loss in the label's logit, [objective, label, *grid]."""
    trailing_axes = [1] * (gradient.ndim - 2)
    labels = jnp.array(plan.labels).reshape(1, -1, *trailing_axes)
    derivative = jnp.take_along_axis(gradient, labels, axis=-1)
    return -derivative[..., 0]


def _grid_index(plan: SweepPlan, flat_index: Any, start: int, slab_shape: Shape) -> Any:
    """Index into the grid for a flat index into the slab at `start`, [..., grid axes]."""
    per_axis = np.unravel_index(flat_index, slab_shape)
    index = np.stack(per_axis, axis=-1)
    index[..., plan.cut_axis] += start
    return index


def _merge(totals: Totals, part: Totals) -> Totals:
    """Totals over the slabs so far and one more."""
    steeper = part["norm_largest"] > totals["norm_largest"]
    merged = {}
    for name, total in totals.items():
        other = part[name]
        if name == "steepest":
            merged[name] = np.where(steeper[..., None], other, total)
            continue
        combine = _merging_function(name)
        # In float64, as counts and sums over many slabs outgrow float32.
        merged[name] = combine(total.astype(np.float64), other.astype(np.float64))
    return merged


def _merging_function(name: str) -> np.ufunc:
    """Function that combines the totals of this name."""
    if name.endswith("least"):
        return np.minimum
    if name.endswith("largest"):
        return np.maximum
    return np.add


def _statistics(plan: SweepPlan, totals: Totals) -> Totals:
    """Shares, means, extremes and positions from the totals."""
    points = totals["points"]
    shares = {name: totals[name] / points for name in COUNTS}
    # A divisor of 1 where no point is finite: the result is replaced by NaN.
    known = totals["finite"] > 0
    finite_points = np.where(known, totals["finite"], 1)
    values = {}
    for name in ("loss", "norm"):
        values[f"{name}_least"] = totals[f"{name}_least"]
        values[f"{name}_mean"] = totals[f"{name}_sum"] / finite_points
        values[f"{name}_largest"] = totals[f"{name}_largest"]
    for position, (name, axis) in enumerate(plan.slice.coordinates.items()):
        index = totals["steepest"][..., position]
        values[f"steepest_{name}"] = axis[index]
    known_values = {
        name: np.where(known, value, np.nan) for name, value in values.items()
    }
    return {"points": points.astype(np.int64), **shares, **known_values}
