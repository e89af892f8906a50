"""Functions of one example mapped over a batch, in one of two ways.

Either `jax.vmap` maps them, or they are unrolled (see unrolled.py), which is several times
faster for few classes, but takes several times longer to compile. Arrays are
[..., batch] outside; inside they are plain arrays or, if unrolled, object arrays.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.jaxpr import Function
from .elements import stack, unstack
from .unrolled import unrolled

MAX_UNROLLED_CLASSES = 6

MIN_UNROLLED_POINTS = 2**18
"""Number of points from which on the faster code makes up for its longer compilation."""


def worth_unrolling(num_classes: int, num_points: int) -> bool:
    """Whether unrolled code is faster for a batch of this size, compilation included."""
    return num_classes <= MAX_UNROLLED_CLASSES and num_points >= MIN_UNROLLED_POINTS


def batched(function: Function, unroll: bool) -> Function:
    """Map a function of one example over the last axis.

    Args:
        function: Function of arrays, or of pytrees of arrays, of one example.
        unroll: Whether to unroll everything but the batch axis.

    Returns:
        Function of what `to_batch` gives, and with results that `from_batch` takes.
    """
    if unroll:
        return unrolled(function)

    def run(*arguments: Any) -> Any:
        # With `in_axes=-1` the batch axis would be last in some operations and first in
        # others, which XLA would have to transpose.
        results = jax.vmap(function)(*jax.tree.map(_batch_first, arguments))
        return jax.tree.map(_batch_last, results)

    return run


def to_batch(array: Array, unroll: bool) -> Any:
    """Convert an array [..., batch] to what functions made by `batched` take."""
    return unstack(array) if unroll else array


def from_batch(value: Any) -> Array:
    """Convert a result of a function made by `batched` to an array [..., batch]."""
    array: Array = stack(value) if isinstance(value, np.ndarray) else value
    return array


def _batch_first(array: Array) -> Array:
    return jnp.moveaxis(array, -1, 0)


def _batch_last(array: Array) -> Array:
    return jnp.moveaxis(array, 0, -1)
