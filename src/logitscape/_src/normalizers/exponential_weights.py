"""Weights of the normalizers that are built on the exponential (see weights.py)."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.exponentials import logistic
from ..base.parameters import is_known_to_be, parameter
from ..base.types import Parameter
from . import sigmoidal
from .exponential import checked_depth
from .weights import Weights, by_log_slope


def softmax(
    logits: Array, classes: Classes, *, inverse_temperature: Parameter = 1.0
) -> Weights:
    """`g(z) = e^{c z}`, relative to the largest."""
    top = classes.maximum(logits)
    if is_known_to_be(1, inverse_temperature):
        return exponentials_above(top)
    c = parameter(
        "softmax", "inverse_temperature", inverse_temperature, logits.dtype, low=0
    )

    def log_relative(z: Array) -> Array:
        shifted = z - top
        is_masked = jnp.isneginf(shifted)
        # Masks are put back afterwards, as 0 * -inf would be NaN at c = 0.
        return jnp.where(is_masked, -jnp.inf, c * jnp.where(is_masked, 0, shifted))

    def relative(z: Array) -> Array:
        return jnp.exp(log_relative(z))

    def slope(z: Array, weight: Array) -> Array:
        return c * weight

    return Weights(relative, slope, log_relative, lambda z: c, largest=1.0)


def softmax_one(logits: Array, classes: Classes, *, sink: Parameter = 0.0) -> Weights:
    """`g(z) = e^z` with `g_0 = e^b`, relative to the largest of the classes."""
    b = parameter("softmax_one", "sink", sink, logits.dtype, low=-jnp.inf)
    top = classes.maximum(logits)
    top = jnp.where(jnp.isneginf(top), 0, top)  # all classes are masked
    return exponentials_above(top)._replace(log_sink=b - top)


def exponentials_above(top: Array) -> Weights:
    """`g(z) = e^z`, relative to that of the largest logit."""

    def relative(z: Array) -> Array:
        return jnp.exp(z - top)

    def slope(z: Array, weight: Array) -> Array:
        return weight

    return Weights(
        relative,
        slope,
        lambda z: z - top,
        jnp.ones_like,
        largest=1.0,
        log_scale=top,
    )


def sigmoid(logits: Array, classes: Classes) -> Weights:
    """`g(z) = 1 / (1 + e^{-z})`, relative to the largest."""
    top = classes.maximum(logits)
    low = jnp.minimum(top, 0) + (top - top)  # NaN unless the largest logit is finite
    # All e^{-z} are multiplied by e^low, so that none of the largest overflows. The largest weight
    # is then from 1/2 to 1.
    one = jnp.exp(low)

    def relative(z: Array) -> Array:
        # `1 / (one + e^{low - z})` with one exponential that is at most 1.
        x = jnp.exp(-jnp.abs(z - low))
        return jnp.where(z > low, 1, x) / (1 + one * x)

    def slope(z: Array, weight: Array) -> Array:
        # `1 - sigmoid(z)` times the weight. The difference is the other way round, so that XLA
        # takes the exponential again: that is faster than to keep an array of all of them.
        x = jnp.exp(-jnp.abs(low - z))
        return jnp.where(z > low, x, 1) * (weight / (1 + one * x))

    def log_relative(z: Array) -> Array:
        return jax.nn.log_sigmoid(z) - low

    def log_slope(z: Array) -> Array:
        return logistic(-z)

    differentiable = by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def sigsoftmax(logits: Array, classes: Classes) -> Weights:
    """`g(z) = e^z sigmoid(z)`, relative to the largest."""
    top = classes.maximum(logits)
    low = jnp.minimum(top, 0)
    # With x = e^{z - top} the logistic function is `one x / (one x + odds)`. The largest weight is
    # from 1/2 to 1.
    one = jnp.exp(low)
    tiny = float(jnp.finfo(logits.dtype).tiny)  # type: ignore[no-untyped-call]
    odds = jnp.maximum(jnp.exp(low - top), tiny)

    def relative(z: Array) -> Array:
        x = jnp.exp(z - top)
        return x * (x / (one * x + odds))

    def slope(z: Array, weight: Array) -> Array:
        return weight * (1 + odds / (one * jnp.exp(z - top) + odds))

    def log_relative(z: Array) -> Array:
        return (z - top) + (jax.nn.log_sigmoid(z) - low)

    def log_slope(z: Array) -> Array:
        return 1 + logistic(-z)

    differentiable = by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def softplus(logits: Array, classes: Classes) -> Weights:
    """`g(z) = log(1 + e^z)`, relative to the largest."""
    top = classes.maximum(logits)
    low = jnp.minimum(top, 0)
    # Where all logits are far to the left, g is about e^z. It is divided by e^low, which is not
    # allowed to underflow: below eps^2 it makes no difference to `log1p(one x) / one`.
    eps = float(jnp.finfo(logits.dtype).eps)  # type: ignore[no-untyped-call]
    one = jnp.maximum(jnp.exp(low), eps**2)

    def scaled(z: Array) -> Array:
        x = jnp.exp(-jnp.abs(z) - low)
        return jnp.maximum(z, 0) + jnp.log1p(one * x) / one

    # The scale is g(top) to within a factor of 1.5, without the logarithm that this would take.
    positive = jnp.maximum(top, 0)
    inverse = 1 / (1 + positive) + (top - top)  # NaN unless the largest logit is finite
    log_scale = low + jnp.log1p(positive)

    def relative(z: Array) -> Array:
        return scaled(z) * inverse

    def slope(z: Array, weight: Array) -> Array:
        x = jnp.exp(-jnp.abs(z) - low)
        return jnp.where(z > 0, 1, x) / (1 + one * x) * inverse

    def log_relative(z: Array) -> Array:
        return sigmoidal.log_softplus(z) - log_scale

    log_slope = sigmoidal.log_softplus_slope
    differentiable = by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def iterated_exponential(logits: Array, classes: Classes, *, depth: int = 2) -> Weights:
    """`g(z) = exp(exp(... z))`, relative to the largest."""
    depth = checked_depth(depth)
    tops = [classes.maximum(logits)]
    for _ in range(depth - 1):
        tops.append(jnp.exp(tops[-1]))
    zero = tops[-1] - tops[-1]  # NaN beyond the domain

    def log_relative(z: Array) -> Array:
        gaps = z - tops[0]
        for top in tops[1:]:
            gaps = top * jnp.expm1(gaps)
        return gaps + zero

    def relative(z: Array) -> Array:
        return jnp.exp(log_relative(z))

    def log_slope(z: Array) -> Array:
        slope = jnp.ones_like(z)
        for _ in range(depth - 1):
            z = jnp.exp(z)
            slope = slope * z
        return slope

    def slope(z: Array, weight: Array) -> Array:
        return weight * log_slope(z)

    return Weights(
        relative,
        slope,
        log_relative,
        log_slope,
        largest=1.0,
        differentiable=by_log_slope(relative, log_slope),
    )
