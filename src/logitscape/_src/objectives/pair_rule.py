"""Losses that state value and gradient for a label, with one rule for the derivative of all.

With a one-hot target, loss and gradient need a maximum over the classes, one or two sums, and one
elementwise pass, as the textbook's formula does; label_rules.py says how they come from what
normalizers and losses state about themselves. The label is kept apart from its rivals, so that
neither p_y near 0 nor p_y near 1 loses digits.

Everything else is derived from the composed function `loss(normalizer(logits), target)`: second
derivatives, those in parameters, and soft targets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import one_hot
from ..base.half_precision import widened
from ..base.special import is_symbolic_zero
from ..base.types import Scalar, Vector
from .label_rules import LabelRule, Parameters


@dataclass(frozen=True)
class Pair:
    """A normalizer and a loss, both of which state what they are, or a loss of logits that does.

    Attributes:
        composed: Function (logits [n], target [n], parameters) -> loss, as composed from its parts.
        rule: Value and gradient for a label.
    """

    composed: Callable[[Array, Array, Parameters], Array] = field(repr=False)
    rule: LabelRule = field(repr=False)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def loss_of_label(
    pair: Pair, logits: Vector, label: Array, parameters: Parameters
) -> Scalar:
    """Loss of one example whose target is one-hot; NaN if the label is out of range."""
    return value_and_gradient(pair, logits, label, parameters)[0].astype(logits.dtype)


@partial(loss_of_label.defjvp, symbolic_zeros=True)
def _loss_of_label_jvp(
    pair: Pair, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    logits, label, parameters = primals
    d_logits, _, d_parameters = tangents
    value, gradient = value_and_gradient(pair, logits, label, parameters)
    slope = tangent_of_loss(
        gradient,
        d_logits,
        partial(_composed_of_label, pair, widened(logits), label),
        (parameters,),
        (d_parameters,),
    )
    return value.astype(logits.dtype), slope.astype(logits.dtype)


def tangent_of_loss(
    gradient: Vector,
    d_logits: Any,
    of_others: Callable[..., Array],
    others: tuple[Any, ...],
    d_others: tuple[Any, ...],
) -> Scalar:
    """Tangent of a loss, in the dtype of its gradient: half precision is rounded at the end.

    Args:
        gradient: Gradient in the logits, [n].
        d_logits: Tangent of the logits.
        of_others: The composed loss as a function of its other arguments.
        others: Those arguments.
        d_others: Their tangents.
    """
    slope = jnp.zeros((), gradient.dtype)
    if not is_symbolic_zero(d_logits):
        slope += jnp.sum(gradient * d_logits.astype(gradient.dtype))
    moved = _instantiated(d_others)
    if moved is not None:
        slope += jax.jvp(of_others, others, moved)[1]
    return slope


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def value_and_gradient(
    pair: Pair, logits: Vector, label: Array, parameters: Parameters
) -> tuple[Scalar, Vector]:
    """Loss and gradient of one example whose target is one-hot; in float32 for half precision."""
    z = widened(logits)
    return pair.rule(z, label, parameters)


@value_and_gradient.defjvp
def _value_and_gradient_jvp(
    pair: Pair, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, Any]:
    logits, label, parameters = primals
    d_logits, _, d_parameters = tangents

    def composed(z: Array, parameters: Parameters) -> tuple[Array, Array]:
        of_logits = partial(
            _composed_of_label, pair, label=label, parameters=parameters
        )
        return jax.value_and_grad(of_logits)(widened(z))

    _, slopes = jax.jvp(composed, (logits, parameters), (d_logits, d_parameters))
    return value_and_gradient(pair, *primals), slopes


def _composed_of_label(
    pair: Pair, logits: Array, label: Array, parameters: Parameters
) -> Array:
    target = one_hot(label, logits.size).astype(logits.dtype)
    return pair.composed(logits, target, parameters)


def _instantiated(tangents: Any) -> Any:
    """Tangents of parameters as arrays; None if all of them are known to be zero."""
    leaves = jax.tree.leaves(tangents, is_leaf=is_symbolic_zero)
    if all(is_symbolic_zero(leaf) for leaf in leaves):
        return None

    def instantiate(tangent: Any) -> Any:
        if not is_symbolic_zero(tangent):
            return tangent
        return jnp.zeros(tangent.aval.shape, tangent.aval.dtype)

    return jax.tree.map(instantiate, tangents, is_leaf=is_symbolic_zero)
