"""A sweep before it runs: its arguments checked, its grid cut into slabs."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..base.types import Labels
from ..objectives.objective import Objective, Sources, named_objectives
from .landscape import label_numbers
from .slices import Slice

SLAB_BYTES = 64 * 2**20
"""What the results of one slab may take: large enough to hide the start of each, small beside any memory."""
FLOATS = tuple(map(jnp.dtype, ("bfloat16", "float16", "float32", "float64")))


@dataclass(frozen=True)
class SweepPlan:
    """A sweep that is checked and planned: what to run over which slabs."""

    objectives: tuple[Objective, ...]
    names: tuple[str, ...]
    slice: Slice
    labels: tuple[int, ...]
    hessian: bool
    jacobian: bool
    dtype: Any
    along: int
    """The axis of the grid that is cut into slabs."""
    thickness: int

    @property
    def numbers(self) -> int:
        """How many derivatives are computed per objective and label."""
        n = self.slice.num_classes
        return int(np.prod(self.slice.shape)) * (
            n * n if self.hessian or self.jacobian else n
        )

    def slab_axis(self, name: str) -> int:
        """The axis of a result along which the slabs lie."""
        return self.along + (1 if name == "jacobian" else 2)


def make_plan(
    objectives: Sources,
    slice: Slice,
    *,
    label: Labels = 0,
    hessian: bool = False,
    jacobian: bool = False,
    dtype: Any = None,
) -> SweepPlan:
    """Check the arguments of a sweep, and cut its grid."""
    if not isinstance(slice, Slice):
        raise TypeError(
            f"`slice` must be a slice, as `ls.ray`, `ls.plane` or `ls.box` makes one, got {slice!r}."
        )
    named = named_objectives(objectives)
    labels = label_numbers(label, slice.num_classes)
    kind = _float_type(dtype)
    n = slice.num_classes
    numbers = len(named) * len(labels) * (
        n + 4 + (n * (n + 1) if hessian else 0)
    ) + len(named) * n * (n if jacobian else 1)
    along = int(np.argmax(slice.shape))
    other = int(np.prod(slice.shape)) // slice.shape[along]
    devices = jax.device_count()
    thickness = max(1, SLAB_BYTES // (numbers * max(kind.itemsize, 4) * other))
    thickness = min(slice.shape[along], thickness)
    thickness = -(-thickness // devices) * devices
    return SweepPlan(
        tuple(named.values()),
        tuple(named),
        slice,
        labels,
        hessian,
        jacobian,
        kind,
        along,
        thickness,
    )


def _float_type(dtype: Any) -> Any:
    """The dtype of a sweep: the widest that is switched on, unless one is given."""
    widest = jax.dtypes.canonicalize_dtype(np.float64)
    if dtype is None:
        return widest
    try:
        kind = jnp.dtype(dtype)
    except TypeError:
        kind = None
    if kind is None or kind not in FLOATS:  # NumPy takes None for float64
        raise ValueError(
            f"`sweep(dtype=...)` must be {', '.join(map(str, FLOATS))}, got {dtype!r}."
        )
    if kind.itemsize > widest.itemsize:
        raise ValueError(
            f'`sweep(dtype=...)`: {kind} needs `jax.config.update("jax_enable_x64", True)` first.'
        )
    return kind
