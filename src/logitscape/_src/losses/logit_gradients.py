"""Losses of logits, stated for a label: their value and gradient in a few passes over the classes.

Each is a function (logits [n], label, classes, **parameters) -> loss and its gradient, [n].
"""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import every_largest
from ..base.class_parameters import ClassParameter
from ..base.classes import Classes
from ..base.exponentials import logistic, softplus
from ..base.parameters import parameter
from ..base.types import Parameter, Scalar, Vector
from ..normalizers import evidential_weights
from ..normalizers.apart import (
    Apart,
    at_label,
    label_apart,
    mask_of,
    nan_unless_valid,
    parts_of,
    pulled_back,
)
from ..normalizers.exponential_weights import exponentials_above
from .digamma import digamma_gap, trigamma, trigamma_gap
from .evidential import Evidence, checked_evidence
from .long_tailed import adjustment, ldam_margin, log_counts

ValueAndGradient = tuple[Scalar, Vector]


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
    top, value, residual = _finite_cross_entropy(logits, label, classes)
    penalty = classes.sum(top - logits) / classes.count
    moved = _parts_of_largest(logits, classes) - 1 / classes.count
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
    top, value, residual = _finite_cross_entropy(logits, label, classes)
    excess = (top - logits) - allowed
    is_beyond = ~(excess <= 0)
    penalty = classes.sum(jnp.where(is_beyond, excess, 0)) / classes.count
    count = classes.sum(is_beyond.astype(dtype)) / classes.count
    moved = count * _parts_of_largest(logits, classes)
    moved = moved - jnp.where(is_beyond, 1 / classes.count, 0)
    return value + scale * penalty, residual + scale * moved


