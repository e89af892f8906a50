"""Differences of digamma functions that keep their digits where both are large and nearly equal.

From `digamma(x + 1) = digamma(x) + 1/x` and the series of Stirling, whose terms are subtracted one
by one: 1/u - 1/v is (v - u) / (u v).
"""

from fractions import Fraction

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import bernoulli_series
from ..base.types import Vector
from .distribution import sum_of_others

STEPS = 10
"""Number of steps from x to where the series is used: at 11 its 8th term is below 1e-17."""
TERMS = 7


def digamma_difference(a: Vector) -> Vector:
    """`digamma(sum_j a_j) - digamma(a_k)` for every class k; all a are at least 1."""
    return digamma_gap(a, sum_of_others(a))


@jax.custom_jvp
def digamma_gap(a: Array, d: Array) -> Array:
    """`digamma(a + d) - digamma(a)` for d >= 0."""
    steps = sum(_reciprocal_gap(a + i, d) for i in range(STEPS))
    x, y = 1 / (a + STEPS), 1 / (a + d + STEPS)
    gap = _reciprocal_gap(a + STEPS, d)
    series = jnp.log1p(d / (a + STEPS)) + gap / 2
    of_squares = first = gap * (x + y)
    for j, coefficient in enumerate(_bernoulli(), start=1):
        series += coefficient / (2 * j) * of_squares
        of_squares = x * x * of_squares + y ** (2 * j) * first
    return steps + series


@digamma_gap.defjvp
def _difference_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """`trigamma(a + d) (da + dd) - trigamma(a) da`."""
    (a, d), (da, dd) = primals, tangents
    return digamma_gap(a, d), trigamma(a + d) * dd - trigamma_gap(a, d) * da


def trigamma(u: Array) -> Array:
    """The derivative of digamma, for u >= 1."""
    x = 1 / (u + STEPS)
    total = x + x * x / 2
    for j, coefficient in enumerate(_bernoulli(), start=1):
        total += coefficient * x ** (2 * j + 1)
    return total + sum((1 / (u + i)) ** 2 for i in range(STEPS))


def trigamma_gap(a: Array, d: Array) -> Array:
    """`trigamma(a) - trigamma(a + d)`."""
    steps = sum(
        _reciprocal_gap(a + i, d) * (1 / (a + i) + 1 / (a + d + i))
        for i in range(STEPS)
    )
    x, y = 1 / (a + STEPS), 1 / (a + d + STEPS)
    gap = _reciprocal_gap(a + STEPS, d)
    of_squares = gap * (x + y)
    total, of_odd = gap + of_squares / 2, gap
    for j, coefficient in enumerate(_bernoulli(), start=1):
        of_odd = x * x * of_odd + y ** (2 * j - 1) * of_squares
        total += coefficient * of_odd
    return steps + total


def _reciprocal_gap(u: Array, d: Array) -> Array:
    """`1 / u - 1 / (u + d)`, in which nothing overflows."""
    return d / (u + d) / u


def _bernoulli() -> list[float]:
    """The Bernoulli numbers B_2, B_4, ..."""
    found, factorial = [], Fraction(1)
    for j, scaled in enumerate(bernoulli_series(TERMS + 1)[1:], start=1):
        factorial *= (2 * j - 1) * (2 * j)
        found.append(float(scaled * factorial))
    return found
