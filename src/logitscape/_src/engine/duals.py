"""Intermediate results of the engine, each with its directional derivative.

Hessians are derivatives of gradients, so every step of the computation has to carry
tangents along. A `Dual` holds both; without Hessians its tangent is None, and the same
code computes values alone.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.jaxpr import Function
from .batching import batched
from .elements import map_elements


class Dual(NamedTuple):
    """A value of every example and its derivative in the direction of that example.

    Attributes:
        primal: Batch of values: a pytree of arrays [..., batch], or of object arrays.
        tangent: Their derivatives, of the same structure; None if there are none.
    """

    primal: Any
    tangent: Any = None


Call: TypeAlias = Callable[..., Dual]
"""Function (function of one example, duals) -> its result, a dual."""


def call_on_batch(*, unroll: bool, with_tangents: bool) -> Call:
    """Choose how functions of one example are called on duals.

    Args:
        unroll: Whether functions are unrolled over classes.
        with_tangents: Whether tangents are computed, in forward mode.
    """
    return partial(_call_with_tangents if with_tangents else _call, unroll)


def _call(unroll: bool, function: Function, *duals: Dual) -> Dual:
    primals = [dual.primal for dual in duals]
    return Dual(batched(function, unroll)(*primals))


def _call_with_tangents(unroll: bool, function: Function, *duals: Dual) -> Dual:
    primals = tuple(dual.primal for dual in duals)
    tangents = tuple(dual.tangent for dual in duals)
    derivative = batched(partial(jax.jvp, function), unroll)
    return Dual(*derivative(primals, tangents))


def components(dual: Dual) -> list[Dual]:
    """Split a dual of a tuple into the duals of its components."""
    if dual.tangent is None:
        return [Dual(primal) for primal in dual.primal]
    return [Dual(*pair) for pair in zip(dual.primal, dual.tangent, strict=True)]


def concatenate(duals: Sequence[Dual]) -> Dual:
    """Join several batches, one behind the other."""
    if len(duals) == 1:
        return duals[0]
    joined: Dual = jax.tree.map(_concatenate_leaves, *duals)
    return joined


def split(dual: Dual, count: int) -> list[Dual]:
    """Split a batch into `count` batches of equal size."""
    if count == 1:
        return [dual]
    parts = [partial(_part, index, count) for index in range(count)]
    return [jax.tree.map(part, dual) for part in parts]


def stack_rows(duals: Sequence[Dual]) -> Dual:
    """Stack several batches along a new first axis."""
    stacked: Dual = jax.tree.map(_stack_leaves, *duals)
    return stacked


def row(dual: Dual, index: int) -> Dual:
    """Row of a dual that has a further first axis."""
    selected: Dual = jax.tree.map(lambda leaf: leaf[index], dual)
    return selected


def first_values(dual: Dual, size: int) -> Dual:
    """Values of the first `size` examples, without tangents."""

    def cut(batch: Array) -> Array:
        return batch[..., :size]

    return Dual(_map_batches(cut, dual.primal))


def _concatenate_leaves(*leaves: Any) -> Any:
    def join(*batches: Array) -> Array:
        return jnp.concatenate(batches, axis=-1)

    return _map_batches(join, *leaves)


def _stack_leaves(*leaves: Any) -> Any:
    # NumPy for object arrays: moving their elements leaves nothing in the program.
    if isinstance(leaves[0], np.ndarray):
        return np.stack(leaves)
    return jnp.stack(leaves)


def _part(index: int, count: int, leaf: Any) -> Any:
    def cut(batch: Array) -> Array:
        size = batch.shape[-1] // count
        start = index * size
        return batch[..., start : start + size]

    return _map_batches(cut, leaf)


def _map_batches(function: Function, *leaves: Any) -> Any:
    """Apply a function to arrays, or to every element of object arrays."""
    if isinstance(leaves[0], np.ndarray):
        return map_elements(function, *leaves)
    return function(*leaves)
