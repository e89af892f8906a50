"""Elementary functions, accurate where the textbook formulas or their derivatives cancel."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero

# At this radius the closed forms have lost about two bits to cancellation, and lose
# more the nearer the argument is to 0.
SERIES_RADIUS = 0.5
"""Absolute value of the argument below which a power series replaces the closed form."""
SERIES_TERMS = 18
"""Number of terms of those series, enough for float64: 0.5^18 / 18! is below 1e-21."""


def is_symbolic_zero(tangent: Any) -> bool:
    """Whether a tangent is known to be zero, so that its part of a derivative need not be traced.

    JAX passes such tangents only to rules that are defined with `symbolic_zeros=True`.
    """
    return isinstance(tangent, SymbolicZero)


# JAX differentiates expm1 to `expm1 + 1`, which loses e^{q x} where q x is far below 0.
@jax.custom_jvp
def box_cox(x: Array, q: Array) -> Array:
    """Box-Cox transform of `e^x`: `(e^{q x} - 1) / q`, and x where q x is near 0.

    With x = log p it is the q-logarithm of p, on which generalized cross-entropy and the Tsallis
    entropies are built. It is differentiable in both arguments.
    """
    eps = jnp.finfo(x.dtype).eps  # type: ignore[no-untyped-call]
    # Where q x underflows, the quotient would be 0 and not x.
    is_linear = (q == 0) | (jnp.abs(q * x) < eps)
    return jnp.where(is_linear, x, jnp.expm1(q * x) / jnp.where(q == 0, 1, q))


@box_cox.defjvp
def _box_cox_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """`e^{q x} dx + (x e^{q x} - (e^{q x} - 1) / q) / q dq`, the latter as a series near 0."""
    x, q = primals
    dx, dq = tangents
    is_pole = jnp.isneginf(x)
    # Branches that are not taken are differentiated too: their arguments must stay harmless.
    finite = jnp.where(is_pole, 0, x)
    divisor = jnp.where(q == 0, 1, q)
    power = jnp.exp(q * finite)
    is_near = jnp.abs(q * finite) < SERIES_RADIUS
    coefficients = [1 / (math.factorial(k) * (k + 2)) for k in range(SERIES_TERMS)]
    series = polynomial(coefficients, q * jnp.where(is_near, finite, 0))
    closed_form = (finite * power - jnp.expm1(q * finite) / divisor) / divisor
    slope_in_q = jnp.where(is_near, _finite_square(finite) * series, closed_form)
    # At x = -inf and q > 0 the value is -1 / q, which only q can move.
    slope_in_q = jnp.where(is_pole & (q > 0), 1 / (divisor * divisor), slope_in_q)
    return box_cox(x, q), power * jnp.where(is_pole, 0, dx) + slope_in_q * dq


def _finite_square(x: Array) -> Array:
    """`x^2`, but 0 where it overflows."""
    # Forward mode multiplies it with a tangent, and infinity times a tangent of 0 is NaN.
    return jnp.where(jnp.isfinite(x * x), x * x, 0)


def log_slope(log_p: Array, beta: Array) -> Array:
    """Derivative of log p in beta at a fixed `x = (p^beta - 1) / beta`.

    It is `(1 - v - e^{-v}) / beta^2` with `v = beta log_p`, computed as a series near v = 0.
    """
    v = beta * log_p
    is_near = jnp.abs(v) < SERIES_RADIUS
    coefficients = [(-1) ** k / math.factorial(k + 2) for k in range(SERIES_TERMS)]
    series = polynomial(coefficients, jnp.where(is_near, v, 0))
    # Near v = 0, where the closed form is not taken, beta may be 0.
    divisor = jnp.where(is_near, 1, beta)
    from_series = _finite_square(log_p) * series
    closed_form = (jnp.expm1(-v) + v) / (divisor * divisor)
    return -jnp.where(is_near, from_series, closed_form)


def polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """`sum_k coefficients[k] x^k` by Horner's rule."""
    total = jnp.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


# Differentiated by JAX, the quotient would contain `1 / larger^2`, which overflows or
# underflows long before the derivative itself.
@jax.custom_jvp
def hypotenuse(x: Array, y: Array) -> Array:
    """`sqrt(x^2 + y^2)` for y > 0; neither the value nor its derivative overflows on the way."""
    larger = jnp.maximum(jnp.abs(x), y)
    smaller = jnp.minimum(jnp.abs(x), y)
    return larger * jnp.sqrt(1 + (smaller / larger) ** 2)


@hypotenuse.defjvp
def _hypotenuse_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    x, y = primals
    dx, dy = tangents
    length = hypotenuse(x, y)
    return length, x / length * dx + y / length * dy


def nan_unless(condition: Array, x: Array) -> Array:
    """x, but NaN in value and derivative unless the condition holds."""
    # The factor is also that of the derivative, which an added NaN would not change.
    return x * (1 + zero_if(condition, x))


def zero_if(condition: Array, x: Array) -> Array:
    """0 if the condition holds, otherwise NaN; of the shape and dtype of x, with derivative 0."""
    # The NaN has to arise when the program runs, from 0 * inf. XLA on CPUs miscompiles functions
    # such as the exponential of a NaN that it knows at compile time. `finite - finite` is a 0
    # that no compiler may simplify, as for all it knows the difference may be inf - inf.
    finite = jax.lax.stop_gradient(jnp.where(jnp.isfinite(x), x, 0))
    return (finite - finite) * jnp.where(condition, 0, jnp.inf).astype(x.dtype)


def dot(target: Array, values: Array) -> Array:
    """`sum_k t_k v_k`, in which a class of weight 0 counts as 0 even if its value is infinite."""
    return jnp.sum(target * counted(target, values))


def counted(target: Array, values: Array) -> Array:
    """The values, with 0 in place of one that is not finite where the class has weight 0."""
    # A finite value stays even at weight 0, as the derivative of the sum in the target.
    return jnp.where((target == 0) & ~jnp.isfinite(values), 0, values)
