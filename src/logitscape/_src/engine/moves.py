"""JAX's primitives that only move elements, done by NumPy on object arrays while tracing.

Nothing of them is left in the compiled program. Each function takes what the primitive
takes: arrays by position, the equation's parameters by name.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .elements import Elements, constant


def _broadcast_in_dim(
    x: Elements, *_: Any, shape: Any, broadcast_dimensions: Any, **__: Any
) -> Elements:
    aligned_shape = [1] * len(shape)
    for size, dimension in zip(x.shape, broadcast_dimensions, strict=True):
        aligned_shape[dimension] = size
    return np.broadcast_to(x.reshape(aligned_shape), shape)


def _slice(
    x: Elements, *, start_indices: Any, limit_indices: Any, strides: Any
) -> Elements:
    steps = strides or [1] * x.ndim
    return x[tuple(map(slice, start_indices, limit_indices, steps))]


def _pad(x: Elements, value: Elements, *, padding_config: Any) -> Elements:
    """Pad one axis after the other: low and high may be negative, which crops."""
    filler = value[()]
    for axis, padding in enumerate(padding_config):
        x = np.moveaxis(x, axis, 0)
        x = _pad_first_axis(x, filler, *padding)
        x = np.moveaxis(x, 0, axis)
    return x


def _pad_first_axis(
    x: Elements, filler: Any, low: Any, high: Any, interior: Any
) -> Elements:
    num_gaps = max(len(x) - 1, 0)
    spread_size = len(x) + num_gaps * interior
    before = max(low, 0)
    after = max(high, 0)
    wide_size = before + spread_size + after
    wide = np.empty((wide_size, *x.shape[1:]), object)
    # `fill` stores the object itself; an assignment would try to iterate over it.
    wide.fill(filler)
    end = before + spread_size
    wide[before : end : interior + 1] = x
    first = max(-low, 0)
    last = first + low + spread_size + high
    return wide[first:last]


def _iota(*, dtype: Any, shape: Any, dimension: int, **_: Any) -> Elements:
    aligned_shape = [1] * len(shape)
    aligned_shape[dimension] = -1
    indices = np.arange(shape[dimension])
    aligned = indices.reshape(aligned_shape)
    return constant(np.broadcast_to(aligned, shape), dtype)


MOVES: dict[str, Callable[..., Elements]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "reshape": lambda x, *, new_sizes, **_: x.reshape(new_sizes),
    "squeeze": lambda x, *, dimensions: np.squeeze(x, tuple(dimensions)),
    "transpose": lambda x, *, permutation: np.transpose(x, permutation),
    "rev": lambda x, *, dimensions: np.flip(x, dimensions),
    "slice": _slice,
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "pad": _pad,
    "iota": _iota,
}
