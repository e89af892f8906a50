"""Elementary functions that keep their accuracy, and their derivatives, where the textbook formula cancels."""

import math

import jax
import jax.numpy as jnp
from jax import Array

SERIES_RADIUS = 0.5
SERIES_TERMS = 18


@jax.custom_jvp
def box_cox(x: Array, q: Array) -> Array:
    """`(e^{q x} - 1) / q`, and its limit x at q = 0: the Box-Cox transform of `e^x`. Differentiable in both.

    With x = log p it is the q-logarithm of p behind generalized cross-entropy and the Tsallis entropies.
    """
    return jnp.where(q == 0, x, jnp.expm1(q * x) / jnp.where(q == 0, 1, q))


@box_cox.defjvp
def _box_cox_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (x, q), (dx, dq) = primals, tangents
    finite = jnp.where(jnp.isneginf(x), 0, x)
    in_q = jnp.where(jnp.isneginf(x) & (q > 0), 1 / jnp.where(q == 0, 1, q * q), finite**2 * _second(q * finite))
    return box_cox(x, q), jnp.exp(q * finite) * jnp.where(jnp.isneginf(x), 0, dx) + in_q * dq


def _second(u: Array) -> Array:
    """`((u - 1) e^u + 1) / u^2`, 1/2 at 0."""
    small = jnp.abs(u) < SERIES_RADIUS
    safe = jnp.where(small, 1, u)
    series = polynomial([1 / (math.factorial(k) * (k + 2)) for k in range(SERIES_TERMS)], u)
    return jnp.where(small, series, (safe * jnp.exp(safe) - jnp.expm1(safe)) / (safe * safe))


def exp_remainder(v: Array) -> Array:
    """`(e^{-v} - 1 + v) / v^2`, 1/2 at 0."""
    small = jnp.abs(v) < SERIES_RADIUS
    safe = jnp.where(small, 1, v)
    series = polynomial([(-1) ** k / math.factorial(k + 2) for k in range(SERIES_TERMS)], v)
    return jnp.where(small, series, (jnp.expm1(-safe) + safe) / (safe * safe))


def polynomial(coefficients: list[float], x: Array) -> Array:
    """`sum_k coefficients[k] x^k` by Horner's rule."""
    total = jnp.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


@jax.custom_jvp
def hypotenuse(x: Array, y: Array) -> Array:
    """`sqrt(x^2 + y^2)` for y > 0, without overflow, and with a derivative that neither overflows."""
    larger, smaller = jnp.maximum(jnp.abs(x), y), jnp.minimum(jnp.abs(x), y)
    return larger * jnp.sqrt(1 + (smaller / larger) ** 2)


@hypotenuse.defjvp
def _hypotenuse_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (x, y), (dx, dy) = primals, tangents
    length = hypotenuse(x, y)
    return length, x / length * dx + y / length * dy


def dot(target: Array, values: Array) -> Array:
    """`sum_k t_k v_k`, where an infinite value of a class without weight counts as nothing."""
    return jnp.sum(target * jnp.where((target == 0) & ~jnp.isfinite(values), 0, values))
