"""The rule of a pair for a target vector: by the label if it is one-hot, else by composition.

Whether a traced target is one-hot is known only when the program runs. Both ways are in the
program, and one branch is taken for the whole batch.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.argmax import place_of_one
from ..base.arguments import are_one_hot
from ..base.branches import one_branch
from ..base.half_precision import widened
from ..base.types import Scalar, Vector
from .label_rules import Parameters
from .pair_rule import (
    Pair,
    loss_of_label,
    tangent_of_loss,
    value_and_gradient,
)


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
    if are_one_hot(known):
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
    slope = tangent_of_loss(
        gradient,
        d_logits,
        partial(pair.composed, logits),
        (target, parameters),
        tuple(d_others),
    )
    return value.astype(logits.dtype), slope.astype(logits.dtype)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _value_and_gradient(
    pair: Pair, logits: Vector, target: Vector, parameters: Parameters
) -> tuple[Scalar, Vector]:
    """Loss and gradient of one example; in float32 for half precision."""
    by_label = partial(_by_label, pair)
    composed = partial(_composed, pair)
    run = one_branch(_all_one_hot, by_label, composed)
    value, gradient = run(logits, target, parameters)
    return value, gradient


@_value_and_gradient.defjvp
def _value_and_gradient_jvp(
    pair: Pair, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, Any]:
    _, slopes = jax.jvp(partial(_composed, pair), primals, tangents)
    return _value_and_gradient(pair, *primals), slopes


def _all_one_hot(logits: Array, target: Array, parameters: Parameters) -> Any:
    return are_one_hot(target)


def _by_label(
    pair: Pair, logits: Vector, target: Vector, parameters: Parameters
) -> tuple[Scalar, Vector]:
    return value_and_gradient(pair, logits, place_of_one(target), parameters)


def _composed(
    pair: Pair, logits: Vector, target: Vector, parameters: Parameters
) -> tuple[Scalar, Vector]:
    z = widened(logits)
    return jax.value_and_grad(pair.composed)(z, target.astype(z.dtype), parameters)
