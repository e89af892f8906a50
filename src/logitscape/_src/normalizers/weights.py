"""What a separable normalizer says about itself: the weight of a class, as a function of its logit.

A normalizer is separable if `p_k = g(z_k) / (g_0 + sum_j g(z_j))`, with a function g of one logit
and a constant g_0 that is 0 for most. Stated in this form, any loss can be put on top of it with a
derivative that costs a single pass over the classes (see objectives/pair_rule.py).
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import logistic
from ..base.parameters import is_known_to_be, parameter
from ..base.special import hypotenuse
from ..base.types import Parameter
from ..base.whole_numbers import whole_number
from . import sigmoidal
from . import taylor as taylor_polynomials

Reduction: TypeAlias = Callable[[Array], Array]
"""Function of an array of all classes to a single number, such as `jnp.max`."""


class Weights(NamedTuple):
    """The function g of a separable normalizer, relative to a scale that the classes share.

    The scale is near the largest weight of the example, so that nothing overflows, and all that
    underflows is negligible.

    Attributes:
        relative: Function logits -> weights, elementwise.
        slope: Function (logits, weights) -> derivatives of the weights in the logits.
        log_relative: Function logits -> logarithms of the weights, also where those underflow.
        log_slope: Function logits -> derivatives of these logarithms, `h = g' / g`; 0 where the
            weight is 0.
        log_sink: Logarithm of the weight g_0 of no class; None if g_0 is 0.
        largest: Largest weight, as exact as the weights themselves; None if it is not known.
        log_scale: Logarithm of the scale; NaN where nothing needs it.
        differentiable: The function `relative` in a form whose automatic derivatives keep their
            digits, to second order; None if `relative` has that form.
    """

    relative: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    log_relative: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]
    log_sink: Array | None = None
    largest: Array | float | None = None
    log_scale: Array | float = math.nan
    differentiable: Callable[[Array], Array] | None = None


Weigh: TypeAlias = Callable[..., Weights]
"""Function (logits [n], maximum, **parameters) -> Weights, the statement of a normalizer.

