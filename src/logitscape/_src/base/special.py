"""Elementary functions that keep their accuracy, and their derivatives, where the textbook formula cancels."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero

SERIES_RADIUS = 0.5
SERIES_TERMS = 18


def is_symbolic_zero(tangent: Any) -> bool:
    """Whether a tangent is known to be zero, so that a rule (with `symbolic_zeros=True`) need not trace what it multiplies."""
    return isinstance(tangent, SymbolicZero)


@jax.custom_jvp
def box_cox(x: Array, q: Array) -> Array:
    """`(e^{q x} - 1) / q`, and its limit x for q x near 0: the Box-Cox transform of `e^x`. Differentiable in both.

    With x = log p it is the q-logarithm of p behind generalized cross-entropy and the Tsallis entropies.
    """
    linear = (q == 0) | (jnp.abs(q * x) < jnp.finfo(x.dtype).eps)  # type: ignore[no-untyped-call]
    return jnp.where(linear, x, jnp.expm1(q * x) / jnp.where(q == 0, 1, q))


@box_cox.defjvp
def _box_cox_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, q), (dx, dq) = primals, tangents
    pole = jnp.isneginf(x)
    finite, divisor = jnp.where(pole, 0, x), jnp.where(q == 0, 1, q)
    power = jnp.exp(q * finite)
    near = jnp.abs(q * finite) < SERIES_RADIUS
    series = polynomial(
        [1 / (math.factorial(k) * (k + 2)) for k in range(SERIES_TERMS)],
        q * jnp.where(near, finite, 0),
    )
    beyond = (finite * power - jnp.expm1(q * finite) / divisor) / divisor
    in_q = jnp.where(near, _finite_square(finite) * series, beyond)
    in_q = jnp.where(pole & (q > 0), 1 / (divisor * divisor), in_q)
    return box_cox(x, q), power * jnp.where(pole, 0, dx) + in_q * dq


def _finite_square(x: Array) -> Array:
    """`x^2`; 0 where it overflows, as forward mode multiplies it with a tangent that may be 0."""
    return jnp.where(jnp.isfinite(x * x), x * x, 0)


def log_slope(log_p: Array, beta: Array) -> Array:
    """The derivative of log p in beta at a fixed `x = (p^beta - 1) / beta`: `(1 - v - e^{-v}) / beta^2`, v = beta log_p."""
    v = beta * log_p
    near = jnp.abs(v) < SERIES_RADIUS
    series = polynomial(
        [(-1) ** k / math.factorial(k + 2) for k in range(SERIES_TERMS)],
        jnp.where(near, v, 0),
    )
    divisor = jnp.where(near, 1, beta)
    return -jnp.where(
        near, _finite_square(log_p) * series, (jnp.expm1(-v) + v) / (divisor * divisor)
    )


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
def _hypotenuse_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, y), (dx, dy) = primals, tangents
    length = hypotenuse(x, y)
    return length, x / length * dx + y / length * dy


@jax.custom_jvp
def over_expm1(x: Array) -> Array:
    """`x / (e^x - 1)` for x >= 0: 1 at 0, and 0 at infinity."""
    inside = (x > 0) & jnp.isfinite(x)
    safe = jnp.where(inside, x, 1)
    return jnp.where(
        inside, safe * jnp.exp(-safe) / -jnp.expm1(-safe), (x <= 0).astype(x.dtype)
    )


@over_expm1.defjvp
def _over_expm1_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (x,), (dx,) = primals, tangents
    value = over_expm1(x)
    small = x < SERIES_RADIUS
    safe = jnp.where(small | jnp.isinf(x), 1, x)
    series = polynomial(
        [-1 / 2, 1 / 6, 0.0, -1 / 180, 0.0, 1 / 5040, 0.0, -1 / 151200], x
    )
    slope = jnp.where(
        small, series, (1 - value - safe) * jnp.exp(-safe) / -jnp.expm1(-safe)
    )
    return value, jnp.where(jnp.isinf(x), 0, slope) * dx


def nan_unless(condition: Array, x: Array) -> Array:
    """NaN in value and derivative, unless the condition holds."""
    return x * (1 + zero_if(condition, x))


def zero_if(condition: Array, x: Array) -> Array:
    """0 if the condition holds, else NaN, of the shape and dtype of x, which is floating; its derivative is 0.

    NaN arises when the program runs, from `x - x`, which no compiler may take for 0, as x might be infinite: XLA on CPUs makes
    anything of the exponential of a NaN that it knows beforehand.
    """
    finite = jax.lax.stop_gradient(jnp.where(jnp.isfinite(x), x, 0))
    return (finite - finite) * jnp.where(condition, 0, jnp.inf).astype(x.dtype)


def dot(target: Array, values: Array) -> Array:
    """`sum_k t_k v_k`, where an infinite value of a class without weight counts as nothing."""
    return jnp.sum(target * counted(target, values))


def counted(target: Array, values: Array) -> Array:
    """The values, but 0 instead of an infinite one of a class without weight."""
    return jnp.where((target == 0) & ~jnp.isfinite(values), 0, values)
