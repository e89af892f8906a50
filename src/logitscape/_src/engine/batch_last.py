"""A function of one example on a batch along the last axis, which stays there throughout.

`jax.vmap` takes a batch from any axis. But wherever an operation combines an array that
has the batch axis with one that lacks it, `jax.vmap` moves the batch axis to the front.
The classes then lie next to each other in memory, and XLA sums over a few of them number
by number. With the batch axis last, a sum over classes adds whole rows of examples, which
processors do several at a time.

Here the function of one example is traced, and its program is run with every array of
shape S replaced by one of shape [*S, batch], or [*S, 1] if it is the same for all
examples.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from .jaxpr import ELEMENTWISE, REDUCTIONS, Function, interpret


def along_last_axis(function: Function) -> Function:
    """Map a function of one example over the last axis of its arguments.

    Args:
        function: Function of arrays, or of pytrees of arrays, of one example.

    Returns:
        Function that gives the same as `jax.vmap(function, in_axes=-1, out_axes=-1)`,
        with the batch in the last axis of all intermediate results.
    """

    def run(*arguments: Any) -> Any:
        leaves, structure = jax.tree.flatten(arguments)
        shapes = [_shape_of_example(leaf) for leaf in leaves]
        example = jax.tree.unflatten(structure, shapes)
        trace = jax.make_jaxpr(function, return_shape=True)
        program, out_shapes = trace(*example)
        outputs = interpret(program, leaves, _constant, _apply)
        size = leaves[0].shape[-1]
        results = [_broadcast_batch(output, size) for output in outputs]
        out_structure = jax.tree.structure(out_shapes)
        return jax.tree.unflatten(out_structure, results)

    return run


def _shape_of_example(array: Array) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape[:-1], array.dtype)


def _constant(value: Any, dtype: Any) -> Array:
    return jnp.asarray(value, dtype)[..., None]


def _broadcast_batch(value: Array, size: int) -> Array:
    shape = value.shape[:-1]
    return jnp.broadcast_to(value, (*shape, size))


def _apply(equation: Any, arguments: list[Array]) -> list[Array]:
    name = equation.primitive.name
    bind = partial(equation.primitive.bind, **equation.params)
    if name in ELEMENTWISE:
        # Primitives take operands of one shape only; what is the same for all examples
        # has a batch axis of length 1.
        return [bind(*jnp.broadcast_arrays(*arguments))]
    # The axes of reductions count from the front, so the batch axis changes none of them.
    if name in REDUCTIONS or name == "argmax":
        return [bind(*arguments)]
    if name in MOVES:
        return [MOVES[name](*arguments, **equation.params)]
    return _apply_by_vmap(bind, arguments)


def _apply_by_vmap(bind: Function, arguments: list[Array]) -> list[Array]:
    """Apply a primitive that has no rule here.

    If no argument depends on the example, the results do not either.
    """
    in_axes = list[int | None]()
    inputs = list[Array]()
    for argument in arguments:
        is_same_for_all = argument.shape[-1] == 1
        in_axes.append(None if is_same_for_all else -1)
        inputs.append(argument[..., 0] if is_same_for_all else argument)
    if all(axis is None for axis in in_axes):
        results = jax.tree.leaves(bind(*inputs))
        return [result[..., None] for result in results]
    mapped = jax.vmap(bind, in_axes=in_axes, out_axes=-1)
    return jax.tree.leaves(mapped(*inputs))


def _broadcast_in_dim(
    x: Array, *, shape: Any, broadcast_dimensions: Any, **_: Any
) -> Array:
    batch_axis = len(shape)
    dimensions = (*broadcast_dimensions, batch_axis)
    return lax.broadcast_in_dim(x, (*shape, x.shape[-1]), dimensions)


def _reshape(x: Array, *, new_sizes: Any, **_: Any) -> Array:
    return x.reshape(*new_sizes, x.shape[-1])


def _squeeze(x: Array, *, dimensions: Any) -> Array:
    return lax.squeeze(x, dimensions)


def _slice(x: Array, *, start_indices: Any, limit_indices: Any, strides: Any) -> Array:
    starts = (*start_indices, 0)
    limits = (*limit_indices, x.shape[-1])
    if strides:
        strides = (*strides, 1)
    return lax.slice(x, starts, limits, strides)


def _concatenate(*parts: Array, dimension: int) -> Array:
    size = max([part.shape[-1] for part in parts])
    batches = [_broadcast_batch(part, size) for part in parts]
    return lax.concatenate(batches, dimension)


MOVES: dict[str, Callable[..., Array]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "reshape": _reshape,
    "squeeze": _squeeze,
    "slice": _slice,
    "concatenate": _concatenate,
}
"""Primitives whose parameters have to be extended by the batch axis."""
