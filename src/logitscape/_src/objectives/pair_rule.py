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
from ..losses.label_shares import OfLabel, Shares
from ..normalizers.weights import Weigh

Parameters: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Parameters of the normalizer and of the loss that are arrays, by name."""

FEW = 16
"""Number of classes up to which a masked sum is as fast a look-up as an index."""


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


@dataclass(frozen=True)
class Classes:
    """The classes of one example, or those of them that lie on this device.

    Attributes:
        sum: Function that sums an array over all classes.
        maximum: Function that takes the maximum over all classes.
        count: Number of all classes.
        first: Number of the first class here.
    """

    sum: Callable[[Array], Array]
    maximum: Callable[[Array], Array]
    count: int
    first: Array | int = 0


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
    return evaluate(pair, z, label, parameters, classes_of(z))


@value_and_gradient.defjvp
def _value_and_gradient_jvp(
    pair: Pair, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, Any]:
    logits, label, parameters = primals
    d_logits, _, d_parameters = tangents

    def composed(z: Array, parameters: Parameters) -> tuple[Array, Array]:
        wide = z.astype(jnp.float32) if z.dtype in HALF else z
        of_logits = partial(_composed_of_label, pair, label=label, parameters=parameters)
        return jax.value_and_grad(of_logits)(wide)

    _, slopes = jax.jvp(composed, (logits, parameters), (d_logits, d_parameters))
    return value_and_gradient(pair, *primals), slopes


def _composed_of_label(
    pair: Pair, logits: Array, label: Array, parameters: Parameters
) -> Array:
    target = one_hot(label, logits.size).astype(logits.dtype)
    return pair.composed(logits, target, parameters)


def classes_of(logits: Vector) -> Classes:
    """The classes of one example that is whole."""
    return Classes(jnp.sum, jnp.max, logits.size)


def evaluate(
    pair: Pair, z: Vector, label: Array, parameters: Parameters, classes: Classes
) -> tuple[Scalar, Vector]:
    """Loss and gradient of one example in one pass; it has no derivative of its own.

    Args:
        pair: Normalizer and loss.
        z: Logits in single or double precision, [n], or those of the classes that lie here.
        label: Label.
        parameters: Parameters that are arrays.
        classes: Where the classes lie, and how they are joined.
    """
    of_normalizer, of_loss = parameters
    is_label = one_hot(label - classes.first, z.size)
    z_label = _at_label(z, label, is_label, classes)
    weights = pair.weigh(z, classes.maximum, **of_normalizer)
    weight, slope = weights.relative(z)
    rivals = jnp.where(is_label, 0, weight)
    label_weight, label_slope = weights.relative(z_label)
    is_valid = (label >= 0) & (label < classes.count)
    label_weight = jnp.where(is_valid, label_weight, jnp.nan)

    def log_rivals() -> Array:
        return jnp.where(is_label, 0, weights.log_relative(z))

    others = classes.sum(rivals)
    shares = _shares(
        label=label_weight,
        log_label=weights.log_relative(z_label),
        rivals=rivals,
        log_rivals=log_rivals,
        others=others,
        log_sink=weights.log_sink,
        classes=classes,
    )
    slopes = pair.of_label(shares, **of_loss)
    of_label = slopes.label * label_slope + slopes.log_label * weights.log_slope(z_label)
    of_rivals = slope * slopes.rivals
    if not isinstance(slopes.log_rivals, float):
        of_rivals += slopes.log_rivals * weights.log_slope(z)
    return slopes.value, jnp.where(is_label, of_label, of_rivals)


def _shares(
    *,
    label: Array,
    log_label: Array,
    rivals: Array,
    log_rivals: Callable[[], Array],
    others: Array,
    log_sink: Array | None,
    classes: Classes,
) -> Shares:
    rest = others
    total = label + others
    log_total = jnp.log(total)
    p_sink: Array | float = 0.0
    if log_sink is not None:
        # The weight of no class may be infinite, relative to those of the classes.
        sink = jnp.exp(log_sink)
        rest = others + sink
        p_sink = 1 / (1 + total / sink)
        log_total = jnp.logaddexp(log_total, log_sink)
        total = total + sink
    # Neither a probability near 1 nor the distance from it loses digits.
    log_p = jnp.where(label > rest, -jnp.log1p(rest / label), log_label - log_total)
    return Shares(
        p=label / total,
        log_p=log_p,
        complement=1 / (1 + label / rest),
        label=label,
        rivals=rivals,
        log_rivals=log_rivals,
        others=others,
        total=total,
        log_total=log_total,
        p_sink=p_sink,
        num_classes=classes.count,
        sum=classes.sum,
        maximum=classes.maximum,
    )


def _at_label(z: Vector, label: Array, is_label: Array, classes: Classes) -> Scalar:
    """The label's logit; any number if the label is out of range."""
    is_whole = z.size == classes.count
    if is_whole and z.size > FEW:
        picked: Array = jax.lax.dynamic_index_in_dim(z, label, keepdims=False)
        return picked
    return classes.sum(jnp.where(is_label, z, 0))


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