The maximum is the reduction over all classes, some of which may be on other devices.
"""


def softmax(
    logits: Array, maximum: Reduction, *, inverse_temperature: Parameter = 1.0
) -> Weights:
    """`g(z) = e^{c z}`, relative to the largest."""
    top = maximum(logits)
    if is_known_to_be(1, inverse_temperature):
        return _exponentials(top)
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


def softmax_one(logits: Array, maximum: Reduction) -> Weights:
    """`g(z) = e^z` with `g_0 = 1`, relative to the largest of the classes."""
    top = maximum(logits)
    top = jnp.where(jnp.isneginf(top), 0, top)  # all classes are masked
    return _exponentials(top)._replace(log_sink=-top)


def _exponentials(top: Array) -> Weights:
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


def sigmoid(logits: Array, maximum: Reduction) -> Weights:
    """`g(z) = 1 / (1 + e^{-z})`, relative to the largest."""
    top = maximum(logits)
    low = jnp.minimum(top, 0) + (top - top)  # NaN unless the largest logit is finite
    # All e^{-z} are multiplied by e^low, so that none of the largest overflows.
    one = jnp.exp(low)
    largest = one + jnp.exp(low - top)

    def relative(z: Array) -> Array:
        # `largest / (one + e^{low - z})` with one exponential that is at most 1.
        x = jnp.exp(-jnp.abs(z - low))
        return jnp.where(z > low, 1, x) * (largest / (1 + one * x))

    def slope(z: Array, weight: Array) -> Array:
        # `1 - sigmoid(z)` times the weight. The difference is the other way round, so that XLA
        # takes the exponential again: that is faster than to keep an array of all of them.
        x = jnp.exp(-jnp.abs(low - z))
        return jnp.where(z > low, x, 1) * (weight / (1 + one * x))

    def log_relative(z: Array) -> Array:
        return jax.nn.log_sigmoid(z) - jax.nn.log_sigmoid(top)

    def log_slope(z: Array) -> Array:
        return logistic(-z)

    differentiable = _by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def sigsoftmax(logits: Array, maximum: Reduction) -> Weights:
    """`g(z) = e^z sigmoid(z)`, relative to the largest."""
    top = maximum(logits)
    low = jnp.minimum(top, 0)
    # With x = e^{z - top} the logistic function is `one x / (one x + odds)`.
    one = jnp.exp(low)
    tiny = float(jnp.finfo(logits.dtype).tiny)  # type: ignore[no-untyped-call]
    odds = jnp.maximum(jnp.exp(low - top), tiny)

    def relative(z: Array) -> Array:
        x = jnp.exp(z - top)
        return (one + odds) * x * (x / (one * x + odds))

    def slope(z: Array, weight: Array) -> Array:
        return weight * (1 + odds / (one * jnp.exp(z - top) + odds))

    def log_relative(z: Array) -> Array:
        return (z - top) + (jax.nn.log_sigmoid(z) - jax.nn.log_sigmoid(top))

    def log_slope(z: Array) -> Array:
        return 1 + logistic(-z)

    differentiable = _by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def softplus(logits: Array, maximum: Reduction) -> Weights:
    """`g(z) = log(1 + e^z)`, relative to the largest."""
    top = maximum(logits)
    low = jnp.minimum(top, 0)
    # Where all logits are far to the left, g is about e^z. It is divided by e^low, which is not
    # allowed to underflow: below eps^2 it makes no difference to `log1p(one x) / one`.
    eps = float(jnp.finfo(logits.dtype).eps)  # type: ignore[no-untyped-call]
    one = jnp.maximum(jnp.exp(low), eps**2)

    def scaled(z: Array) -> Array:
        x = jnp.exp(-jnp.abs(z) - low)
        return jnp.maximum(z, 0) + jnp.log1p(one * x) / one

    inverse = 1 / scaled(top)

    def relative(z: Array) -> Array:
        return scaled(z) * inverse

    def slope(z: Array, weight: Array) -> Array:
        x = jnp.exp(-jnp.abs(z) - low)
        return jnp.where(z > 0, 1, x) / (1 + one * x) * inverse

    def log_relative(z: Array) -> Array:
        return sigmoidal.log_softplus(z) - sigmoidal.log_softplus(top)

    log_slope = sigmoidal.log_softplus_slope
    differentiable = _by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def iterated_exponential(
    logits: Array, maximum: Reduction, *, depth: int = 2
) -> Weights:
    """`g(z) = exp(exp(... z))`, relative to the largest."""
    depth = whole_number("iterated_exponential", "depth", depth, low=1)
    tops = [maximum(logits)]
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
        differentiable=_by_log_slope(relative, log_slope),
    )


def sum(logits: Array, maximum: Reduction) -> Weights:
    """`g(z) = z`, NaN below 0."""

    def magnitude(z: Array) -> tuple[Array, Array | float]:
        return jnp.where(z >= 0, z, jnp.nan), 1.0

    return _powers(maximum(logits), magnitude, 1)


def abs(logits: Array, maximum: Reduction) -> Weights:
    """`g(z) = |z|`."""
    return _powers(maximum(jnp.abs(logits)), _magnitude, 1)


def square(logits: Array, maximum: Reduction) -> Weights:
    """`g(z) = z^2`."""
    top = maximum(jnp.abs(logits))
    ratio = _divide_by(top)
    # At 0 the derivative of the amplitude |z| is taken as 0, and its square would have none left.
    return _powers(top, _magnitude, 2)._replace(differentiable=lambda z: ratio(z) ** 2)


def relu(logits: Array, maximum: Reduction) -> Weights:
    """`g(z) = max(z, 0)`."""

    def magnitude(z: Array) -> tuple[Array, Array]:
        # Not `jnp.maximum`, which takes a masked logit for a number.
        return jnp.where(z > 0, z, 0), (z > 0).astype(z.dtype)

    return _powers(maximum(logits), magnitude, 1)


def spherical(
    logits: Array, maximum: Reduction, *, epsilon: Parameter = 1e-3
) -> Weights:
    """`g(z) = z^2 + epsilon`."""
    floor = parameter("spherical", "epsilon", epsilon, logits.dtype, low=0, open=True)
    root = jnp.sqrt(floor)
    top = jnp.maximum(maximum(jnp.abs(logits)), root)
    ratio = _divide_by(top)
    floor_ratio = ratio(root) ** 2

    def relative(z: Array) -> Array:
        return ratio(z) ** 2 + floor_ratio

    def slope(z: Array, weight: Array) -> Array:
        return ratio(2 * ratio(z))

    def log_relative(z: Array) -> Array:
        amplitude = hypotenuse(z, jnp.broadcast_to(root, jnp.shape(z)))
        return 2 * _log_ratio(ratio(amplitude), amplitude, top)

    def log_slope(z: Array) -> Array:
        # `2 z / (z^2 + epsilon)` without the square, which may overflow.
        size = jnp.maximum(jnp.abs(z), root)
        return 2 * (z / size) / (z * (z / size) + floor / size)

    return Weights(relative, slope, log_relative, log_slope)


def taylor(logits: Array, maximum: Reduction, *, order: int = 2) -> Weights:
    """`g(z) = sum_{i <= order} z^i / i!`."""
    order = taylor_polynomials.checked_order(order)
    if order > taylor_polynomials.LOW_ORDER:
        return _taylor_by_quadrature(logits, maximum, order)
    top = jnp.maximum(maximum(jnp.abs(logits)), 1)
    ratio = _divide_by(top)
    unit = ratio(jnp.ones_like(top))

    def relative(z: Array) -> Array:
        return _homogeneous(ratio(z), unit, order)[0]

    def slope(z: Array, weight: Array) -> Array:
        return _homogeneous(ratio(z), unit, order)[1]

    def log_relative(z: Array) -> Array:
        size = jnp.maximum(jnp.abs(z), 1)
        value, _ = _homogeneous(z / size, 1 / size, order)
        return order * _log_ratio(ratio(size), size, top) + jnp.log(value)

    def log_slope(z: Array) -> Array:
        size = jnp.maximum(jnp.abs(z), 1)
        value, derivative = _homogeneous(z / size, 1 / size, order)
        return derivative / value

    differentiable = _by_log_slope(
        relative, partial(taylor_polynomials.log_slope, order=order)
    )
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def _homogeneous(x: Array, unit: Array, order: int) -> tuple[Array, Array]:
    """`T(z) u^order` of the Taylor polynomial T at z = x / u, and its derivative in z."""
    terms = [unit ** (order - i) / math.factorial(i) for i in range(order + 1)]
    value = terms[order]
    for term in reversed(terms[:order]):
        value = value * x + term
    # The derivative of T is the polynomial of the next lower order.
    slope = terms[order - 1] * jnp.ones_like(x)
    for term in reversed(terms[: order - 1]):
        slope = slope * x + term
    return value, slope


def _taylor_by_quadrature(logits: Array, maximum: Reduction, order: int) -> Weights:
    root_and_slope = partial(taylor_polynomials.root_by_quadrature, order=order)
    top = maximum(root_and_slope(logits)[0])
    weights = _powers(top, root_and_slope, order)
    log_slope = partial(taylor_polynomials.log_slope, order=order)
    differentiable = _by_log_slope(weights.relative, log_slope)
    return weights._replace(largest=None, differentiable=differentiable)


def _magnitude(z: Array) -> tuple[Array, Array]:
    # At 0 the automatic derivative of `jnp.abs` is not that of the sign.
    return jnp.where(z == 0, 0, jnp.abs(z)), jnp.sign(z)


def _powers(
    top: Array,
    magnitude: Callable[[Array], tuple[Array, Array | float]],
    power: int,
) -> Weights:
    """`g(z) = a(z)^m`, relative to the largest.

    Args:
        top: Largest amplitude a.
        magnitude: Function logits -> (amplitudes, their derivatives).
        power: Power m.
    """
    ratio = _divide_by(top)

    def relative(z: Array) -> Array:
        return ratio(magnitude(z)[0]) ** power

    def slope(z: Array, weight: Array) -> Array:
        amplitude, of_amplitude = magnitude(z)
        x = ratio(amplitude)
        return power * x ** (power - 1) * ratio(of_amplitude * jnp.ones_like(z))

    def log_relative(z: Array) -> Array:
        amplitude, _ = magnitude(z)
        return power * _log_ratio(ratio(amplitude), amplitude, top)

    def log_slope(z: Array) -> Array:
        amplitude, of_amplitude = magnitude(z)
        is_zero = amplitude == 0
        divisor = jnp.where(is_zero, 1, amplitude)
        return jnp.where(is_zero, 0, power * of_amplitude / divisor)

    # Products are rounded alike wherever they are computed, so that this is one of the weights.
    largest = ratio(top) ** power
    return Weights(relative, slope, log_relative, log_slope, largest=largest)


def _by_log_slope(
    relative: Callable[[Array], Array], log_slope: Callable[[Array], Array]
) -> Callable[[Array], Array]:
    """The weights, differentiated by `dg = g h dz` with the derivative h of their logarithms."""

    def differentiable(z: Array) -> Array:
        # A factor of e^0, in which the 0 has the derivative h.
        factor = jnp.exp(_zero_with_slope(z, log_slope(z)))
        return jax.lax.stop_gradient(relative(z)) * factor

    return differentiable


@jax.custom_jvp
def _zero_with_slope(z: Array, slope: Array) -> Array:
    return jnp.zeros_like(z)


@_zero_with_slope.defjvp
def _zero_with_slope_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    _, slope = primals
    dz, _ = tangents
    return _zero_with_slope(*primals), slope * dz


def _log_ratio(ratio: Array, x: Array, top: Array) -> Array:
    """`log(x / top)` from the ratio, or from two logarithms where that underflows."""
    # Not a difference of logarithms throughout: for a ratio near 1 that would cancel.
    underflows = ratio < jnp.finfo(ratio.dtype).tiny  # type: ignore[no-untyped-call]
    log = jnp.log(jnp.where(underflows, x, ratio))
    return log - jnp.where(underflows, jnp.log(top), 0)


def _divide_by(top: Array) -> Callable[[Array], Array]:
    """The function `x -> x / top`, NaN unless the top is positive and finite.

    It multiplies by the reciprocal, as compiled programs do in any case. The power of two keeps
    that from underflowing where the top is among the largest numbers.
    """
    # Only ratios of weights matter, so that the scale needs no derivative.
    top = jax.lax.stop_gradient(top)
    step = jnp.where(top > 1, 0.125, 1.0).astype(top.dtype)
    inverse = 1 / (top * step)
    inverse = jnp.where((top > 0) & jnp.isfinite(top), inverse, jnp.nan)
    return lambda x: (x * step) * inverse
