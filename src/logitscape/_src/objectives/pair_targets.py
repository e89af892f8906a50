"""The rule of a pair for a target vector: by the label if it is one-hot, else by composition.

Whether a traced target is one-hot is known only when the program runs. Both ways are in the
program, and one branch is taken for the whole batch: under `jax.vmap` an ordinary branch would
become a choice, for which both ways are computed.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.special import is_symbolic_zero
from ..base.types import HALF, Scalar, Vector
from .pair_rule import Pair, Parameters, instantiated, loss_of_label, value_and_gradient


def loss_of_target(
    pair: Pair, logits: Vector, target: Vector, parameters: Parameters
) -> Scalar:
    """Loss of one example.

    Args:
        pair: Normalizer and loss.
        logits: Logits, [n].
        target: Distribution over the classes, [n].
        parameters: Parameters that are arrays.
    """
    if isinstance(target, jax.core.Tracer):
        return _loss_of_traced_target(pair, logits, target, parameters)
    known = np.asarray(target)
    if _is_one_hot(known):
        return loss_of_label(pair, logits, jnp.int32(known.argmax()), parameters)
    return pair.composed(logits, jnp.asarray(target), parameters)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _loss_of_traced_target(
    pair: Pair, logits: Vector, target: Vector, parameters: Parameters
) -> Scalar:
    value, _ = _value_and_gradient(pair, logits, target, parameters)
    return value.astype(logits.dtype)


@partial(_loss_of_traced_target.defjvp, symbolic_zeros=True)
def _loss_of_traced_target_jvp(
    pair: Pair, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    logits, target, parameters = primals
    d_logits, *d_others = tangents
    value, gradient = _value_and_gradient(pair, logits, target, parameters)
    slope: Array = jnp.zeros_like(value)
    if not is_symbolic_zero(d_logits):
        slope += jnp.sum(gradient * d_logits.astype(gradient.dtype))
    moved = instantiated(tuple(d_others))
    if moved is not None:
        of_others = partial(pair.composed, logits)
        of_rest: Array = jax.jvp(of_others, (target, parameters), moved)[1]
        slope += of_rest
    return value.astype(logits.dtype), slope.astype(logits.dtype)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _value_and_gradient(
    pair: Pair, logits: Vector, target: Vector, parameters: Parameters
) -> tuple[Scalar, Vector]:
    """Loss and gradient of one example; in float32 for half precision."""
    by_label = partial(_by_label, pair)
    composed = partial(_composed, pair)
    value, gradient = _choose(by_label, composed)(logits, target, parameters)
    return value, gradient


@_value_and_gradient.defjvp
def _value_and_gradient_jvp(
    pair: Pair, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, Any]:
    _, slopes = jax.jvp(partial(_composed, pair), primals, tangents)
    return _value_and_gradient(pair, *primals), slopes


def _by_label(
    pair: Pair, logits: Vector, target: Vector, parameters: Parameters
) -> tuple[Scalar, Vector]:
    # Exact for a one-hot target, and quicker than an argmax.
    places = jnp.arange(target.size, dtype=jnp.int32)
    label = jnp.sum(jnp.where(target > 0, places, 0))
    return value_and_gradient(pair, logits, label, parameters)


def _composed(
    pair: Pair, logits: Vector, target: Vector, parameters: Parameters
) -> tuple[Scalar, Vector]:
    z = logits.astype(jnp.float32) if logits.dtype in HALF else logits
    return jax.value_and_grad(pair.composed)(z, target.astype(z.dtype), parameters)


def _choose(
    by_label: Callable[..., Any], composed: Callable[..., Any]
) -> Callable[..., Any]:
    """One of two functions (logits, target, parameters), whether mapped or not.

    The first is called if all targets are one-hot, else the second.
    """

    @jax.custom_batching.custom_vmap
    def run(logits: Array, target: Array, parameters: Parameters) -> Any:
        return jax.lax.cond(
            _is_one_hot(target), by_label, composed, logits, target, parameters
        )

    @run.def_vmap
    def _(axis_size: int, in_batched: Any, *args: Any) -> tuple[Any, Any]:
        axes = jax.tree.map(lambda is_batched: 0 if is_batched else None, in_batched)
        mapped = [
            jax.vmap(function, in_axes=tuple(axes), axis_size=axis_size)
            for function in (by_label, composed)
        ]
        return _choose(*mapped)(*args), (True, True)

    return run


def _is_one_hot(target: Any) -> Any:
    """Whether all targets, [..., n], are one-hot."""
    is_unit = (target == 0) | (target == 1)
    return is_unit.all() & (target.sum(axis=-1) == 1).all()
