"""Logarithms of weighted sums of exponentials, for losses that compare groups of classes."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest
from ..base.special import is_symbolic_zero
from ..base.types import Scalar, Vector


@partial(jax.custom_jvp, nondiff_argnums=(2,))
def log_sum(x: Vector, weights: Vector, one: int = 0) -> Scalar:
    """`log(one + sum_k w_k e^{x_k})`, where `one` is 0 or 1; -inf for a sum of 0."""
    top, terms = _terms(x, weights, one)
    value = top + (_log_with_one(top, terms) if one else _log_of_sum(terms))
    is_infinite = jnp.any(jnp.isposinf(x) & (weights > 0))
    return jnp.where(is_infinite, jnp.inf, value)


@partial(log_sum.defjvp, symbolic_zeros=True)
def _log_sum_jvp(
    one: int, primals: tuple[Array, Array], tangents: tuple[Any, Any]
) -> tuple[Array, Array]:
    x, weights = primals
    dx, d_weights = tangents
    top, terms = _terms(x, weights, one)
    total = jnp.sum(terms) + (jnp.exp(-top) if one else 0)
    safe = jnp.where(total == 0, 1, total)
    tangent = jnp.zeros_like(top)
    if not is_symbolic_zero(dx):
        tangent += jnp.sum(terms / safe * dx)
    if not is_symbolic_zero(d_weights):
        rises = jnp.exp(x - top) / safe
        # An infinite slope would make NaN of a weight that stays as it is.
        tangent += jnp.sum(jnp.where(jnp.isfinite(rises), rises, 0) * d_weights)
    return log_sum(x, weights, one), tangent


def _log_with_one(top: Scalar, terms: Vector) -> Scalar:
    """The logarithm of `e^{-top}` and the sum, in which nothing cancels near a sum of 0."""
    return jnp.log1p(jnp.expm1(-top) + jnp.sum(terms))


def _log_of_sum(terms: Vector) -> Scalar:
    """The logarithm of the sum, accurate near a sum of 1 if one term is that 1."""
    is_largest = first_largest(terms)
    largest = jnp.sum(jnp.where(is_largest, terms, 0))
    others = jnp.sum(jnp.where(is_largest, 0, terms))
    return jnp.log(largest) + jnp.log1p(others / jnp.where(largest == 0, 1, largest))


def _terms(x: Vector, weights: Vector, one: int) -> tuple[Array, Array]:
    """The largest exponent, and the terms divided by its exponential."""
    is_counted = weights > 0
    least = 0 if one else -jnp.inf
    largest = jnp.max(jnp.where(is_counted, x, least), initial=least)
    # A sum of nothing, or of nothing but masks, has no largest exponent. Beside an infinite
    # one all others count nothing.
    top = jax.lax.stop_gradient(jnp.where(jnp.isinf(largest), 0, largest))
    others = jnp.where(jnp.isposinf(largest), -jnp.inf, x - top)
    exponents = jnp.where(jnp.isposinf(x), 0, others)
    # Where a weight is 0, the exponential may overflow.
    return top, weights * jnp.exp(jnp.where(is_counted, exponents, -jnp.inf))
