"""A function of one example on a batch along the *last* axis, which stays the innermost one in memory.

`jax.vmap` takes a batch from any axis, but moves it to the front wherever an operation joins what has it with what has not,
and XLA then sums over a few classes number by number. Here the traced function is evaluated with every array of shape S
replaced by one of shape [*S, batch], or [*S, 1] if it is the same for all, so that sums over classes add whole rows.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from .jaxpr import ELEMENTWISE, REDUCTIONS, walk


def along_last_axis(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jax.vmap(function, in_axes=-1, out_axes=-1)`, its batch in the last axis of all that is computed between."""

    def run(*arguments: Any) -> Any:
        leaves, tree = jax.tree.flatten(arguments)
        shapes = [jax.ShapeDtypeStruct(leaf.shape[:-1], leaf.dtype) for leaf in leaves]
        closed, out = jax.make_jaxpr(function, return_shape=True)(
            *jax.tree.unflatten(tree, shapes)
        )
        results = [
            _filled(result, leaves[0].shape[-1])
            for result in walk(closed, leaves, _constant, _apply)
        ]
        return jax.tree.unflatten(jax.tree.structure(out), results)

    return run


def _constant(value: Any, dtype: Any) -> Array:
    return jnp.asarray(value, dtype)[..., None]


def _filled(value: Array, size: int) -> Array:
    return jnp.broadcast_to(value, (*value.shape[:-1], size))


def _apply(equation: Any, arguments: list[Array]) -> list[Array]:
    name, bind = (
        equation.primitive.name,
        partial(equation.primitive.bind, **equation.params),
    )
    if name in ELEMENTWISE:
        return [bind(*jnp.broadcast_arrays(*arguments))]
    if name in REDUCTIONS or name == "argmax":
        return [bind(*arguments)]
    if name in MOVES:
        return [MOVES[name](*arguments, **equation.params)]
    return _vectorised(bind, arguments)


def _vectorised(bind: Callable[..., Any], arguments: list[Array]) -> list[Array]:
    """Whatever has no rule here, by `jax.vmap`; what is the same for all stays so."""
    axes = [None if argument.shape[-1] == 1 else -1 for argument in arguments]
    inputs = [
        argument if axis else argument[..., 0]
        for argument, axis in zip(arguments, axes, strict=True)
    ]
    if not any(axes):
        return [result[..., None] for result in jax.tree.leaves(bind(*inputs))]
    return jax.tree.leaves(jax.vmap(bind, in_axes=axes, out_axes=-1)(*inputs))


def _broadcast_in_dim(
    x: Array, *, shape: Any, broadcast_dimensions: Any, **_: Any
) -> Array:
    return lax.broadcast_in_dim(
        x, (*shape, x.shape[-1]), (*broadcast_dimensions, len(shape))
    )


def _slice(x: Array, *, start_indices: Any, limit_indices: Any, strides: Any) -> Array:
    return lax.slice(
        x, (*start_indices, 0), (*limit_indices, x.shape[-1]), strides and (*strides, 1)
    )


def _concatenate(*parts: Array, dimension: int) -> Array:
    size = max(part.shape[-1] for part in parts)
    return lax.concatenate([_filled(part, size) for part in parts], dimension)


MOVES: dict[str, Callable[..., Array]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "reshape": lambda x, *, new_sizes, **_: x.reshape(*new_sizes, x.shape[-1]),
    "squeeze": lambda x, *, dimensions: lax.squeeze(x, dimensions),
    "slice": _slice,
    "concatenate": _concatenate,
}
