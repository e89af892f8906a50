"""Probability vectors that keep their logarithm, and the two places where such vectors are made.

Everything separable, `p_k = g(z_k) / sum_j g(z_j)`, ends here: `normalize` starts from `log g`, `normalize_powers` from
amplitudes `a` with `g = a^m`. Both keep the largest class (the first of those that tie) apart, so that neither end of the
simplex cancels: with r the sum of the other classes' weights relative to the largest, `log p_top = -log1p(r)`, its tangent is
written with r, never with `1 - p_top`, and the tangent of p_top is minus the sum of the others', so that mass is kept.
"""

from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..base.argmax import first_largest
from ..base.arguments import vector, whole_number
from ..base.special import nan_unless, zero_if
from ..base.types import Mask, Vector

Shares: TypeAlias = tuple[Vector, Vector, Array, Array]
"""p, its logarithm, 1 - p of the largest class, and the sum of all weights, which are given."""
HIGHEST_POWER = 1024
ROUNDING = 8
"""Within so many epsilons `1 - p` and the complement of the largest p are the same number, differently rounded."""


class Probs(NamedTuple):
    """A probability vector and its logarithm.

    Both are carried because neither gives the other back: `log(p)` is lost where p underflows, and `exp(log_p)` loses nothing
    but costs a pass. A loss takes whichever is accurate for its formula.

    Attributes:
        p: probabilities, [n] (or [..., n] in the forms for whole arrays).
        log_p: their natural logarithms, of the same shape; -inf where p is exactly 0.
    """

    p: Float[Array, "*batch n"]
    log_p: Float[Array, "*batch n"]

    @property
    def complement(self) -> Float[Array, "*batch n"]:
        """`1 - p`, accurate relative to its own size also where p is near 1, for probabilities that sum to at most 1."""
        return _complement(self.p, self.log_p)


@jax.custom_jvp
def _complement(p: Array, log_p: Array) -> Array:
    """Only the largest p can be near 1, so only one `expm1` is needed."""
    rest, difference = -jnp.expm1(jnp.max(log_p, axis=-1, keepdims=True)), 1 - p
    same = jnp.abs(difference - rest) < ROUNDING * jnp.finfo(p.dtype).eps  # type: ignore[no-untyped-call]
    return jnp.where(same, rest, difference)


@_complement.defjvp
def _complement_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    return _complement(*primals), -tangents[0]


def normalize(log_weights: Vector, gaps: Vector | None = None) -> Probs:
    """Probabilities in proportion to `exp(log_weights)`: `p_k = e^{l_k} / sum_j e^{l_j}`.

    The log-normaliser behind softmax and every other separable map; `ls.normalize(log_g(z))` makes a new one.

    Args:
        log_weights: [n]; -inf gives a class the probability 0 and the derivative 0. Only differences matter.
        gaps: `log_weights` but for a constant, for a caller that knows their differences better than by subtraction. They
            give the values, `log_weights` the derivatives.

    Returns:
        Probs; all NaN if every weight is -inf, or if one is +inf or NaN.

    Raises:
        TypeError: for weights that are not floating point.
        ValueError: for another shape.
    """
    log_weights = vector("normalize", "log_weights", log_weights)
    gaps = (
        log_weights
        if gaps is None
        else vector("normalize", "gaps", gaps).astype(log_weights.dtype)
    )
    if gaps.shape != log_weights.shape:
        raise ValueError(
            f"`normalize(gaps=...)` must have the weights' shape {log_weights.shape}, got {gaps.shape}."
        )
    return normalize_gaps(log_weights, gaps - jnp.max(gaps))


def normalize_gaps(log_weights: Vector, gaps: Vector) -> Probs:
    """`normalize` for gaps whose largest is 0, but for rounding."""
    gaps = jax.lax.stop_gradient(gaps)
    p, log_p, *_ = _normalize(log_weights, gaps, first_largest(gaps))
    return Probs(p, log_p)


def normalize_powers(amplitudes: Vector, power: int) -> Probs:
    """Probabilities in proportion to `a_k^power` for amplitudes `a >= 0`: `p_k = a_k^m / sum_j a_j^m`.

    Unlike `normalize(power * log(a))` it has the right (one-sided) derivative at `a_k = 0` and loses no gradient where
    `p_k` underflows but `dp_k / da_k` does not.

    Args:
        amplitudes: [n], non-negative.
        power: m, a whole number from 1 to 1024.

    Returns:
        Probs; all NaN if every amplitude is 0, if one is infinite or NaN, or in traced code negative.

    Raises:
        TypeError: for amplitudes that are not floating point.
        ValueError: for negative amplitudes, another shape, or a power that is none.
    """
    a, m = (
        vector("normalize_powers", "amplitudes", amplitudes),
        whole_number("normalize_powers", "power", power, low=1, high=HIGHEST_POWER),
    )
    if not isinstance(a, jax.core.Tracer) and bool(jnp.any(a < 0)):
        raise ValueError(
            f"`normalize_powers(amplitudes, ...)` must be at least 0, got {a}."
        )
    return in_proportion_to_powers(nan_unless(jnp.all(a >= 0), a), m)


def in_proportion_to_powers(amplitudes: Vector, power: int) -> Probs:
    """`normalize_powers` of what is known to be amplitudes and a power."""
    top = jax.lax.stop_gradient(jnp.max(amplitudes))
    p, log_p, *_ = _normalize_powers(amplitudes, top, first_largest(amplitudes), power)
    return Probs(p, log_p)


