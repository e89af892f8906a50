"""Arrays taken apart into their elements, each of which is a batch of numbers.

An array of shape S for every example of a batch is held here as a NumPy array of shape S
and of dtype object, whose elements are JAX arrays of shape [batch]. An element that is
the same for all examples may also be a scalar. NumPy only moves references to the
elements about; what is computed with them is up to JAX.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.jaxpr import Function

Elements: TypeAlias = np.ndarray[Any, np.dtype[np.object_]]

NUMPY_TYPES = (np.ndarray, np.generic, int, float, bool)


def constant(value: Any, dtype: Any) -> Elements:
    """Elements of an array that is the same for all examples, each a scalar."""
    array = _as_array(value)
    elements = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        elements[index] = jnp.asarray(array[index], dtype)
    return elements


def _as_array(value: Any) -> Any:
    # NumPy takes its own arrays apart without tracing a slice for every element.
    if isinstance(value, NUMPY_TYPES):
        return np.asarray(value)
    return jnp.asarray(value)


def unstack(array: Any) -> Elements:
    """Elements of an array [..., batch]: an object array of shape [...]."""
    # Filled one by one: from a list NumPy would take the JAX arrays themselves apart.
    elements = np.empty(array.shape[:-1], object)
    for index in np.ndindex(elements.shape):
        elements[index] = array[index]
    return elements


def stack(elements: Elements) -> Array:
    """Array [..., batch] of elements [...] that all have shape [batch]."""
    flat: list[Array] = list(elements.ravel())
    if elements.ndim == 0:
        return flat[0]
    stacked = jnp.stack(flat)
    return stacked.reshape(*elements.shape, -1)


def map_elements(function: Function, *arrays: Elements) -> Elements:
    """Apply a function to the elements at the same place of arrays of one shape."""
    result = np.empty(arrays[0].shape, object)
    for index in np.ndindex(result.shape):
        values = [array[index] for array in arrays]
        result[index] = function(*values)
    return result


def batch_size(arrays: Sequence[Elements]) -> int:
    """Number of examples; 1 if every element is the same for all examples."""
    elements = [element for array in arrays for element in array.ravel()]
    sizes = [element.shape[0] for element in elements if element.ndim]
    return max(sizes, default=1)


def as_batches(elements: Elements, size: int) -> Elements:
    """Give every element the shape [size], scalars too."""

    def to_batch(element: Any) -> Array:
        return jnp.broadcast_to(element, (size,))

    return map_elements(to_batch, elements)


def to_common_shape(values: Sequence[Any]) -> list[Any]:
    """Broadcast scalars to batches where at least one of the values is a batch."""
    shapes = [value.shape for value in values]
    shape = max(shapes, default=())
    return [_broadcast(value, shape) for value in values]


def _broadcast(value: Any, shape: tuple[int, ...]) -> Any:
    if value.shape == shape:
        return value
    return jnp.broadcast_to(value, shape)
