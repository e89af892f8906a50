"""Logarithms of weighted sums of exponentials, for losses that compare groups of classes."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.special import is_symbolic_zero
from ..base.types import Scalar, Vector


@partial(jax.custom_jvp, nondiff_argnums=(2,))
def log_sum(x: Vector, weights: Vector, one: int = 0) -> Scalar:
    """`log(one + sum_k w_k e^{x_k})`, where `one` is 0 or 1; -inf for a sum of 0."""
    top, terms = _terms(x, weights, one)
    if one:
        # Near 0 the logarithm of a number near 1 would cancel.
        return top + jnp.log1p(jnp.expm1(-top) + jnp.sum(terms))
    return top + jnp.log(jnp.sum(terms))


@partial(log_sum.defjvp, symbolic_zeros=True)
def _log_sum_jvp(
    one: int, primals: tuple[Array, Array], tangents: tuple[Any, Any]
) -> tuple[Array, Array]:
    x, weights = primals
    dx, d_weights = tangents
    top, terms = _terms(x, weights, one)
    total = one * jnp.exp(-top) + jnp.sum(terms)
    safe = jnp.where(total == 0, 1, total)
    tangent = jnp.zeros_like(top)
    if not is_symbolic_zero(dx):
        tangent += jnp.sum(terms / safe * dx)
    if not is_symbolic_zero(d_weights):
        tangent += jnp.sum(jnp.exp(x - top) / safe * d_weights)
    return log_sum(x, weights, one), tangent


def _terms(x: Vector, weights: Vector, one: int) -> tuple[Array, Array]:
    """The largest exponent, and the terms divided by its exponential."""
    is_counted = weights > 0
    least = 0 if one else -jnp.inf
    largest = jnp.max(jnp.where(is_counted, x, least), initial=least)
    # A sum of nothing, or of nothing but masks, has no largest exponent.
    top = jax.lax.stop_gradient(jnp.where(jnp.isneginf(largest), 0, largest))
    # Where a weight is 0, the exponential may overflow.
    return top, weights * jnp.exp(jnp.where(is_counted, x, -jnp.inf) - top)
