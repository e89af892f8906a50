"""Pairs of a separable normalizer and a loss, with one rule for the derivative of all of them.

With a one-hot target, loss and gradient need a maximum over the classes, one or two sums, and one
elementwise pass, as the textbook's formula does: the normalizer states the weights g(z_k) of the
classes (normalizers/weights.py), and the loss how it pulls on the label's share of them
(losses/label_shares.py). The label is kept apart from its rivals, so that neither p_y near 0 nor
p_y near 1 loses digits.

Everything else is derived from the composed function `loss(normalizer(logits), target)`: second
derivatives, those in parameters, and soft targets.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import one_hot
from ..base.special import is_symbolic_zero
from ..base.types import HALF, Scalar, Vector
from ..losses.label_shares import OfLabel
from ..normalizers.weights import Weigh
from .weighing import pull_back, weighed, whole_of_batch

Parameters: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Parameters of the normalizer and of the loss that are arrays, by name."""


@dataclass(frozen=True)
class Pair:
    """A separable normalizer and a loss, both of which state what they are.

    Attributes:
        composed: Function (logits [n], target [n], parameters) -> loss, as composed from its parts.
        weigh: Statement of the normalizer.
        of_label: Statement of the loss.
    """

    composed: Callable[[Array, Array, Parameters], Array] = field(repr=False)
    weigh: Weigh = field(repr=False)
    of_label: OfLabel = field(repr=False)


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
    slope = jnp.zeros_like(value)
    if not is_symbolic_zero(d_logits):
        # In the gradient's dtype: half precision is rounded once, at the end.
        slope += jnp.sum(gradient * d_logits.astype(gradient.dtype))
    moved = instantiated(d_parameters)
    if moved is not None:
        of_parameters = partial(_composed_of_label, pair, logits, label)
        slope += jax.jvp(of_parameters, (parameters,), (moved,))[1]
    return value.astype(logits.dtype), slope.astype(logits.dtype)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def value_and_gradient(
    pair: Pair, logits: Vector, label: Array, parameters: Parameters
) -> tuple[Scalar, Vector]:
    """Loss and gradient of one example whose target is one-hot; in float32 for half precision."""
    z = logits.astype(jnp.float32) if logits.dtype in HALF else logits
    of_normalizer, of_loss = parameters
    weigh = partial(pair.weigh, **of_normalizer)
    of_label = partial(pair.of_label, **of_loss)
    return pull_back(of_label, weighed(weigh, z, label, whole_of_batch(z)))


@value_and_gradient.defjvp
def _value_and_gradient_jvp(
    pair: Pair, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, Any]:
    logits, label, parameters = primals
    d_logits, _, d_parameters = tangents

    def composed(z: Array, parameters: Parameters) -> tuple[Array, Array]:
        wide = z.astype(jnp.float32) if z.dtype in HALF else z
        of_logits = partial(
            _composed_of_label, pair, label=label, parameters=parameters
        )
        return jax.value_and_grad(of_logits)(wide)

    _, slopes = jax.jvp(composed, (logits, parameters), (d_logits, d_parameters))
    return value_and_gradient(pair, *primals), slopes


def _composed_of_label(
    pair: Pair, logits: Array, label: Array, parameters: Parameters
) -> Array:
    target = one_hot(label, logits.size).astype(logits.dtype)
    return pair.composed(logits, target, parameters)


def instantiated(tangents: Any) -> Any:
    """Tangents of parameters as arrays; None if all of them are known to be zero."""
    leaves = jax.tree.leaves(tangents, is_leaf=is_symbolic_zero)
    if all(is_symbolic_zero(leaf) for leaf in leaves):
        return None

    def instantiate(tangent: Any) -> Any:
        if not is_symbolic_zero(tangent):
            return tangent
        return jnp.zeros(tangent.aval.shape, tangent.aval.dtype)

    return jax.tree.map(instantiate, tangents, is_leaf=is_symbolic_zero)
