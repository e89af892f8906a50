"""The terms of losses with a sigmoid for every class, with derivatives that keep their digits."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import logistic, softplus
from ..base.parameters import known_whole
from ..base.special import is_symbolic_zero
from ..base.types import Parameter

MOST_FACTORS = 8
"""Largest exponent for which a product is quicker than an exponential."""


# One exponential and one logarithm, where two softplus functions would take two of each.
@jax.custom_jvp
def weighted_logistic(z: Array, yes: Array, no: Array) -> Array:
    """`yes * softplus(-z) + no * softplus(z)`; a term of weight 0 counts as 0."""
    size = jnp.abs(z)
    common = (yes + no) * jnp.log1p(jnp.exp(-size))
    wrong = jnp.where(z < 0, yes, no)
    # A choice comes last: XLA on CPUs would hand sums to a library, with every part of a summand as
    # an array of its own.
    return jnp.where(wrong == 0, common, common + wrong * size)


@partial(weighted_logistic.defjvp, symbolic_zeros=True)
def _weighted_logistic_jvp(
    primals: tuple[Array, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    z, yes, no = primals
    dz, d_yes, d_no = tangents
    tangent = jnp.zeros_like(z)
    if not is_symbolic_zero(dz):
        tangent += _slope(z, yes, no) * dz
    # At an infinite logit a weight of 0 must not become infinite times 0.
    finite = jnp.where(jnp.isinf(z), 0, z)
    if not is_symbolic_zero(d_yes):
        tangent += softplus(-finite) * d_yes
    if not is_symbolic_zero(d_no):
        tangent += softplus(finite) * d_no
    return weighted_logistic(z, yes, no), tangent


# Both sides by one exponential and one division. The derivative of |z| at 0 would be lost.
@jax.custom_jvp
def _slope(z: Array, yes: Array, no: Array) -> Array:
    """`no * s(z) - yes * s(-z)`."""
    tail = jnp.exp(-jnp.abs(z))
    is_low = z < 0
    of_no, of_yes = jnp.where(is_low, tail, 1), jnp.where(is_low, 1, tail)
    return (no * of_no - yes * of_yes) / (1 + tail)


@_slope.defjvp
def _slope_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    z, yes, no = primals
    dz, d_yes, d_no = tangents
    high, low = logistic(z), logistic(-z)
    return _slope(z, yes, no), (yes + no) * high * low * dz + high * d_no - low * d_yes


def whole_exponent(gamma: Parameter) -> int | None:
    """A known small whole number, by which powers are products; None for any other exponent."""
    whole = known_whole(gamma)
    return whole if whole in range(MOST_FACTORS + 1) else None


# With a rule of its own, the tests for weights of 0 are no part of the derivative.
@jax.custom_jvp
def weighed(yes: Array, of_yes: Array, no: Array, of_no: Array) -> Array:
    """`yes * of_yes + no * of_no`, in which a weight of 0 makes 0 of an infinite value too."""
    # A choice comes last, as in `weighted_logistic`.
    one = jnp.where(no == 0, yes * of_yes, no * of_no)
    is_one = (yes == 0) | (no == 0)
    both = jnp.where(is_one, one, yes * of_yes + no * of_no)
    return jnp.where((yes == 0) & (no == 0), 0, both)


@partial(weighed.defjvp, symbolic_zeros=True)
def _weighed_jvp(
    primals: tuple[Array, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    tangent = jnp.zeros_like(primals[1])
    for side in (slice(0, 2), slice(2, 4)):
        weights, values = primals[side]
        d_weights, d_values = tangents[side]
        if not is_symbolic_zero(d_values):
            tangent += weights * d_values
        if not is_symbolic_zero(d_weights):
            tangent += jnp.where(jnp.isfinite(values), values, 0) * d_weights
    return weighed(*primals), tangent


class Sides(NamedTuple):
    """Yes and no of a logit z: s(z) and softplus(-z), s being the logistic function, or of -z."""

    p: Array
    miss: Array


# In one place, so that a program has one exponential, one logarithm and one division of them.
@jax.custom_jvp
def both_sides(z: Array) -> tuple[Sides, Sides]:
    """`s(z)` with `softplus(-z)`, and `s(-z)` with `softplus(z)`."""
    tail = jnp.exp(-jnp.abs(z))
    u = 1 + tail
    large = 1 / u
    small = tail * large
    # XLA's own log1p takes as long as two logarithms on CPUs. What rounding took from 1 + tail
    # comes back by the slope of the logarithm; XLA would take u - 1 for the tail.
    common = jnp.log(u) + (tail + (1 - u)) * large
    return (
        Sides(jnp.where(z < 0, small, large), common + jnp.maximum(-z, 0)),
        Sides(jnp.where(z < 0, large, small), common + jnp.maximum(z, 0)),
    )


@both_sides.defjvp
def _both_sides_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[tuple[Sides, Sides], tuple[Sides, Sides]]:
    (z,) = primals
    (dz,) = tangents
    yes, no = both_sides(z)
    moved = yes.p * no.p * dz
    return (yes, no), (Sides(moved, -no.p * dz), Sides(-moved, yes.p * dz))


# The automatic derivative would be infinity times 0 at both ends.
@partial(jax.custom_jvp, nondiff_argnums=(2, 3))
def damped_miss(z: Array, gamma: Array, is_yes: bool, whole: int | None) -> Array:
    """`-(1 - p)^gamma log p` of p = s(z) for yes, of p = s(-z) for no."""
    right, wrong = _right_and_wrong(z, is_yes)
    return _power(wrong, gamma, whole) * right.miss


@partial(damped_miss.defjvp, symbolic_zeros=True)
def _damped_miss_jvp(
    is_yes: bool,
    whole: int | None,
    primals: tuple[Array, Array],
    tangents: tuple[Any, Any],
) -> tuple[Array, Array]:
    """`-+(1 - p)^gamma (gamma p miss + 1 - p) dz + (1 - p)^gamma miss log(1 - p) d_gamma`."""
    z, gamma = primals
    dz, d_gamma = tangents
    right, wrong = _right_and_wrong(z, is_yes)
    power = _power(wrong, gamma, whole)
    tangent = jnp.zeros_like(z)
    if not is_symbolic_zero(dz):
        pull = jnp.where(jnp.isinf(z), 0, right.p * right.miss)
        slope = power * (gamma * pull + wrong.p)
        tangent += (-slope if is_yes else slope) * dz
    if not is_symbolic_zero(d_gamma):
        slope = power * right.miss * -wrong.miss
        tangent += jnp.where(jnp.isinf(z), 0, slope) * d_gamma
    return damped_miss(z, gamma, is_yes, whole), tangent


def _right_and_wrong(z: Array, is_yes: bool) -> tuple[Sides, Sides]:
    yes, no = both_sides(z)
    return (yes, no) if is_yes else (no, yes)


def _power(wrong: Sides, gamma: Array, whole: int | None) -> Array:
    """`(1 - p)^gamma`, where `1 - p` is `wrong.p`, and its logarithm `-wrong.miss`."""
    if whole is not None:
        return wrong.p**whole
    # For gamma = 0 the product could be 0 times infinity.
    return jnp.exp(-jnp.where(gamma == 0, 0, gamma * wrong.miss))


@partial(jax.custom_jvp, nondiff_argnums=(3,))
def shifted_miss(
    z: Array, gamma: Array, shift: Array, whole: int | None = None
) -> Array:
    """`-q^gamma log(1 - q)` of the shifted probability `q = max(s(z) - shift, 0)`."""
    _, q, _, missed = _shifted(z, shift)
    return _power_of_shifted(q, gamma, whole) * missed


@partial(shifted_miss.defjvp, symbolic_zeros=True)
def _shifted_miss_jvp(
    whole: int | None, primals: tuple[Array, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """`q^gamma (gamma missed / q + 1 / (1 - q)) (dp - d_shift) + q^gamma missed log(q) d_gamma`,
    with `missed = -log(1 - q)`; 0 where q is 0.
    """
    z, gamma, shift = primals
    dz, d_gamma, d_shift = tangents
    yes, no = both_sides(z)
    is_counted, q, rest, missed = _shifted(z, shift)
    power = _power_of_shifted(q, gamma, whole)
    tangent = jnp.zeros_like(z)
    if not is_symbolic_zero(dz):
        # p (1 - p) / (1 - q), in which 1 - p may underflow at a shift of 0, where it is p.
        share = jnp.where(shift == 0, 1, no.p / rest)
        # With a shift of 0, p / q is 1 even where both underflow.
        lower = q ** (whole - 1) * yes.p if whole else power * _ratio(yes.p, q)
        of_power = jnp.where(jnp.isinf(z), 0, gamma * no.p * missed) * lower
        slope = of_power + power * (yes.p * share)
        tangent += jnp.where(is_counted, slope, 0) * dz
    if not is_symbolic_zero(d_gamma):
        log_q = jnp.log(jnp.where(is_counted, q, 1))
        tangent += jnp.where(is_counted, power * missed * log_q, 0) * d_gamma
    if not is_symbolic_zero(d_shift):
        slope = power * (gamma * _ratio(missed, q) + 1 / rest)
        tangent -= jnp.where(is_counted, slope, 0) * d_shift
    return shifted_miss(z, gamma, shift, whole), tangent


def _shifted(z: Array, shift: Array) -> tuple[Array, Array, Array, Array]:
    """Whether q is above 0, q itself, 1 - q (1 where that is 0), and `-log(1 - q)`."""
    yes, no = both_sides(z)
    is_counted = ~(yes.p <= shift)  # so that NaN stays NaN
    q = jnp.where(is_counted, yes.p - shift, 0)
    rest = no.p + shift
    rest = jnp.where(rest == 0, 1, rest)
    far = jnp.where(shift > 0, _surprisal(q, rest), no.miss)
    return is_counted, q, rest, jnp.where(q < 0.5, _surprisal(q, rest), far)


@jax.custom_jvp
def _surprisal(q: Array, rest: Array) -> Array:
    """`-log(1 - q)` from q or from `1 - q`, whichever is smaller."""
    # Below 1/2, what rounding took from 1 - q comes back as in `both_sides`.
    is_near = q < 0.5
    u = 1 - q
    log = -jnp.log(jnp.where(is_near, u, rest))
    return log + jnp.where(is_near, (q - (1 - u)) / rest, 0)


@_surprisal.defjvp
def _surprisal_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (q, rest), (dq, _) = primals, tangents
    return _surprisal(q, rest), dq / rest


def _power_of_shifted(q: Array, gamma: Array, whole: int | None) -> Array:
    if whole is not None:
        return q**whole
    is_zero = q == 0
    safe = jnp.where(is_zero, 1, q)
    return jnp.where(is_zero & (gamma > 0), 0, safe**gamma)


def _ratio(x: Array, y: Array) -> Array:
    return x / jnp.where(y > 0, y, 1)