@jax.custom_jvp
def _normalize(log_weights: Vector, gaps: Vector, largest: Mask) -> Shares:
    return _from_gaps(gaps, jnp.exp(gaps), largest)


@_normalize.defjvp
def _normalize_jvp(
    primals: tuple[Vector, Vector, Mask], tangents: tuple[Vector, Vector, Any]
) -> tuple[Shares, Shares]:
    d_log = tangents[0]
    shares = _normalize(*primals)
    return shares, _share_tangents(shares, primals[2], d_log, shares[0] * d_log)


@partial(jax.custom_jvp, nondiff_argnums=(3,))
def _normalize_powers(
    amplitudes: Vector, top: Array, largest: Mask, power: int
) -> Shares:
    ratio = _ratio(amplitudes, top)
    return _from_gaps(power * _log_ratio(amplitudes, top), ratio**power, largest)


@_normalize_powers.defjvp
def _normalize_powers_jvp(
    power: int, primals: tuple[Vector, Array, Mask], tangents: tuple[Vector, Array, Any]
) -> tuple[Shares, Shares]:
    (amplitudes, top, largest), d_amplitudes = primals, tangents[0]
    shares = _normalize_powers(amplitudes, top, largest, power)
    positive = amplitudes > 0
    d_log = jnp.where(
        positive, power * d_amplitudes / jnp.where(positive, amplitudes, 1), 0
    )
    d_share = (
        _ratio(amplitudes, top) ** (power - 1)
        * (power / shares[3])
        * (d_amplitudes / top)
    )
    return shares, _share_tangents(shares, largest, d_log, d_share)


@jax.custom_jvp
def _ratio(x: Vector, top: Array) -> Vector:
    """`x / top`, exactly 1 for the largest: compiled as `x * (1 / top)` it need not be. NaN if that is 0 or inf."""
    return jnp.where(x == top, 1 + zero_if((top > 0) & jnp.isfinite(top), top), x / top)


@_ratio.defjvp
def _ratio_jvp(
    primals: tuple[Vector, Array], tangents: tuple[Vector, Array]
) -> tuple[Vector, Vector]:
    """The reference is a constant."""
    return _ratio(*primals), tangents[0] / primals[1]


def _log_ratio(x: Vector, reference: Array) -> Vector:
    """`log(x / reference)` for x >= 0, also where the quotient underflows and where x is 0."""
    ratio = _ratio(x, reference)
    underflows = ratio < jnp.finfo(x.dtype).tiny  # type: ignore[no-untyped-call]
    return jnp.log(jnp.where(underflows, x, ratio)) - jnp.where(
        underflows, jnp.log(reference), 0
    )


def _from_gaps(gaps: Vector, weights: Vector, largest: Mask) -> Shares:
    """Normalise weights whose largest is 1; `gaps` are their logarithms."""
    gaps = gaps - jnp.where(largest, gaps, 0)  # 0, or NaN, whatever rounding left
    others = weights - jnp.where(largest, weights, 0)
    rest = jnp.sum(others)
    weights = jnp.where(largest, 1 + others, others)
    return weights / (1 + rest), gaps - jnp.log1p(rest), rest / (1 + rest), 1 + rest


def _share_tangents(
    shares: Shares, largest: Mask, d_log: Vector, d_share: Vector
) -> Shares:
    """Tangents of a normalised vector, from those of its unnormalised parts.

    Args:
        shares: the vector, as `_from_gaps` gives it.
        largest: its largest class.
        d_log: tangent of each class's log-weight, [n].
        d_share: tangent of each class's weight divided by the sum of all weights, `p * d_log` where p does not underflow.
    """
    p, _, others, total = shares
    d_log_p, d_log_total = centered(largest, others, d_log, d_share)
    dp = keep_mass(largest, p, d_share - p * d_log_total)
    return dp, d_log_p, -jnp.sum(jnp.where(largest, dp, 0)), total * d_log_total


def keep_mass(largest: Mask, share: Vector, dp: Vector) -> Vector:
    """Tangents of p that sum to 0 but for rounding, without what rounding left.

    It is spread over the classes, and the largest class's tangent replaced by minus the sum of the others'. In reverse mode
    every class's cotangent is then taken relative to that of the largest, and to the mean: of many classes that tie, and that
    a loss pulls the same way, nothing is left that should have cancelled.

    Args:
        largest: the class with the largest share, one only.
        share: what each class takes of a sum that is not 0, [n]; they sum to 1.
        dp: the tangents, [n].
    """
    dp = dp - share * jnp.sum(dp)
    return jnp.where(largest, -jnp.sum(jnp.where(largest, 0, dp)), dp)


def centered(
    largest: Mask, share_of_others: Array, d: Vector, p_times_d: Vector
) -> tuple[Vector, Array]:
    """`d_k - sum_j p_j d_j` and that sum; for the largest class `(1 - p_k) d_k - sum_{j != k} p_j d_j`.

    A subtraction `1 - p_k` would lose everything there once p_k rounds to 1; elsewhere it loses one bit at most.

    Args:
        largest: the class with the largest p, one only.
        share_of_others: its 1 - p, accurately.
        d: what is centred, [n].
        p_times_d: its product with p.
    """
    of_largest = jnp.sum(jnp.where(largest, p_times_d, 0))
    of_others = jnp.sum(jnp.where(largest, 0, p_times_d))
    return jnp.where(
        largest, share_of_others * d, d - of_largest
    ) - of_others, of_largest + of_others
