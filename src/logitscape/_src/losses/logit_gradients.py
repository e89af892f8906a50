"""Cross-entropy of changed logits and with penalties, stated for a label.

Each is a function (logits [n], label, classes, **parameters) -> loss and its gradient, [n].
"""

from typing import TypeAlias

import jax.numpy as jnp
from jax import Array

from ..base.argmax import largest
from ..base.class_parameters import ClassParameter
from ..base.classes import Classes
from ..base.parameters import parameter
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.apart import (
    Apart,
    at_label,
    label_apart,
    mask_of,
)
from ..normalizers.exponential_weights import exponentials_above
from .dual_focal import power_or_limit
from .long_tailed import adjustment, ldam_margin, log_counts
from .quick_sums import squares_of_others, sum_of_gaps

ValueAndGradient: TypeAlias = tuple[Scalar, Vector]
"""Loss of one example, and its gradient in the logits, [n]."""


def logit_adjusted(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    prior: ClassParameter = None,
    tau: Parameter = 1.0,
) -> ValueAndGradient:
    """Cross-entropy of `softmax(z + tau log prior)`."""
    return _shifted(logits, label, classes, adjustment(logits, prior, tau))


def balanced_softmax(
    logits: Vector, label: Array, classes: Classes, *, counts: ClassParameter = None
) -> ValueAndGradient:
    """Cross-entropy of `softmax(z + log n)`."""
    return _shifted(logits, label, classes, log_counts(logits, counts))


def ldam(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    counts: ClassParameter = None,
    max_margin: Parameter = 0.5,
    scale: Parameter = 30.0,
) -> ValueAndGradient:
    """Cross-entropy of `softmax(s (z - m_y e_y))` with a margin for each class."""
    margin = ldam_margin(logits, counts, max_margin)
    factor = parameter("ldam", "scale", scale, logits.dtype, low=0, open=True)
    return _with_margin(logits, label, classes, margin, factor)


def cosface(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    margin: Parameter = 0.35,
    scale: Parameter = 64.0,
) -> ValueAndGradient:
    """Cross-entropy of `softmax(s (z - m e_y))`."""
    gap = parameter("cosface", "margin", margin, logits.dtype, low=0)
    factor = parameter("cosface", "scale", scale, logits.dtype, low=0, open=True)
    return _with_margin(logits, label, classes, gap, factor)


def max_sup(
    logits: Vector, label: Array, classes: Classes, *, weight: Parameter = 0.1
) -> ValueAndGradient:
    """Cross-entropy plus `weight (max z - mean z)`."""
    scale = parameter("max_sup", "weight", weight, logits.dtype, low=0)
    top, parts = largest(logits)
    value, residual = _cross_entropy(logits, label, classes, finite(top))
    penalty = sum_of_gaps(logits, top, classes) / classes.count
    moved = parts - 1 / classes.count
    return value + scale * penalty, residual + scale * moved


def margin_label_smoothing(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    margin: Parameter = 10.0,
    weight: Parameter = 0.1,
) -> ValueAndGradient:
    """Cross-entropy plus `weight mean_k max(0, max_j z_j - z_k - margin)`."""
    name, dtype = "margin_label_smoothing", logits.dtype
    allowed = parameter(name, "margin", margin, dtype, low=0)
    scale = parameter(name, "weight", weight, dtype, low=0) + 0 * allowed
    top, parts = largest(logits)
    value, residual = _cross_entropy(logits, label, classes, finite(top))
    excess = (top - logits) - allowed
    is_beyond = ~(excess <= 0)
    penalty = classes.sum(jnp.where(is_beyond, excess, 0)) / classes.count
    count = classes.sum(is_beyond.astype(dtype)) / classes.count
    moved = count * parts
    moved = moved - jnp.where(is_beyond, 1 / classes.count, 0)
    return value + scale * penalty, residual + scale * moved


