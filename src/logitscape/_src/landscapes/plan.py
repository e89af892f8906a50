"""A sweep before it runs: its arguments are checked and its grid is cut into slabs."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from ..base.conversion import ERRORS, entries
from ..base.messages import quoted
from ..base.settings import truth_value
from ..base.types import Labels
from ..objectives.named import named_objectives
from ..objectives.objective import Objective
from ..objectives.sources import Sources
from .slice import Slice
from .slice_arguments import one_class

SLAB_BYTES = 64 * 2**20
"""Largest size of the results of one slab.

It is large enough to hide the cost of starting each slab, and small beside any memory.
"""
Shape: TypeAlias = tuple[int, ...]
Results: TypeAlias = dict[str, Any]
"""Arrays of a sweep by the names of a landscape's attributes."""

FLOATS = tuple(map(jnp.dtype, ("bfloat16", "float16", "float32", "float64")))


@dataclass(frozen=True)
class SweepPlan:
    """A sweep whose arguments are checked and whose grid is cut into slabs.

    Attributes:
        objectives: Objectives to evaluate.
        names: Names of the objectives.
        slice: Points to evaluate them at.
        labels: True classes.
        hessian: Whether the Hessian of every objective is wanted.
        jacobian: Whether the Jacobian of every normalizer is wanted.
        dtype: Floating-point type of logits and results.
        cut_axis: Axis of the grid that is cut into slabs.
        thickness: Number of grid points in a slab along the cut axis.
    """

    objectives: tuple[Objective, ...]
    names: tuple[str, ...]
    slice: Slice
    labels: tuple[int, ...]
    hessian: bool
    jacobian: bool
    dtype: Any
    cut_axis: int
    thickness: int

    @property
    def derivative_count(self) -> int:
        """Number of derivatives that are computed per objective and label."""
        n = self.slice.num_classes
        per_point = n * n if self.hessian or self.jacobian else n
        return int(np.prod(self.slice.shape)) * per_point

    def slab_axis(self, name: str) -> int:
        """Axis of the result called `name` along which the slabs lie."""
        # Results lead with [objective, label]; the Jacobian does not depend on the label.
        leading_axes = 1 if name == "jacobian" else 2
        return self.cut_axis + leading_axes


def make_plan(
    objectives: Sources,
    slice: Slice,
    *,
    label: Labels = 0,
    hessian: bool = False,
    jacobian: bool = False,
    dtype: Any = None,
) -> SweepPlan:
    """Check the arguments of `sweep` and cut the grid along its longest axis."""
    if not isinstance(slice, Slice):
        raise TypeError(
            "`slice` must be a slice, as `ls.ray`, `ls.plane` or `ls.box` makes one, "
            f"got {quoted(slice)}."
        )
    truth_value("sweep", "hessian", hessian)
    truth_value("sweep", "jacobian", jacobian)
    named = named_objectives(objectives)
    labels = _label_numbers(label, slice.num_classes)
    float_type = _float_type(dtype)
    numbers_per_point = _numbers_per_point(
        len(named), len(labels), slice.num_classes, hessian, jacobian
    )
    # Half precisions are counted as float32, in which they are computed.
    bytes_per_point = numbers_per_point * max(float_type.itemsize, 4)
    cut_axis = int(np.argmax(slice.shape))
    return SweepPlan(
        objectives=tuple(named.values()),
        names=tuple(named),
        slice=slice,
        labels=labels,
        hessian=hessian,
        jacobian=jacobian,
        dtype=float_type,
        cut_axis=cut_axis,
        thickness=_thickness(slice.shape, cut_axis, bytes_per_point),
    )


def _label_numbers(label: Labels, num_classes: int) -> tuple[int, ...]:
    """One label or several as different classes that exist."""
    several = entries(label)
    several = [label] if several is None else several
    labels = tuple(one_class("sweep", "label", k, num_classes) for k in several)
    if not labels or len(set(labels)) < len(labels):
        raise ValueError(
            f"`sweep(label=...)` must name at least one class, each once, got {quoted(label)}."
        )
    return labels


def _numbers_per_point(
    objectives: int, labels: int, n: int, hessian: bool, jacobian: bool
) -> int:
    """Number of results at one point of the grid."""
    # The gradient, the loss, two flags and the probability of the label; then the Hessian
    # and its eigenvalues.
    per_label = n + 4
    if hessian:
        per_label += n * (n + 1)
    # Every objective has probabilities, whose Jacobian has n times as many entries.
    per_objective = n * n if jacobian else n
    return objectives * labels * per_label + objectives * per_objective


def starts_of(plan: SweepPlan) -> range:
    """Positions of the slabs on the axis that is cut."""
    return range(0, plan.slice.shape[plan.cut_axis], plan.thickness)


def _thickness(shape: Shape, cut_axis: int, bytes_per_point: int) -> int:
    """Number of grid points along the cut axis whose results fill one slab."""
    points_per_layer = int(np.prod(shape)) // shape[cut_axis]
    layers = max(1, SLAB_BYTES // (bytes_per_point * points_per_layer))
    layers = min(shape[cut_axis], layers)
    # Rounded up, so that all devices of a process get the same number of layers.
    devices = jax.local_device_count()
    layers_per_device = -(-layers // devices)
    return layers_per_device * devices


def _float_type(dtype: Any) -> Any:
    """The floating-point type asked for, by default the widest that JAX has enabled."""
    widest = jax.dtypes.canonicalize_dtype(np.float64)
    # Checked first, as NumPy reads None as float64.
    if dtype is None:
        return widest
    try:
        float_type = jnp.dtype(dtype)
    except ERRORS:
        float_type = None
    if float_type is None or float_type not in FLOATS:
        names = ", ".join(map(str, FLOATS))
        raise ValueError(f"`sweep(dtype=...)` must be {names}, got {quoted(dtype)}.")
    # JAX itself would go on in float32, with no more than a warning.
    if float_type.itemsize > widest.itemsize:
        raise ValueError(
            f"`sweep(dtype=...)`: {float_type} needs "
            '`jax.config.update("jax_enable_x64", True)` first.'
        )
    return float_type
