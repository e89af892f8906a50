"""Weights of the normalizers that are powers or polynomials of the logits (see weights.py)."""

import builtins
import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.parameters import known_whole, parameter
from ..base.special import hypotenuse
from ..base.types import Parameter
from . import taylor as taylor_polynomials
from .powers import divide_by, log_of_ratio
from .real_powers import real_power
from .weights import Weights, by_log_slope


def sum(logits: Array, classes: Classes) -> Weights:
    """`g(z) = z`, NaN below 0."""

    def magnitude(z: Array) -> tuple[Array, Array | float]:
        return jnp.where(z >= 0, z, jnp.nan), 1.0

    return _powers(classes.maximum(logits), magnitude, 1)


def abs(logits: Array, classes: Classes) -> Weights:
    """`g(z) = |z|`."""
    return _powers(classes.maximum(jnp.abs(logits)), _magnitude, 1)


def square(logits: Array, classes: Classes) -> Weights:
    """`g(z) = z^2`."""
    top = classes.maximum(jnp.abs(logits))
    ratio = divide_by(top)
    # At 0 the derivative of the amplitude |z| is taken as 0, and its square would have none left.
    return _powers(top, _magnitude, 2)._replace(differentiable=lambda z: ratio(z) ** 2)


def relu(logits: Array, classes: Classes) -> Weights:
    """`g(z) = max(z, 0)`."""

    def magnitude(z: Array) -> tuple[Array, Array]:
        # Not `jnp.maximum`, which takes a masked logit for a number.
        return jnp.where(z > 0, z, 0), (z > 0).astype(z.dtype)

    return _powers(classes.maximum(logits), magnitude, 1)


def power(logits: Array, classes: Classes, *, exponent: Parameter = 1.5) -> Weights:
    """`g(z) = |z|^m`, relative to the largest."""
    m = parameter("power", "exponent", exponent, logits.dtype, low=-math.inf)
    whole = known_whole(exponent)
    size = jnp.abs(m) if whole is None else builtins.abs(whole)
    rising = _rising_powers(classes.maximum(jnp.abs(logits)), size)
    falling = _falling_powers(logits, classes, size)
    if not isinstance(exponent, jax.core.Tracer):
        return falling if exponent < 0 else rising
    is_falling = m < 0

    def either(name: str) -> Callable[..., Array]:
        fall, rise = getattr(falling, name), getattr(rising, name)
        return lambda *args: jnp.where(is_falling, fall(*args), rise(*args))

    return Weights(
        relative=either("relative"),
        slope=either("slope"),
        log_relative=either("log_relative"),
        log_slope=either("log_slope"),
    )


def _rising_powers(top: Array, power: int | Array) -> Weights:
    """`g(z) = |z|^m` for m >= 0."""
    weights = _powers(top, _magnitude, power)

    def slope(z: Array, weight: Array) -> Array:
        # At 0, powers below 1 are infinitely steep; there it is taken as 0.
        return jnp.where(z == 0, 0, weights.slope(z, weight))

    def log_relative(z: Array) -> Array:
        # 0^0 is 1, as the power of any other amplitude is.
        return jnp.where(power == 0, 0, weights.log_relative(z))

    ratio = divide_by(top)

    def differentiable(z: Array) -> Array:
        if not isinstance(power, int):
            return real_power(ratio(_magnitude(z)[0]), power)
        # With the sign if it may be, as the amplitude has the derivative 0 at 0.
        return ratio(z if power % 2 == 0 else _magnitude(z)[0]) ** power

    return weights._replace(
        slope=slope, log_relative=log_relative, differentiable=differentiable
    )


def _falling_powers(logits: Array, classes: Classes, power: int | Array) -> Weights:
    """`g(z) = |z|^{-m}` for m > 0, relative to that of the logit nearest to 0."""
    top = classes.maximum(jnp.abs(logits))
    # NaN if a logit is infinite, or 0, where the weight would be infinite.
    least = -classes.maximum(-jnp.abs(logits)) + (top - top)

    def quotient(z: Array) -> Array:
        return jnp.where(least > 0, least, jnp.nan) / jnp.abs(z)

    def relative(z: Array) -> Array:
        return quotient(z) ** power

    def log_relative(z: Array) -> Array:
        return power * log_of_ratio(quotient(z), least, jnp.abs(z))

    def log_slope(z: Array) -> Array:
        return -power / z

    def slope(z: Array, weight: Array) -> Array:
        return weight * log_slope(z)

    differentiable = by_log_slope(relative, log_slope)
    return Weights(
        relative, slope, log_relative, log_slope, differentiable=differentiable
    )


