"""Functions made of exponentials, whose derivatives keep their digits at both ends."""

import math
from fractions import Fraction
from functools import cache

import jax
import jax.numpy as jnp
from jax import Array

from .special import SERIES_RADIUS, SERIES_TERMS, polynomial

BERNOULLI_RADIUS = 2.0
"""Argument of `over_expm1` below which its slope is a series, with `SERIES_TERMS` terms too.

The series converges up to 2 pi, so that the first term left out is below (1 / pi)^36, or 1e-17.
"""


# JAX differentiates `expm1(-x)` to `expm1(-x) + 1`, which cancels for large x.
@jax.custom_jvp
def exp_complement(x: Array) -> Array:
    """`1 - e^{-x}`, whose derivative `e^{-x}` keeps its digits."""
    return -jnp.expm1(-x)


@exp_complement.defjvp
def _exp_complement_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (x,) = primals
    (dx,) = tangents
    return exp_complement(x), jnp.exp(-x) * dx


# JAX differentiates the logistic function s to `s (1 - s)`, which is 0 where s rounds to 1.
@jax.custom_jvp
def logistic(x: Array) -> Array:
    """The logistic function `s(x) = 1 / (1 + e^{-x})`, whose derivative is `s(x) s(-x)` here."""
    tail = jnp.exp(-jnp.abs(x))
    return jnp.where(x < 0, tail, 1) / (1 + tail)


@logistic.defjvp
def _logistic_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,) = primals
    (dx,) = tangents
    return logistic(x), logistic(x) * logistic(-x) * dx


@jax.custom_jvp
def softplus(x: Array) -> Array:
    """`log(1 + e^x)`, whose derivatives of every order keep their digits."""
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,) = primals
    (dx,) = tangents
    return softplus(x), logistic(x) * dx


# Differentiated by JAX, the quotient would cancel near 0.
@jax.custom_jvp
def exprel(x: Array) -> Array:
    """`(e^x - 1) / x`, which is 1 at 0."""
    is_zero = x == 0
    return jnp.where(is_zero, 1, jnp.expm1(x) / jnp.where(is_zero, 1, x))


@exprel.defjvp
def _exprel_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """`(1 + (x - 1) e^x) / x^2 dx`, a series near 0."""
    (x,) = primals
    (dx,) = tangents
    is_near = jnp.abs(x) < SERIES_RADIUS
    coefficients = [(k + 1) / math.factorial(k + 2) for k in range(SERIES_TERMS)]
    series = polynomial(coefficients, jnp.where(is_near, x, 0))
    far = jnp.where(is_near, 1, x)
    closed_form = (jnp.exp(far) - exprel(far)) / far
    return exprel(x), jnp.where(is_near, series, closed_form) * dx


@jax.custom_jvp
def over_expm1(x: Array) -> Array:
    """`x / (e^x - 1)` for x >= 0: 1 at 0, and 0 at infinity."""
    is_inside = (x > 0) & jnp.isfinite(x)
    safe = jnp.where(is_inside, x, 1)
    # Written with e^{-x}, as e^x overflows long before the quotient underflows.
    quotient = safe * jnp.exp(-safe) / -jnp.expm1(-safe)
    at_the_ends = (x <= 0).astype(x.dtype)
    return jnp.where(is_inside, quotient, at_the_ends)


@over_expm1.defjvp
def _over_expm1_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    """`(1 - f(x) - x) / (e^x - 1) dx`, which cancels near 0 and is a series there."""
    (x,) = primals
    (dx,) = tangents
    value = over_expm1(x)
    is_small = x < BERNOULLI_RADIUS
    safe = jnp.where(is_small | jnp.isinf(x), BERNOULLI_RADIUS, x)
    # The series is -1/2 + sum_k 2k b_{2k} x^{2k - 1}, b being `bernoulli_series`.
    odd = [2 * k * b for k, b in enumerate(bernoulli_series(SERIES_TERMS)) if k > 0]
    near = jnp.where(is_small, x, 0)
    series = near * polynomial(odd, near * near) - 0.5
    closed_form = (1 - value - safe) * jnp.exp(-safe) / -jnp.expm1(-safe)
    slope = jnp.where(is_small, series, closed_form)
    return value, jnp.where(jnp.isinf(x), 0, slope) * dx


@cache
def bernoulli_series(terms: int) -> tuple[float, ...]:
    """The coefficients `B_{2k} / (2k)!`, B being the Bernoulli numbers.

    `x / (e^x - 1) = -x / 2 + sum_k b_k x^{2k}` and `x coth x = sum_k b_k (2x)^{2k}`.
    """
    exact = [Fraction(1)]
    for n in range(1, 2 * terms):
        known = [b / math.factorial(n + 1 - k) for k, b in enumerate(exact)]
        exact.append(-sum(known, Fraction(0)))
    return tuple(map(float, exact[::2]))
