"""Normalizer in proportion to any power of the logits' magnitudes, sums and squares among them."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest
from ..base.formula import on_logits
from ..base.parameters import known_whole, parameter
from ..base.special import nan_unless
from ..base.types import Mask, Parameter, Vector
from .powers import HIGHEST_POWER, in_proportion_to_powers, log_of_ratio
from .probs import Probs
from .shares import Shares, share_tangents, shares_of


@on_logits
def power(logits: Vector, *, exponent: Parameter = 1.5) -> Probs:
    """`p_k = |z_k|^m / sum_j |z_j|^m`; with m below 0 the harmonic form, in which the logits are
    distances and the nearest class has the most.

    m = 1 is `abs`, and `sum` where no logit is negative; m = 2 is `square`. Scale invariant. The
    result is NaN if a logit is infinite, if all are 0, and for m < 0 if one is 0, where its weight
    is infinite. At z_k = 0 the derivative is taken as 0 for m <= 1, where it jumps or is infinite.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> distances = jnp.array([1.0, 2.0, 4.0])
    >>> print(np.asarray(ls.normalizers.power(distances, exponent=-2).p).round(3))
    [0.762 0.19  0.048]

    Args:
        logits: Logits z of one example, [n].
        exponent: Exponent m, a finite number.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the exponent is not finite (NaN if it is traced).

    Source: m < 0: Baek et al., Harmonic Loss Trains Interpretable AI Models, arXiv 2502.01628.
    """
    m = parameter("power", "exponent", exponent, logits.dtype, low=-jnp.inf)
    z = nan_unless(_in_domain(logits, m), logits)
    # At 0 the derivative of this is 0, that of `jnp.abs` is 1.
    sizes = jnp.where(z == 0, 0, jnp.abs(z))
    whole = known_whole(exponent)
    if whole is None or not 1 <= whole <= HIGHEST_POWER:
        return _in_proportion(sizes, m, whole)
    # With their signs: the derivative of |z| at 0 would lose the second derivative of z^2.
    return in_proportion_to_powers(z if whole % 2 == 0 else sizes, whole)


def _in_domain(z: Vector, exponent: Array) -> Array:
    is_zero = z == 0
    has_weights = jnp.where(exponent < 0, ~jnp.any(is_zero), ~jnp.all(is_zero))
    return has_weights & jnp.all(jnp.isfinite(z))


@jax.custom_jvp
def real_power(x: Array, power: Array) -> Array:
    """`x^m` for x >= 0 and m >= 0, whose derivative at x = 0 is taken as 0."""
    return x**power


@real_power.defjvp
def _real_power_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    x, power = primals
    dx, d_power = tangents
    is_zero = x == 0
    safe = jnp.where(is_zero, 1, x)
    slope = jnp.where(is_zero, 0, power * real_power(safe, power - 1))
    value = real_power(x, power)
    return value, slope * dx + value * jnp.log(safe) * d_power


def _in_proportion(sizes: Vector, exponent: Array, whole: int | None) -> Probs:
    fixed = jax.lax.stop_gradient(sizes)
    # The size with the largest weight.
    is_inverse = exponent < 0
    reference = jnp.where(is_inverse, jnp.min(fixed), jnp.max(fixed))
    is_largest = first_largest(jnp.where(is_inverse, -fixed, fixed))
    return Probs(*_normalize(whole, sizes, reference, is_largest, exponent)[:2])


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _normalize(
    whole: int | None,
    sizes: Vector,
    reference: Array,
    is_largest: Mask,
    exponent: Array,
) -> Shares:
    quotients, logs = _relative(sizes, reference, exponent)
    power = jnp.abs(exponent) if whole is None else abs(whole)
    weights = quotients**power
    # 0^0 is 1, as the power of any other size is.
    gaps = jnp.where(exponent == 0, 0, exponent * logs)
    return shares_of(gaps, weights, is_largest)


@_normalize.defjvp
def _normalize_jvp(
    whole: int | None,
    primals: tuple[Vector, Array, Mask, Array],
    tangents: tuple[Vector, Any, Any, Array],
) -> tuple[Shares, Shares]:
    sizes, reference, is_largest, exponent = primals
    d_sizes, _, _, d_exponent = tangents
    shares = _normalize(whole, *primals)
    # At a size of 0 the derivative is 0 for exponents above 1, and taken as 0 below.
    is_zero = sizes == 0
    safe = jnp.where(is_zero, reference, sizes)
    quotients, logs = _relative(safe, reference, exponent)
    relative = d_sizes / safe
    d_log = jnp.where(is_zero, 0, exponent * relative)
    # Without the power itself, which may underflow where its derivative does not.
    is_inverse = exponent < 0
    lower = quotients ** jnp.where(is_inverse, -exponent, exponent - 1)
    moved = jnp.where(is_inverse, relative, d_sizes / reference)
    d_share = jnp.where(is_zero, 0, lower) * (exponent / shares.total) * moved
    # The exponent moves no class of size 0, nor one of the largest weight.
    d_log += logs * d_exponent
    d_share += shares.p * logs * d_exponent
    return shares, share_tangents(shares, is_largest, d_log, d_share)


def _relative(
    sizes: Vector, reference: Array, exponent: Array
) -> tuple[Vector, Vector]:
    """`size / reference`, or its inverse for a negative exponent; and `log(size / reference)`."""
    is_inverse = exponent < 0
    upper = jnp.where(is_inverse, reference, sizes)
    lower = jnp.where(is_inverse, sizes, reference)
    quotients = _quotient(upper, lower)
    log = log_of_ratio(quotients, upper, lower)
    return quotients, jnp.where(is_inverse, -log, log)


# The 1 that is put in for equals is a constant, and would have the derivative 0.
@jax.custom_jvp
def _quotient(upper: Vector, lower: Vector) -> Vector:
    """`upper / lower`, exactly 1 for equals; a compiled program may compute another number."""
    return jnp.where(upper == lower, 1 + 0 * upper, upper / lower)


@_quotient.defjvp
def _quotient_jvp(
    primals: tuple[Vector, Vector], tangents: tuple[Vector, Vector]
) -> tuple[Vector, Vector]:
    upper, lower = primals
    d_upper, d_lower = tangents
    quotient = _quotient(upper, lower)
    return quotient, d_upper / lower - quotient * (d_lower / lower)