def spherical(logits: Array, classes: Classes, *, epsilon: Parameter = 1e-3) -> Weights:
    """`g(z) = z^2 + epsilon`."""
    floor = parameter("spherical", "epsilon", epsilon, logits.dtype, low=0, open=True)
    root = jnp.sqrt(floor)
    top = jnp.maximum(classes.maximum(jnp.abs(logits)), root)
    ratio = divide_by(top)
    floor_ratio = ratio(root) ** 2

    def relative(z: Array) -> Array:
        return ratio(z) ** 2 + floor_ratio

    def slope(z: Array, weight: Array) -> Array:
        return ratio(2 * ratio(z))

    def log_relative(z: Array) -> Array:
        amplitude = hypotenuse(z, jnp.broadcast_to(root, jnp.shape(z)))
        return 2 * log_of_ratio(ratio(amplitude), amplitude, top)

    def log_slope(z: Array) -> Array:
        # `2 z / (z^2 + epsilon)` without the square, which may overflow.
        size = jnp.maximum(jnp.abs(z), root)
        return 2 * (z / size) / (z * (z / size) + floor / size)

    return Weights(relative, slope, log_relative, log_slope)


def taylor(logits: Array, classes: Classes, *, order: int = 2) -> Weights:
    """`g(z) = sum_{i <= order} z^i / i!`."""
    order = taylor_polynomials.checked_order(order)
    if order > taylor_polynomials.LOW_ORDER:
        return _taylor_by_quadrature(logits, classes, order)
    top = jnp.maximum(classes.maximum(jnp.abs(logits)), 1)
    ratio = divide_by(top)
    unit = ratio(jnp.ones_like(top))

    def relative(z: Array) -> Array:
        return _homogeneous(ratio(z), unit, order)[0]

    def slope(z: Array, weight: Array) -> Array:
        if order == 2:
            # As one sum, so that it is exactly 0 at z = -1.
            return unit * ratio(1 + z)
        return _homogeneous(ratio(z), unit, order)[1]

    def log_relative(z: Array) -> Array:
        size = jnp.maximum(jnp.abs(z), 1)
        value, _ = _homogeneous(z / size, 1 / size, order)
        return order * log_of_ratio(ratio(size), size, top) + jnp.log(value)

    log_slope = partial(taylor_polynomials.log_slope, order=order)
    differentiable = by_log_slope(relative, log_slope)
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


def _taylor_by_quadrature(logits: Array, classes: Classes, order: int) -> Weights:
    root_and_slope = partial(taylor_polynomials.root_by_quadrature, order=order)
    top = classes.maximum(root_and_slope(logits)[0])
    weights = _powers(top, root_and_slope, order)
    log_slope = partial(taylor_polynomials.log_slope, order=order)
    differentiable = by_log_slope(weights.relative, log_slope)
    return weights._replace(largest=None, differentiable=differentiable)


def _magnitude(z: Array) -> tuple[Array, Array]:
    # At 0 the automatic derivative of `jnp.abs` is not that of the sign.
    return jnp.where(z == 0, 0, jnp.abs(z)), jnp.sign(z)


def _powers(
    top: Array,
    magnitude: Callable[[Array], tuple[Array, Array | float]],
    power: int | Array,
) -> Weights:
    """`g(z) = a(z)^m`, relative to the largest.

    Args:
        top: Largest amplitude a.
        magnitude: Function logits -> (amplitudes, their derivatives).
        power: Power m.
    """
    ratio = divide_by(top)

    def relative(z: Array) -> Array:
        return ratio(magnitude(z)[0]) ** power

    def slope(z: Array, weight: Array) -> Array:
        amplitude, of_amplitude = magnitude(z)
        x = ratio(amplitude)
        return power * x ** (power - 1) * ratio(of_amplitude * jnp.ones_like(z))

    def log_relative(z: Array) -> Array:
        amplitude, _ = magnitude(z)
        return power * log_of_ratio(ratio(amplitude), amplitude, top)

    def log_slope(z: Array) -> Array:
        amplitude, of_amplitude = magnitude(z)
        is_zero = amplitude == 0
        divisor = jnp.where(is_zero, 1, amplitude)
        return jnp.where(is_zero, 0, power * of_amplitude / divisor)

    # Products are rounded alike wherever they are computed, so that this is one of the weights.
    largest = ratio(top) ** power
    return Weights(relative, slope, log_relative, log_slope, largest=largest)
