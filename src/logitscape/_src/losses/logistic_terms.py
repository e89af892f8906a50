"""The terms of losses with a sigmoid for every class, with derivatives that keep their digits."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import logistic, softplus
from ..base.special import counted, is_symbolic_zero
from ..base.types import Parameter

MOST_FACTORS = 8
"""Largest exponent for which a product is quicker than an exponential."""


# One exponential and one logarithm, where two softplus functions would take two of each.
@jax.custom_jvp
def weighted_logistic(z: Array, yes: Array, no: Array) -> Array:
    """`yes * softplus(-z) + no * softplus(z)`; a term of weight 0 counts as 0."""
    up, down = jnp.maximum(z, 0), jnp.maximum(-z, 0)
    common = (yes + no) * jnp.log1p(jnp.exp(-jnp.abs(z)))
    return common + no * counted(no, up) + yes * counted(yes, down)


@partial(weighted_logistic.defjvp, symbolic_zeros=True)
def _weighted_logistic_jvp(
    primals: tuple[Array, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    z, yes, no = primals
    dz, d_yes, d_no = tangents
    tangent = jnp.zeros_like(z)
    if not is_symbolic_zero(dz):
        tangent += (no * logistic(z) - yes * logistic(-z)) * dz
    # At an infinite logit a weight of 0 must not become infinite times 0.
    finite = jnp.where(jnp.isinf(z), 0, z)
    if not is_symbolic_zero(d_yes):
        tangent += softplus(-finite) * d_yes
    if not is_symbolic_zero(d_no):
        tangent += softplus(finite) * d_no
    return weighted_logistic(z, yes, no), tangent


def whole_exponent(gamma: Parameter) -> int | None:
    """A known small whole number, by which powers are products; None for any other exponent."""
    is_known = isinstance(gamma, int | float) and not isinstance(gamma, bool)
    return int(gamma) if is_known and gamma in range(MOST_FACTORS + 1) else None


# The automatic derivative would be infinity times 0 at both ends.
@partial(jax.custom_jvp, nondiff_argnums=(2,))
def damped_softplus(u: Array, gamma: Array, whole: int | None = None) -> Array:
    """`s(u)^gamma softplus(u)`, s being the logistic function.

    With p = s(-u) it is `-(1 - p)^gamma log p`.
    """
    return _power_of_logistic(u, gamma, whole) * softplus(u)


@partial(damped_softplus.defjvp, symbolic_zeros=True)
def _damped_softplus_jvp(
    whole: int | None, primals: tuple[Array, Array], tangents: tuple[Any, Any]
) -> tuple[Array, Array]:
    """`s^gamma (gamma (1 - s) softplus + s) du + s^gamma softplus log(s) d_gamma`."""
    u, gamma = primals
    du, d_gamma = tangents
    finite = jnp.where(jnp.isinf(u), 0, u)
    power = _power_of_logistic(u, gamma, whole)
    tangent = jnp.zeros_like(u)
    if not is_symbolic_zero(du):
        pull = jnp.where(jnp.isinf(u), 0, logistic(-finite) * softplus(finite))
        tangent += power * (gamma * pull + logistic(u)) * du
    if not is_symbolic_zero(d_gamma):
        slope = power * softplus(finite) * -softplus(-finite)
        tangent += jnp.where(jnp.isinf(u), 0, slope) * d_gamma
    return damped_softplus(u, gamma, whole), tangent


def _power_of_logistic(u: Array, gamma: Array, whole: int | None) -> Array:
    if whole is not None:
        return logistic(u) ** whole
    # For gamma = 0 the product could be 0 times infinity.
    return jnp.exp(-jnp.where(gamma == 0, 0, gamma * softplus(-u)))


@partial(jax.custom_jvp, nondiff_argnums=(3,))
def shifted_miss(
    z: Array, gamma: Array, shift: Array, whole: int | None = None
) -> Array:
    """`-q^gamma log(1 - q)` of the shifted probability `q = max(s(z) - shift, 0)`."""
    _, q, missed = _shifted(z, shift)
    return _power(q, gamma, whole) * missed


@partial(shifted_miss.defjvp, symbolic_zeros=True)
def _shifted_miss_jvp(
    whole: int | None, primals: tuple[Array, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """`q^gamma (gamma missed / q + 1 / (1 - q)) (dp - d_shift) + q^gamma missed log(q) d_gamma`,
    with `missed = -log(1 - q)`; 0 where q is 0.
    """
    z, gamma, shift = primals
    dz, d_gamma, d_shift = tangents
    is_counted, q, missed = _shifted(z, shift)
    power = _power(q, gamma, whole)
    rest = logistic(-z) + shift
    safe_rest = jnp.where(rest == 0, 1, rest)
    # With a shift of 0, p / q is 1 even where both underflow.
    of_p = gamma * missed * _ratio(logistic(z), q)
    finite = jnp.where(jnp.isinf(z), 0, z)
    tangent = jnp.zeros_like(z)
    if not is_symbolic_zero(dz):
        # p (1 - p) / (1 - q), in which 1 - p may underflow at a shift of 0, where it is p.
        share = jnp.where(shift == 0, 1, logistic(-z) / safe_rest)
        pull = (
            logistic(-finite) * jnp.where(jnp.isinf(z), 0, of_p) + logistic(z) * share
        )
        tangent += jnp.where(is_counted, power * pull, 0) * dz
    if not is_symbolic_zero(d_gamma):
        log_q = jnp.log(jnp.where(is_counted, q, 1))
        tangent += jnp.where(is_counted, power * missed * log_q, 0) * d_gamma
    if not is_symbolic_zero(d_shift):
        slope = power * (gamma * _ratio(missed, q) + 1 / safe_rest)
        tangent -= jnp.where(is_counted, slope, 0) * d_shift
    return shifted_miss(z, gamma, shift, whole), tangent


def _shifted(z: Array, shift: Array) -> tuple[Array, Array, Array]:
    """Whether q is above 0, q itself, and `-log(1 - q)`."""
    p = logistic(z)
    is_counted = ~(p <= shift)  # so that NaN stays NaN
    q = jnp.where(is_counted, p - shift, 0)
    rest = jnp.where(shift > 0, logistic(-z) + shift, 1)
    far = jnp.where(shift > 0, -jnp.log(rest), softplus(z))
    # Below 1/2 the logarithm of a number near 1 would cancel.
    missed = jnp.where(q >= 0.5, far, -jnp.log1p(-jnp.minimum(q, 0.5)))
    return is_counted, q, missed


def _power(q: Array, gamma: Array, whole: int | None) -> Array:
    if whole is not None:
        return q**whole
    is_zero = q == 0
    safe = jnp.where(is_zero, 1, q)
    return jnp.where(is_zero & (gamma > 0), 0, safe**gamma)


def _ratio(x: Array, y: Array) -> Array:
    return x / jnp.where(y > 0, y, 1)
