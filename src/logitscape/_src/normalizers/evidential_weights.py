"""Weights of stablemax and of the evidential mean (see weights.py)."""

import jax.numpy as jnp
from jax import Array

from ..base import exponentials
from ..base.classes import Classes
from ..base.exponentials import logistic
from .evidential import (
    Evidence,
    checked_evidence,
    log_evidential_weight,
    log_stable_weight,
)
from .powers import divide_by
from .weights import Weights, by_log_slope


def stablemax(logits: Array, classes: Classes) -> Weights:
    """`g(z) = 1 + z` for z >= 0 and `1 / (1 - z)` below, relative to the largest."""
    top = classes.maximum(logits)
    # Where no logit is positive, all weights are multiplied by `1 - top` instead.
    unit = 1 - jnp.minimum(top, 0)
    ratio = divide_by(1 + jnp.maximum(top, 0))
    log_of_largest = log_stable_weight(top)

    def relative(z: Array) -> Array:
        return ratio(jnp.where(z >= 0, 1 + z, unit / (1 - z)))

    def log_relative(z: Array) -> Array:
        return log_stable_weight(z) - log_of_largest

    def log_slope(z: Array) -> Array:
        return 1 / (1 + jnp.abs(z))

    def slope(z: Array, weight: Array) -> Array:
        return weight * log_slope(z)

    differentiable = by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def evidential(
    logits: Array, classes: Classes, *, evidence: Evidence = "relu"
) -> Weights:
    """`g(z) = 1 + e` with the evidence e, relative to the largest."""
    if checked_evidence(evidence) == "exp":
        return _one_plus_exponential(logits, classes)
    is_relu = evidence == "relu"
    top = classes.maximum(logits)

    def weight_of(z: Array) -> Array:
        return 1 + (jnp.maximum(z, 0) if is_relu else exponentials.softplus(z))

    # NaN if the largest logit is infinite: all classes are masked, or one is outside.
    ratio = divide_by(weight_of(top) + (top - top))
    log_of_largest = log_evidential_weight(top, evidence)

    def relative(z: Array) -> Array:
        return jnp.where(jnp.isneginf(z), 0, ratio(weight_of(z)))

    def slope_of(z: Array) -> Array:
        return (z > 0).astype(z.dtype) if is_relu else logistic(z)

    def slope(z: Array, weight: Array) -> Array:
        return ratio(slope_of(z))

    def log_relative(z: Array) -> Array:
        return log_evidential_weight(z, evidence) - log_of_largest

    def log_slope(z: Array) -> Array:
        return slope_of(z) / weight_of(z)

    differentiable = by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def _one_plus_exponential(logits: Array, classes: Classes) -> Weights:
    top = classes.maximum(logits)
    high = jnp.maximum(top, 0) + (top - top)  # NaN unless the largest logit is finite
    unit = jnp.exp(-high)

    def relative(z: Array) -> Array:
        return jnp.where(jnp.isneginf(z), 0, unit + jnp.exp(z - high))

    def slope(z: Array, weight: Array) -> Array:
        return jnp.exp(z - high)

    def log_relative(z: Array) -> Array:
        return log_evidential_weight(z, "exp") - high

    differentiable = by_log_slope(relative, logistic)
    return Weights(
        relative, slope, log_relative, logistic, differentiable=differentiable
    )
