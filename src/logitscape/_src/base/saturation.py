"""The hyperbolic tangent as a bound, with derivatives that keep their digits where it saturates."""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from .special import SERIES_RADIUS, SERIES_TERMS, is_symbolic_zero, polynomial


# The automatic derivative `1 - tanh^2` loses its digits where the bound is nearly reached.
@jax.custom_jvp
def soft_capped(z: Array, cap: Array) -> Array:
    """`cap * tanh(z / cap)`, differentiable in both."""
    return cap * jnp.tanh(z / cap)


@partial(soft_capped.defjvp, symbolic_zeros=True)
def _soft_capped_jvp(
    primals: tuple[Array, Array], tangents: tuple[Any, Any]
) -> tuple[Array, Array]:
    z, cap = primals
    dz, dcap = tangents
    x = z / cap
    tangent = jnp.zeros_like(z)
    if not is_symbolic_zero(dz):
        tangent += sech_squared(x) * dz
    if not is_symbolic_zero(dcap):
        tangent += _slope_in_cap(x) * dcap
    return soft_capped(z, cap), tangent


@jax.custom_jvp
def sech_squared(x: Array) -> Array:
    """`1 / cosh(x)^2`."""
    q = jnp.exp(-2 * jnp.abs(x))
    return 4 * q / ((1 + q) * (1 + q))


@sech_squared.defjvp
def _sech_squared_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (x,), (dx,) = primals, tangents
    value = sech_squared(x)
    return value, -2 * jnp.tanh(x) * value * dx


def _slope_in_cap(x: Array) -> Array:
    """`tanh x - x / cosh(x)^2`, the derivative of `c tanh(x)` with `x = z / c` in c.

    It is `(sinh 2x - 2x) / (2 cosh(x)^2)`, whose numerator is a series near 0.
    """
    is_near = jnp.abs(x) < SERIES_RADIUS
    near = jnp.where(is_near, 2 * x, 0)
    # (sinh v - v) / v^3 = 1/3! + v^2/5! + ...
    coefficients = [1 / math.factorial(2 * k + 3) for k in range(SERIES_TERMS // 2)]
    series = near**3 * polynomial(coefficients, near * near)
    far = jnp.tanh(x) - x * sech_squared(x)
    return jnp.where(is_near, series * sech_squared(x) / 2, far)
