"""Losses of margins and squares of logits, stated for a label (see logit_gradients.py)."""

import jax.numpy as jnp
from jax import Array

from ..base.argmax import largest
from ..base.classes import Classes
from ..base.exponentials import logistic, softplus
from ..base.parameters import parameter
from ..base.types import Parameter, Vector
from ..normalizers.apart import at_label, mask_of, nan_unless_valid
from .logit_gradients import ValueAndGradient, finite, unless_nan
from .quick_sums import squares_of_others


def perceptron(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """`max_k z_k - z_y`."""
    top, parts = largest(logits)
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    value = nan_unless_valid(label, classes, finite(top) - of_label)
    return value, unless_nan(value, jnp.where(is_label, parts - 1, parts))


def crammer_singer(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """`max(0, 1 + max_{k != y} z_k - z_y)`."""
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    rivals = jnp.where(is_label, -jnp.inf, logits)
    rival, parts = largest(rivals)
    violation = 1 + (_below_infinity(rival) - _below_infinity(of_label))
    violation = nan_unless_valid(label, classes, violation)
    is_violated = ~(violation <= 0)
    moved = jnp.where(is_label, -1, parts)
    gradient = jnp.where(is_violated, moved, 0)
    return jnp.where(is_violated, violation, 0), unless_nan(violation, gradient)


def weston_watkins(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """`sum_{k != y} max(0, 1 + z_k - z_y)`."""
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    of_label = nan_unless_valid(label, classes, _below_infinity(of_label))
    violations = jnp.where(is_label, -jnp.inf, 1 + (_below_infinity(logits) - of_label))
    is_violated = ~(violations <= 0)
    value = classes.sum(jnp.where(is_violated, violations, 0))
    count = classes.sum(is_violated.astype(logits.dtype))
    moved = jnp.where(is_label, -count, is_violated.astype(logits.dtype))
    return value, unless_nan(value, moved)


def one_vs_rest(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """`softplus(-z_y) + sum_{k != y} softplus(z_k)`."""
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    of_label = nan_unless_valid(label, classes, _below_infinity(of_label))
    others = jnp.where(is_label, -jnp.inf, logits)
    value = softplus(-of_label) + classes.sum(_below_infinity(softplus(others)))
    moved = jnp.where(is_label, -logistic(-of_label), logistic(logits))
    return value, unless_nan(value, moved)


def squared_logits(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    scale: Parameter = 1.0,
    target: Parameter = 1.0,
) -> ValueAndGradient:
    """`scale (z_y - target)^2 + sum_{k != y} z_k^2`."""
    dtype = logits.dtype
    weight = parameter("squared_logits", "scale", scale, dtype, low=0)
    place = parameter("squared_logits", "target", target, dtype, low=-jnp.inf)
    is_label = mask_of(label, logits, classes)
    errors = jnp.where(is_label, logits - place, logits)
    moved = jnp.where(is_label, weight * errors, errors)
    if classes.is_long:
        of_label = at_label(logits, label, is_label, classes)
        value = weight * (of_label - place) ** 2
        value = value + squares_of_others(logits, label, of_label, classes)
    else:
        value = classes.sum(moved * errors)
    value = nan_unless_valid(label, classes, value)
    return value, unless_nan(value, 2 * moved)


def _below_infinity(x: Array) -> Array:
    """x, but NaN for +inf."""
    return jnp.where(x < jnp.inf, x, jnp.nan)
