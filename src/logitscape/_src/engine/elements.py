"""Arrays as object arrays of their elements, and how JAX's primitives move elements about."""

from collections.abc import Callable
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np

Elements: TypeAlias = np.ndarray[Any, np.dtype[np.object_]]


def constant(value: Any, dtype: Any) -> Elements:
    """An array known while tracing, element by element."""
    array = (
        np.asarray(value)
        if isinstance(value, np.ndarray | np.generic | int | float | bool)
        else jnp.asarray(value)
    )
    elements = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        elements[index] = jnp.asarray(array[index], dtype)
    return elements


def _broadcast_in_dim(
    x: Elements, *_: Any, shape: Any, broadcast_dimensions: Any, **__: Any
) -> Elements:
    places = [1] * len(shape)
    for size, dimension in zip(x.shape, broadcast_dimensions, strict=True):
        places[dimension] = size
    return np.broadcast_to(x.reshape(places), shape)


def _pad(x: Elements, value: Elements, *, padding_config: Any) -> Elements:
    sizes = [
        low + high + size + max(size - 1, 0) * gap
        for size, (low, high, gap) in zip(x.shape, padding_config, strict=True)
    ]
    wide = np.full(
        [
            size + max(-low, 0) + max(-high, 0)
            for size, (low, high, _) in zip(sizes, padding_config, strict=True)
        ],
        None,
    )
    wide.fill(value[()])
    inside = tuple(
        slice(max(low, 0), max(low, 0) + size + max(size - 1, 0) * gap, gap + 1)
        for size, (low, _, gap) in zip(x.shape, padding_config, strict=True)
    )
    wide[inside] = x
    crop = tuple(
        slice(max(-low, 0), max(-low, 0) + size)
        for size, (low, _, _) in zip(sizes, padding_config, strict=True)
    )
    return wide[crop]


def _iota(*, dtype: Any, shape: Any, dimension: int, **_: Any) -> Elements:
    steps = np.arange(shape[dimension]).reshape(
        [-1 if axis == dimension else 1 for axis in range(len(shape))]
    )
    return constant(np.broadcast_to(steps, shape), dtype)


MOVES: dict[str, Callable[..., Elements]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "reshape": lambda x, *, new_sizes, **_: x.reshape(new_sizes),
    "squeeze": lambda x, *, dimensions: np.squeeze(x, tuple(dimensions)),
    "transpose": lambda x, *, permutation: np.transpose(x, permutation),
    "rev": lambda x, *, dimensions: np.flip(x, dimensions),
    "slice": lambda x, *, start_indices, limit_indices, strides: x[
        tuple(map(slice, start_indices, limit_indices, strides or [1] * x.ndim))
    ],
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "pad": _pad,
    "iota": _iota,
}
