"""Sweeps of any number of points, reduced to a summary as they run."""

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.types import Labels
from ..objectives.objective import Sources
from .plan import SweepPlan, make_plan
from .slice import Slice
from .sweep import slabs

if TYPE_CHECKING:
    import xarray

COUNTS = ("in_domain", "finite", "correct", "pulled")
"""Properties of points that are counted."""


def summarize(
    objectives: Sources, slice: Slice, *, label: Labels = 0, dtype: Any = None
) -> "xarray.Dataset":
    """Summary of a sweep over any number of points, computed in constant memory.

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


def _totals(plan: SweepPlan) -> dict[str, Any]:
    """Sums and extremes over all slabs, each [objective, label, ...]."""
    reduce = jax.jit(partial(_reduce, plan))
    totals: dict[str, Any] = {}
    for start, slab in slabs(plan):
        part = {name: np.asarray(value) for name, value in reduce(slab).items()}
        shape = slab["loss"].shape[2:]
        part["steepest"] = _grid_index(plan, part["steepest"], start, shape)
        totals = _merge(totals, part) if totals else part
    return totals


def _reduce(plan: SweepPlan, slab: dict[str, Any]) -> dict[str, Array]:
    """Sums and extremes over the grid of one slab, each [objective, label]."""
    loss = slab["loss"]
    finite = slab["finite"]
    grid_shape = loss.shape[2:]
    norm = jnp.linalg.norm(slab["gradient"], axis=-1)
    reduced = {"points": jnp.full(loss.shape[:2], float(np.prod(grid_shape)))}
    flags = {
        "in_domain": slab["in_domain"],
        "finite": finite,
        "correct": slab["correct"],
        "pulled": finite & (_pull_on_label(plan, slab["gradient"]) > 0),
    }
    grid_axes = tuple(range(2, loss.ndim))
    for name, flag in flags.items():
        reduced[name] = jnp.sum(flag, axis=grid_axes, dtype=float)
    for name, values in (("loss", loss), ("norm", norm)):
        # Points that are not finite take a value that does not change the result.
        least = jnp.min(jnp.where(finite, values, jnp.inf), axis=grid_axes)
        total = jnp.sum(jnp.where(finite, values, 0), axis=grid_axes, dtype=float)
        largest = jnp.max(jnp.where(finite, values, -jnp.inf), axis=grid_axes)
        reduced[f"{name}_least"] = least
        reduced[f"{name}_sum"] = total
        reduced[f"{name}_largest"] = largest
    known_norm = jnp.where(finite, norm, -jnp.inf)
    flat_norm = known_norm.reshape(*loss.shape[:2], -1)
    reduced["steepest"] = jnp.argmax(flat_norm, axis=-1)
    return reduced


def _pull_on_label(plan: SweepPlan, gradient: Array) -> Array:
    """Minus the derivative of the loss in the label's logit, [objective, label, *grid]."""
    trailing_axes = gradient.ndim - 2
    labels = jnp.array(plan.labels).reshape(1, -1, *[1] * trailing_axes)
    derivative = jnp.take_along_axis(gradient, labels, axis=-1)
    return -derivative[..., 0]


def _grid_index(
    plan: SweepPlan, flat_index: Any, start: int, slab_shape: tuple[int, ...]
) -> Any:
    """Index into the grid for a flat index into the slab at `start`, [..., grid axes]."""
    index = np.stack(np.unravel_index(flat_index, slab_shape), axis=-1)
    index[..., plan.cut_axis] += start
    return index


def _merge(totals: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Totals over the slabs so far and one more."""
    merged = {}
    for name, total in totals.items():
        if name == "steepest":
            steeper = part["norm_largest"] > totals["norm_largest"]
            merged[name] = np.where(steeper[..., None], part[name], total)
            continue
        if name.endswith("least"):
            combine: np.ufunc = np.minimum
        elif name.endswith("largest"):
            combine = np.maximum
        else:
            combine = np.add
        # In float64, as counts and sums over many slabs outgrow float32.
        merged[name] = combine(total.astype(np.float64), part[name].astype(np.float64))
    return merged


def _statistics(plan: SweepPlan, totals: dict[str, Any]) -> dict[str, Any]:
    """Shares, means, extremes and positions from the totals."""
    known = totals["finite"] > 0
    statistics: dict[str, Any] = {"points": totals["points"].astype(np.int64)}
    for name in COUNTS:
        statistics[name] = totals[name] / totals["points"]
    for name in ("loss", "norm"):
        least = totals[f"{name}_least"]
        mean = totals[f"{name}_sum"] / np.where(known, totals["finite"], 1)
        largest = totals[f"{name}_largest"]
        statistics[f"{name}_least"] = np.where(known, least, np.nan)
        statistics[f"{name}_mean"] = np.where(known, mean, np.nan)
        statistics[f"{name}_largest"] = np.where(known, largest, np.nan)
    for position, (name, axis) in enumerate(plan.slice.coordinates.items()):
        steepest = axis[totals["steepest"][..., position]]
        statistics[f"steepest_{name}"] = np.where(known, steepest, np.nan)
    return statistics
