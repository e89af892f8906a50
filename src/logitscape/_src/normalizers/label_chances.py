"""Statements of normalizers in which the label has more or less than a share (see chances.py)."""

import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.exponentials import exp_complement, logistic
from ..base.parameters import parameter
from ..base.types import Parameter, Vector
from .apart import (
    at_label,
    label_apart,
    largest_of,
    mask_of,
    nan_unless_valid,
    pulled_back,
)
from .chances import Chance, LabelChance
from .exponential_weights import exponentials_above
from .sigmoidal import log_sigmoid
from .weights import Weights


def eps_softmax(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    amount: Parameter = 1000.0,
) -> LabelChance:
    """`(p_k + m [z_k = max z]) / (1 + m)` of the softmax p."""
    m = parameter("eps_softmax", "amount", amount, logits.dtype, low=0)
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    of_rivals = classes.maximum(jnp.where(is_label, -jnp.inf, logits))
    # By the rivals' largest alone, so that no rounding of it can count the label twice.
    is_largest = of_label >= of_rivals
    ties = 1 + classes.sum(
        jnp.where(~is_label & (logits == of_label), 1, 0).astype(logits.dtype)
    )
    weights = exponentials_above(jnp.maximum(of_rivals, of_label))
    apart = label_apart(weights, logits, label, classes)
    p, log_p, complement = apart.chance
    whole = 1 + m
    bonus = jnp.where(is_largest, m / ties, 0)
    missing = jnp.where(is_largest, m * (1 - 1 / ties), m)
    rest = (complement + missing) / whole
    is_near_one = is_largest & (rest < 0.5)
    far = jnp.where(is_largest, jnp.log((p + bonus) / whole), log_p - jnp.log1p(m))
    near = jnp.log1p(-jnp.where(is_near_one, rest, 0))
    chance = Chance((p + bonus) / whole, jnp.where(is_near_one, near, far), rest)
    back = pulled_back(apart, weights, logits)
    # What the logarithm moves by if that of the softmax moves by 1.
    moves = jnp.where(is_largest, p / (p + bonus), 1)

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        return back(on_log_p * moves, on_p / whole)

    return LabelChance(chance, pull_back)


def argmax(logits: Vector, label: Array, classes: Classes) -> LabelChance:
    """`[z_k = max z] / |argmax z|`, with derivative 0."""
    top, parts = largest_of(logits, classes)
    is_label = mask_of(label, logits, classes)
    nothing = top - top  # NaN unless the largest logit is finite
    p = at_label(parts, label, is_label, classes) + nothing
    p = nan_unless_valid(label, classes, p)

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        return jnp.zeros_like(logits) + (p - p)

    return LabelChance(Chance(p, jnp.log(p), 1 - p), pull_back)


def softpick(
    logits: Vector, label: Array, classes: Classes, *, epsilon: Parameter = 1e-8
) -> LabelChance:
    """`max(e^{z_k} - 1, 0) / (sum_j |e^{z_j} - 1| + epsilon)`."""
    e = parameter("softpick", "epsilon", epsilon, logits.dtype, low=0, open=True)
    largest = classes.maximum(logits)
    # NaN if a logit is +inf; all may be masks.
    top = jnp.maximum(largest, 0) + jnp.where(largest < jnp.inf, 0, jnp.nan)
    weights = _magnitudes(top, jnp.log(e) - top)
    apart = label_apart(weights, logits, label, classes)
    back = pulled_back(apart, weights, logits)
    p, log_p, complement = apart.chance
    is_picked = ~(apart.label_logit <= 0)
    # NaN in the rest of the whole stays NaN.
    nothing = jnp.where(jnp.isnan(p), p, 0)
    chance = Chance(
        jnp.where(is_picked, p, nothing),
        jnp.where(is_picked, log_p, nothing - jnp.inf),
        jnp.where(is_picked, complement, 1 - nothing),
    )

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        moved = back(on_log_p, on_p)
        return jnp.where(is_picked, moved, nothing)

    return LabelChance(chance, pull_back)


def _magnitudes(top: Array, log_sink: Array) -> Weights:
    """`g(z) = |e^z - 1|` relative to `e^top`, with the derivative 0 at 0."""

    def relative(z: Array) -> Array:
        weight = jnp.exp(jnp.maximum(z, 0) - top) * exp_complement(jnp.abs(z))
        return jnp.where(jnp.isneginf(z), 0, weight)

    def slope(z: Array, weight: Array) -> Array:
        return jnp.sign(z) * jnp.exp(z - top)

    def log_relative(z: Array) -> Array:
        return (jnp.maximum(z, 0) - top) + jnp.log(exp_complement(jnp.abs(z)))

    def log_slope(z: Array) -> Array:
        return jnp.where(z == 0, 0, 1 / exp_complement(jnp.where(z == 0, 1, z)))

    return Weights(relative, slope, log_relative, log_slope, log_sink=log_sink)


def sigmoid_attention(logits: Vector, label: Array, classes: Classes) -> LabelChance:
    """`1 / (1 + e^{log(n) - z_k})`."""
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    top = classes.maximum(logits)
    count = classes.sum(jnp.where(jnp.isneginf(logits), 0, 1).astype(logits.dtype))
    x = nan_unless_valid(label, classes, (of_label - jnp.log(count)) + (top - top))
    is_mask = jnp.isneginf(x)
    p, complement = logistic(x), logistic(-x)
    chance = Chance(p, jnp.where(is_mask, -jnp.inf, log_sigmoid(x)), complement)

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        moved = -complement * (on_log_p + on_p * p)
        # NaN outside of the domain, 0 for the rivals inside.
        return jnp.where(is_label, moved, moved - moved)

    return LabelChance(chance, pull_back)
