"""Probabilities in proportion to powers of amplitudes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.argmax import first_largest
from ..base.arguments import vector
from ..base.special import nan_unless, zero_if
from ..base.types import Mask, Vector
from ..base.whole_numbers import whole_number
from .probs import Probs
from .shares import Shares, share_tangents, shares_of

HIGHEST_POWER = 1024


def normalize_powers(amplitudes: Vector, power: int) -> Probs:
    """Probabilities in proportion to powers of amplitudes: `p_k = a_k^m / sum_j a_j^m`.

    Unlike `normalize(power * log(a))` it has the right (one-sided) derivative at `a_k = 0`, and
    loses no gradient where `p_k` underflows but `dp_k / da_k` does not.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalize_powers(jnp.array([0.0, 1.0, 3.0]), 2).p).round(3))
    [0.  0.1 0.9]

    Args:
        amplitudes: Amplitudes a, [n], at least 0.
        power: Power m, a whole number from 1 to 1024.

    Returns:
        Probabilities and their logarithms, [n]; all NaN if every amplitude is 0, if one is infinite
        or NaN, or if a traced one is negative.

    Raises:
        TypeError: If the amplitudes are not floating point.
        ValueError: If an amplitude is negative, if they are no vector, or if the power is out of
            range.
    """
    a = vector("normalize_powers", "amplitudes", amplitudes)
    m = whole_number("normalize_powers", "power", power, low=1, high=HIGHEST_POWER)
    is_known = not isinstance(a, jax.core.Tracer)
    # By NumPy: inside `jax.jit`, JAX would trace the comparison of known numbers too.
    if is_known and (np.asarray(a) < 0).any():
        raise ValueError(
            f"`normalize_powers(amplitudes, ...)` must be at least 0, got {a}."
        )
    return in_proportion_to_powers(nan_unless(jnp.all(a >= 0), a), m)


def in_proportion_to_powers(amplitudes: Vector, power: int) -> Probs:
    """`normalize_powers` for amplitudes and a power that need no check.

    For an even power the amplitudes may have a sign, which keeps their square smooth at 0.
    """
    sizes = jax.lax.stop_gradient(jnp.abs(amplitudes))
    top = jnp.max(sizes)
    shares = _normalize_powers(amplitudes, top, first_largest(sizes), power)
    return Probs(shares.p, shares.log_p)


@partial(jax.custom_jvp, nondiff_argnums=(3,))
def _normalize_powers(
    amplitudes: Vector, top: Array, is_largest: Mask, power: int
) -> Shares:
    sizes = jnp.abs(amplitudes)
    gaps = power * log_ratio(sizes, top)
    return shares_of(gaps, ratio(sizes, top) ** power, is_largest)


@_normalize_powers.defjvp
def _normalize_powers_jvp(
    power: int,
    primals: tuple[Vector, Array, Mask],
    tangents: tuple[Vector, Array, Any],
) -> tuple[Shares, Shares]:
    amplitudes, top, is_largest = primals
    d_amplitudes = tangents[0]
    shares = _normalize_powers(amplitudes, top, is_largest, power)
    is_zero = amplitudes == 0
    divisor = jnp.where(is_zero, 1, amplitudes)
    # At an amplitude of 0, where the logarithm is -inf, only p has a derivative.
    d_log = jnp.where(is_zero, 0, power * d_amplitudes / divisor)
    # The derivative of a power is written without the power itself, which may underflow, and so
    # that it is right at an amplitude of 0 too.
    relative_power = ratio(amplitudes, top) ** (power - 1)
    d_share = relative_power * (power / shares.total) * (d_amplitudes / top)
    return shares, share_tangents(shares, is_largest, d_log, d_share)


# The 1 that is put in for the largest x is a constant, and would have the derivative 0.
@jax.custom_jvp
def ratio(x: Vector, top: Array) -> Vector:
    """`x / top`, exactly 1 for the largest x; NaN if the top is 0 or infinite."""
    # A compiled program may compute x * (1 / top), which need not be 1 for x = top.
    one_or_nan = 1 + zero_if((top > 0) & jnp.isfinite(top), top)
    return jnp.where(x == top, one_or_nan, x / top)


@ratio.defjvp
def _ratio_jvp(
    primals: tuple[Vector, Array], tangents: tuple[Vector, Array]
) -> tuple[Vector, Vector]:
    """The top is a constant here: probabilities do not depend on the scale of amplitudes."""
    top = primals[1]
    dx = tangents[0]
    return ratio(*primals), dx / top


def log_ratio(x: Vector, reference: Array) -> Vector:
    """`log(x / reference)` for x >= 0, also where the quotient underflows and where x is 0."""
    return log_of_ratio(ratio(x, reference), x, reference)


def log_of_ratio(quotient: Array, x: Array, reference: Array) -> Array:
    """`log(x / reference)` from the quotient, or from two logarithms where that underflows."""
    # Not a difference of logarithms throughout: for a ratio near 1 that would cancel.
    underflows = quotient < jnp.finfo(x.dtype).tiny  # type: ignore[no-untyped-call]
    log = jnp.log(jnp.where(underflows, x, quotient))
    return log - jnp.where(underflows, jnp.log(reference), 0)


def divide_by(top: Array) -> Callable[[Array], Array]:
    """The function `x -> x / top`, NaN unless the top is positive and finite.

    It multiplies by the reciprocal, as compiled programs do in any case. The power of two keeps
    that from underflowing where the top is among the largest numbers.
    """
    # Only ratios of weights matter, so that the scale needs no derivative.
    top = jax.lax.stop_gradient(top)
    step = jnp.where(top > 1, 0.125, 1.0).astype(top.dtype)
    inverse = 1 / (top * step)
    inverse = jnp.where((top > 0) & jnp.isfinite(top), inverse, jnp.nan)
    return lambda x: (x * step) * inverse