def squentropy(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """Cross-entropy plus the mean square of the other logits."""
    apart = _softmax_apart(logits, label, classes, classes.maximum(logits))
    value, residual = _cross_entropy(apart)
    count = max(classes.count - 1, 1)
    others = jnp.where(apart.is_label, 0, logits)
    squares = classes.sum(others * others) / count
    return value + squares, residual + (2 / count) * others


def perceptron(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """`max_k z_k - z_y`."""
    top = _finite(classes.maximum(logits))
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    value = nan_unless_valid(label, classes, top - of_label)
    parts = _parts_of_largest(logits, classes)
    return value, _unless_nan(value, jnp.where(is_label, parts - 1, parts))


def crammer_singer(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """`max(0, 1 + max_{k != y} z_k - z_y)`."""
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    rivals = jnp.where(is_label, -jnp.inf, logits)
    rival = _below_infinity(classes.maximum(rivals))
    violation = 1 + (rival - _below_infinity(of_label))
    violation = nan_unless_valid(label, classes, violation)
    is_violated = ~(violation <= 0)
    moved = jnp.where(is_label, -1, _parts_of_largest(rivals, classes))
    gradient = jnp.where(is_violated, moved, 0)
    return jnp.where(is_violated, violation, 0), _unless_nan(violation, gradient)


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
    return value, _unless_nan(value, moved)


def one_vs_rest(logits: Vector, label: Array, classes: Classes) -> ValueAndGradient:
    """`softplus(-z_y) + sum_{k != y} softplus(z_k)`."""
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    of_label = nan_unless_valid(label, classes, _below_infinity(of_label))
    others = jnp.where(is_label, -jnp.inf, logits)
    value = softplus(-of_label) + classes.sum(_below_infinity(softplus(others)))
    moved = jnp.where(is_label, -logistic(-of_label), logistic(logits))
    return value, _unless_nan(value, moved)


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
    of_label = at_label(logits, label, is_label, classes)
    error = nan_unless_valid(label, classes, of_label - place)
    others = jnp.where(is_label, 0, logits)
    value = weight * error**2 + classes.sum(others * others)
    moved = 2 * jnp.where(is_label, weight * error, logits)
    return value, _unless_nan(error, moved)


def evidential_log(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    evidence: Evidence = "relu",
) -> ValueAndGradient:
    """`log(S / a_y)` with `a = 1 + e(z)` and `S = sum_k a_k`."""
    checked_evidence("evidential_log", evidence)
    lowest = float(jnp.finfo(logits.dtype).min)  # type: ignore[no-untyped-call]
    # A masked class has no evidence, but counts.
    z = jnp.maximum(logits, lowest)
    top = classes.maximum(z)
    weights = evidential_weights.evidential(z, classes, evidence=evidence)
    apart = label_apart(weights, z, label, classes)
    value = -apart.chance.log_p + jnp.where(top > lowest, 0, jnp.nan)
    return value, _unless_nan(value, pulled_back(apart, weights, z)(1.0, 0.0))


def evidential_digamma(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    evidence: Evidence = "relu",
) -> ValueAndGradient:
    """`digamma(S) - digamma(a_y)` with `a = 1 + e(z)` and `S = sum_k a_k`."""
    checked_evidence("evidential_digamma", evidence)
    top = classes.maximum(logits)
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    of_label = nan_unless_valid(
        label, classes, of_label + jnp.where(top - top == 0, 0, jnp.nan)
    )
    parameter_of, slope_of = _EVIDENCE[evidence]
    a = parameter_of(of_label)
    others = classes.sum(jnp.where(is_label, 0, parameter_of(logits)))
    pull = -trigamma_gap(a, others) * slope_of(of_label)
    moved = jnp.where(is_label, pull, trigamma(a + others) * slope_of(logits))
    value = digamma_gap(a, others)
    return value, _unless_nan(value, moved)


_EVIDENCE = {
    "relu": (lambda z: 1 + jax.nn.relu(z), lambda z: (z > 0).astype(z.dtype)),
    "softplus": (lambda z: 1 + softplus(z), logistic),
}
"""Parameters of the Dirichlet distribution and their slopes, by the name of the evidence."""


def _shifted(
    logits: Vector, label: Array, classes: Classes, shift: Vector | None
) -> ValueAndGradient:
    """Cross-entropy of `softmax(z + shift)`."""
    if shift is None:
        top = classes.maximum(logits)
        return _cross_entropy(_softmax_apart(logits, label, classes, top))
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    # Relative to the label, as next to a common offset the shift would be lost.
    offset = jnp.where(jnp.isneginf(of_label), 0, of_label)
    z = (logits - offset) + (shift - at_label(shift, label, is_label, classes))
    return _cross_entropy(_softmax_apart(z, label, classes, classes.maximum(z)))


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
    value, residual = _cross_entropy(_softmax_apart(z, label, classes, highest))
    return value, scale * residual


def _softmax_apart(logits: Vector, label: Array, classes: Classes, top: Array) -> Apart:
    return label_apart(exponentials_above(top), logits, label, classes)


def _cross_entropy(apart: Apart) -> ValueAndGradient:
    _, log_p, complement = apart.chance
    return -log_p, jnp.where(apart.is_label, -complement, apart.rivals / apart.total)


def _finite_cross_entropy(
    logits: Vector, label: Array, classes: Classes
) -> tuple[Array, Scalar, Vector]:
    """The largest logit, and cross-entropy; NaN if that is not finite."""
    top = _finite(classes.maximum(logits))
    value, residual = _cross_entropy(_softmax_apart(logits, label, classes, top))
    return top, value, residual


def _parts_of_largest(x: Vector, classes: Classes) -> Vector:
    return parts_of(every_largest(x), classes, x.dtype)


def _finite(x: Array) -> Array:
    """x, but NaN unless it is finite."""
    return x + (x - x)


def _below_infinity(x: Array) -> Array:
    """x, but NaN for +inf."""
    return jnp.where(x < jnp.inf, x, jnp.nan)


def _unless_nan(value: Array, gradient: Vector) -> Vector:
    return jnp.where(jnp.isnan(value), jnp.nan, gradient)
