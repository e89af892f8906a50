"""Alpha-entmax: normalizers with heavier tails than softmax (alpha < 1), softmax (alpha = 1),
sparsemax (alpha = 2) and onwards; tempered softmax, which is the part below 1.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest, one_hot
from ..base.formula import on_logits
from ..base.parameters import is_known_to_be, parameter
from ..base.special import is_symbolic_zero, log_slope
from ..base.types import Mask, Parameter, Vector
from . import sparsemax
from .entmax_surprisal import (
    least_surprisal_of_top,
    log_p_of,
    surprisal_of_top,
)
from .group_maxima import LONG, group_maxima, place_of_largest
from .probs import Probs
from .shares import centered, keep_mass
from .threshold import Threshold, bases, find_threshold

LOWEST_ALPHA = -3.0
"""Lowest alpha: n^{1 - alpha} is finite in single precision for billions of classes."""


@on_logits
def entmax(logits: Vector, *, alpha: Parameter = 1.5) -> Probs:
    """`p_k = [(alpha - 1) z_k - tau]_+^{1 / (alpha - 1)}` with tau such that p sums to 1.

    alpha = 1 is softmax and alpha = 2 sparsemax, as values and not only as limits. Above 1, p is
    one-hot once the largest logit leads by 1 / (alpha - 1); below 1 every class has a part, which
    falls like `s^{-1 / (1 - alpha)}` with the distance s of its logit. Differentiable in alpha too.
    Domain, masks and kinks are those of sparsemax. For alpha > 2, p is infinitely steep at the edge
    of the support, and the least class there is as exact as 1 minus the others.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> logits = jnp.array([1.0, 0.0, -1.0])
    >>> print(np.asarray(ls.normalizers.entmax(logits, alpha=1.0).p).round(3))
    [0.665 0.245 0.09 ]
    >>> print(np.asarray(ls.normalizers.entmax(logits).p).round(3))
    [0.831 0.169 0.   ]
    >>> print(np.asarray(ls.normalizers.entmax(jnp.array([40.0, 0.0]), alpha=0.5).p).round(4))
    [0.9977 0.0023]

    Args:
        logits: Logits z of one example, [n].
        alpha: Alpha, at least -3.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If alpha is less than -3 or not finite (NaN if it is traced).

    Source: Peters, Niculae and Martins, arXiv 1905.05702, equation 10; derivative in alpha: Correia
    et al., arXiv 1909.00015; below 1: Amid et al., arXiv 1906.03361, with alpha = 2 - t.
    """
    low = LOWEST_ALPHA
    beta = parameter("entmax", "alpha", alpha, logits.dtype, low=low) - 1
    # The general search would agree with sparsemax only to within rounding.
    if is_known_to_be(2, alpha):
        return Probs(*sparsemax.project(logits))
    # No logarithms and exponentials are needed where p is a square.
    if is_known_to_be(1.5, alpha):
        return Probs(*_squares(find_threshold(logits, 2), logits))
    return Probs(*_entmax(logits, beta))


@on_logits
def tempered(logits: Vector, *, temperature: Parameter = 1.5) -> Probs:
    """`p_k = exp_t(z_k - c)` with c such that p sums to 1, and
    `exp_t(u) = (1 + (1 - t) u)^{1 / (1 - t)}`: the tempered softmax of the bi-tempered loss.

    It is entmax with alpha = 2 - t: every class has a part, which falls like `s^{-1 / (t - 1)}`
    with the distance s of its logit. t = 1 is softmax. The temperature t is no divisor of the
    logits. -inf is a mask. The result is NaN if all logits are masked or one is +inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> logits = jnp.array([0.0, 3.0])
    >>> print(np.asarray(ls.normalizers.tempered(logits, temperature=2).p).round(3))
    [0.232 0.768]

    Args:
        logits: Logits z of one example, [n].
        temperature: Temperature t, from 1 to 5.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the temperature is out of range (NaN if it is traced).

    Source: Amid, Warmuth, Anil and Koren, Robust Bi-Tempered Logistic Loss Based on Bregman
    Divergences, NeurIPS 2019, arXiv 1906.03361.
    """
    low, high = 1, 2 - LOWEST_ALPHA
    t = parameter(
        "tempered", "temperature", temperature, logits.dtype, low=low, high=high
    )
    return Probs(*_entmax(logits, 1 - t))


# Reverse mode cannot pass through the search for the threshold; see `sparsemax.project`.
@jax.custom_jvp
def _squares(threshold: Threshold, z: Vector) -> sparsemax.LogPair:
    """Entmax at alpha = 1.5, `p_k = b_k^2`."""
    _, base, complement = bases(threshold, z, 2)
    return base * base, 2 * sparsemax.log_of(base, complement)


@_squares.defjvp
def _squares_jvp(
    primals: tuple[Threshold, Vector], tangents: tuple[Any, Vector]
) -> tuple[sparsemax.LogPair, sparsemax.LogPair]:
    threshold, z = primals
    _, dz = tangents
    pair = _squares(threshold, z)
    is_largest = one_hot(threshold.place, z.size)
    beta = jnp.full((), 0.5, z.dtype)
    return pair, _tangents(pair, is_largest, beta, dz, None)


# Reverse mode cannot pass through the `lax.while_loop` of the search; by the implicit
# function theorem the derivative needs only the root.
@jax.custom_jvp
def _entmax(z: Vector, beta: Array) -> sparsemax.LogPair:
    maxima = group_maxima(z)
    place, group = place_of_largest(z, maxima)
    top = jnp.max(maxima)
    nan_outside = (top - top) + (beta - beta)  # 0 for a finite top and beta
    is_largest = one_hot(place, z.size)
    # What rounding left for the largest class is removed: it becomes 0, or stays NaN.
    shifted = jnp.where(is_largest, 0, z - top) + nan_outside
    start = jnp.zeros_like(top)
    if z.size >= LONG:
        is_top_group = one_hot(group, maxima.size)
        of_groups = jnp.where(is_top_group, 0, maxima - top) + nan_outside
        start = least_surprisal_of_top(of_groups, is_top_group, beta)
    surprisal = surprisal_of_top(shifted, is_largest, beta, start)
    log_p = log_p_of(shifted, surprisal, beta)
    p = jnp.exp(log_p)
    is_last, rest = _last_of_support(shifted, surprisal, p, beta)
    return jnp.where(is_last, rest, p), jnp.where(is_last, jnp.log(rest), log_p)


@partial(_entmax.defjvp, symbolic_zeros=True)
def _entmax_jvp(
    primals: tuple[Vector, Array], tangents: tuple[Any, Any]
) -> tuple[sparsemax.LogPair, sparsemax.LogPair]:
    z, beta = primals
    dz, d_beta = (None if is_symbolic_zero(d) else d for d in tangents)
    pair = _entmax(z, beta)
    return pair, _tangents(pair, None, beta, dz, d_beta)


def _tangents(
    pair: sparsemax.LogPair,
    is_largest: Mask | None,
    beta: Array,
    dz: Vector | None,
    d_beta: Array | None,
) -> sparsemax.LogPair:
    """With `u = p^{1 - beta}` on the support, `dp = u (dz - <u, dz> / sum u)`; likewise in beta.

    Args:
        pair: Probabilities and their logarithms.
        is_largest: Mask of a single class with the largest u, [n]; None to search for it.
        beta: alpha - 1.
        dz: Tangent of the logits, [n]; None for 0.
        d_beta: Tangent of beta; None for 0.
    """
    p, log_p = pair
    # Not `p > 0`, which is False for NaN: outside the domain the tangents must be NaN.
    inside = ~jnp.isneginf(log_p)
    log_inside = jnp.where(inside, log_p, 0)
    # From log p, as p may underflow where this power of it does not.
    u = jnp.where(inside, jnp.exp((1 - beta) * log_inside), 0)
    share = u / jnp.sum(u)
    if is_largest is None:
        # For beta > 1 the largest share is that of the least p, as u falls where p rises.
        is_largest = first_largest(share)
    others = jnp.sum(jnp.where(is_largest, 0, share))
    # dp = u * moved + p * bent: `moved` is a move relative to the threshold, `bent` the change of
    # log p at a fixed distance to it.
    moved = jnp.zeros_like(p)
    bent = jnp.zeros_like(p)
    if dz is not None:
        less_mean, _ = centered(is_largest, others, dz, share * dz)
        moved += less_mean
    if d_beta is not None:
        bent += d_beta * log_slope(log_inside, beta)
        # The threshold moves so that dp, the sum of both parts, keeps its sum of 0.
        moved -= jnp.sum(p * bent) / jnp.sum(u)
    # By p^{-beta} = u / p: p and u themselves may underflow.
    d_log_p = jnp.where(inside, jnp.exp(-beta * log_inside) * moved + bent, 0)
    dp = jnp.where(inside, u * moved + p * bent, 0)
    return keep_mass(is_largest, share, dp), d_log_p


def _last_of_support(
    shifted: Vector, surprisal: Array, p: Vector, beta: Array
) -> tuple[Mask, Array]:
    """For beta > 1, mask of the least class of the support, [n], and the p that is left for it.

    For beta > 1, p is infinitely steep at the edge of the support: rounding of the threshold would
    be all that p of the least class consists of. It is 1 less the others instead.
    """
    allowance = 1 + 64 * float(jnp.finfo(shifted.dtype).eps)  # type: ignore[no-untyped-call]
    # The root is found to within a few roundings, which may leave the least class just
    # outside the support: the allowance takes it back in.
    is_within = allowance * jnp.exp(-beta * surprisal) + beta * shifted > 0
    least = jnp.min(jnp.where(is_within, shifted, 0))
    is_last = (shifted == least) & (least < 0) & (beta > 1)
    rest = 1 - jnp.sum(jnp.where(shifted > least, p, 0))
    # Classes that tie for the least share what is left.
    return is_last, jnp.maximum(rest, 0) / jnp.sum(is_last.astype(p.dtype))