def squentropy(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """Cross-entropy plus the mean square of the other logits."""
    apart = _softmax_apart(logits, label, classes, classes.maximum(logits))
    value, residual = cross_entropy_apart(apart)
    is_label, of_label = apart.is_label, apart.label_logit
    count = max(classes.count - 1, 1)
    squares = squares_of_others(logits, label, of_label, classes) / count
    moved = (2 / count) * jnp.where(is_label, 0, logits)
    return value + squares, residual + moved


def dual_focal(
    logits: Vector, label: Array, classes: Classes, *, gamma: Parameter = 5.0
) -> ValueAndGradient:
    """`-(1 - p_y + p_j)^gamma log p_y` with the largest `p_j < p_y`."""
    power = parameter("dual_focal", "gamma", gamma, logits.dtype, low=0)
    top = finite(classes.maximum(logits))
    apart = _softmax_apart(logits, label, classes, top)
    p, log_p, complement = apart.chance
    # The label is never below itself, even if its logit is rounded in two ways.
    is_below = (logits < apart.label_logit) & ~apart.is_label
    rival, parts = largest(jnp.where(is_below, logits, -jnp.inf))
    next_p = jnp.where(jnp.isneginf(rival), 0, jnp.exp(rival - top) / apart.total)
    base = complement + next_p
    weight = power_or_limit(base, power)
    # No label that is masked moves the weight, nor one whose p is 1.
    is_moving = ~jnp.isneginf(log_p) & ~(base <= 0)
    pull = jnp.where(is_moving, -log_p / jnp.where(is_moving, base, 1), 0)
    pull = power * weight * pull
    of_rivals = apart.rivals / apart.total * (weight + pull * (p - next_p))
    of_label = -weight * complement - pull * p * base
    moved = jnp.where(apart.is_label, of_label, of_rivals + pull * next_p * parts)
    return -weight * log_p, moved


def _shifted(
    logits: Vector, label: Array, classes: Classes, shift: Vector | None
) -> ValueAndGradient:
    """Cross-entropy of `softmax(z + shift)`."""
    if shift is None:
        top = classes.maximum(logits)
        return _cross_entropy(logits, label, classes, top)
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    # Relative to the label, as next to a common offset the shift would be lost.
    offset = jnp.where(jnp.isneginf(of_label), 0, of_label)
    z = (logits - offset) + (shift - at_label(shift, label, is_label, classes))
    return _cross_entropy(z, label, classes, classes.maximum(z))


def _with_margin(
    logits: Vector, label: Array, classes: Classes, margin: Array, scale: Array
) -> ValueAndGradient:
    """Cross-entropy of `softmax(s (z - m e_y))`."""
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    if margin.ndim:
        margin = at_label(margin, label, is_label, classes)
    of_rivals = classes.maximum(jnp.where(is_label, -jnp.inf, logits))
    top = jnp.maximum(of_rivals, of_label)
    top = jnp.where(jnp.isfinite(top), top, 0)
    z = scale * ((logits - top) - jnp.where(is_label, margin, 0))
    # Both maxima in one pass.
    highest = scale * jnp.maximum(of_rivals - top, (of_label - top) - margin)
    value, residual = _cross_entropy(z, label, classes, highest)
    return value, scale * residual


def _softmax_apart(logits: Vector, label: Array, classes: Classes, top: Array) -> Apart:
    return label_apart(exponentials_above(top), logits, label, classes)


def cross_entropy_apart(apart: Apart) -> ValueAndGradient:
    """Cross-entropy of softmax with the label apart from its rivals."""
    _, log_p, complement = apart.chance
    return -log_p, jnp.where(apart.is_label, -complement, apart.rivals / apart.total)


def _cross_entropy(
    logits: Vector, label: Array, classes: Classes, top: Array
) -> ValueAndGradient:
    return cross_entropy_apart(_softmax_apart(logits, label, classes, top))


def finite(x: Array) -> Array:
    """x, but NaN unless it is finite."""
    return x + (x - x)


def unless_nan(value: Array, gradient: Vector) -> Vector:
    """The gradient, but NaN where the loss is."""
    return jnp.where(jnp.isnan(value), jnp.nan, gradient)
