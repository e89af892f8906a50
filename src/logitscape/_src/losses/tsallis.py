"""Tsallis scores: the family of proper scores from cross-entropy (alpha = 1) to Brier (alpha = 2).

They are written in the label's `log p` and complement `1 - p`, as the textbook formula is a
difference of terms that cancel near a right answer.
"""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_probs
from ..base.parameters import parameter
from ..base.special import box_cox
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.probs import Probs
from .negative_entropy import negative_entropy

SERIES_BELOW = 0.125
"""Value of 1 - p below which the label's part is summed as a power series in 1 - p."""
# 0.125^20 is below 1e-18, less than the rounding of float64.
SERIES_TERMS = 20


@on_probs
def tsallis_score(probs: Probs, target: Vector, *, alpha: Parameter = 1.5) -> Scalar:
    """`1 / (a (a - 1)) - sum_k t_k p_k^{a-1} / (a - 1) + (sum_k p_k^a) / a`; a = 1 is
    cross-entropy, a = 2 half of `brier`.

    It is linear in the target, as every score is.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> logits, target = jnp.zeros(4), jnp.array([1.0, 0, 0, 0])
    >>> round(float(ls.objective("softmax + tsallis_score(alpha=1)")(logits, target)), 3)
    1.386
    >>> round(float(ls.objective("softmax + tsallis_score(alpha=2)")(logits, target)), 3)
    0.375

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        alpha: Exponent a, at least 1.

    Returns:
        Loss, at least 0 for a one-hot target.

    Raises:
        ValueError: If alpha is less than 1 or not finite (NaN if it is traced).

    Source: Tsallis 1988; Blondel, Martins and Niculae, arXiv 1901.02324, section 4.3.
    """
    checked = parameter("tsallis_score", "alpha", alpha, target.dtype, low=1)
    return tsallis(probs, target, checked)


@on_probs
def bi_tempered(probs: Probs, target: Vector, *, t1: Parameter = 0.8) -> Scalar:
    """`sum_k t_k (log_t1 t_k - log_t1 p_k) - sum_k (t_k^{2 - t1} - p_k^{2 - t1}) / (2 - t1)` with
    `log_t1 u = (u^{1 - t1} - 1) / (1 - t1)`; t1 = 1 is `kl`, t1 = 0 half of `brier`.

    For a one-hot target it is `tsallis_score` with alpha = 2 - t1, which t1 < 1 bounds. The
    bi-tempered logistic loss with temperatures t1 and t2 is this loss on top of the tempered
    softmax, which is `entmax` with alpha = 2 - t2.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + bi_tempered(t1=0)")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    0.375

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        t1: Temperature of the loss, at most 1.

    Returns:
        Loss, from 0 up; at most 1/(1 - t1) for t1 < 1 and a one-hot target.

    Raises:
        ValueError: If t1 is greater than 1 or not finite (NaN if it is traced).

    Source: Amid et al., arXiv 1906.03361; their code at
    github.com/google/bi-tempered-loss.
    """
    alpha = alpha_of_temperature(t1, target.dtype)
    return tsallis(probs, target, alpha) + negative_entropy(target, alpha)


def alpha_of_temperature(t1: Parameter, dtype: Any) -> Array:
    """`2 - t1` of the checked temperature of `bi_tempered`."""
    return 2 - parameter("bi_tempered", "t1", t1, dtype, low=-math.inf, high=1)


def tsallis(probs: Probs, target: Vector, alpha: Array) -> Scalar:
    """`tsallis_score` for an alpha that needs no check."""
    return _tsallis(probs.p, probs.log_p, probs.complement, target, alpha)


@jax.custom_jvp
def _tsallis(
    p: Vector, log_p: Vector, complement: Vector, target: Vector, alpha: Array
) -> Array:
    return _value(p, log_p, complement, target, alpha)


@_tsallis.defjvp
def _tsallis_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """`dL = sum_k p_k^{a-2} (p_k - t_k) dp_k`, and the derivatives in the target and alpha."""
    p, log_p, complement, target, alpha = primals
    dp, d_log_p, _, d_target, d_alpha = tangents
    occurs = ~jnp.isneginf(log_p)
    at_zero = (alpha == 1).astype(p.dtype)  # p^{a-1} at p = 0
    safe_log_p = jnp.where(occurs, log_p, 0)
    power = jnp.where(occurs, jnp.exp((alpha - 1) * safe_log_p), at_zero)
    # The target's part is p^{a-2} dp = p^{a-1} d log p: the latter outlives the underflow of p.
    # At a = 2 it is dp, which counts at p = 0 too.
    through_log_p = jnp.where(occurs, power * d_log_p, 0)
    of_target = jnp.where(alpha == 2, dp, through_log_p)
    through_p = jnp.sum((1 - target) * power * dp)
    through_p = through_p - jnp.sum(target * complement * of_target)
    _, through_rest = jax.jvp(
        partial(_value, p, log_p, complement), (target, alpha), (d_target, d_alpha)
    )
    return _tsallis(*primals), through_p + through_rest


def _value(
    p: Vector, log_p: Vector, complement: Vector, target: Vector, alpha: Array
) -> Array:
    """`sum_k t_k L_k + (1 - t_k) p_k^a / a`, L_k being the part of a one-hot label k."""
    has_weight = target > 0
    # A class of weight 0 must not become 0 times an infinite score.
    label_log_p = jnp.where(has_weight, log_p, 0)
    label_complement = jnp.where(has_weight, complement, 0)
    of_label = target * label_part(label_log_p, label_complement, alpha)
    # For alpha below 1, as `entmax_loss` has it, the power outlives the underflow of p.
    tiny = float(jnp.finfo(p.dtype).tiny)  # type: ignore[no-untyped-call]
    is_normal = p >= tiny
    small = jnp.exp(alpha * jnp.where(is_normal | jnp.isneginf(log_p), 0, log_p))
    power = jnp.where(is_normal, jnp.where(is_normal, p, 1) ** alpha, small)
    power = jnp.where(jnp.isneginf(log_p), 0, power)
    of_others = (1 - target) * power / alpha
    return jnp.sum(of_label + of_others)


def label_part(log_p: Array, complement: Array, alpha: Array) -> Array:
    """`(1 - a p^{a-1} + (a-1) p^a) / (a (a-1))`.

    It is the integral of `s (1 - s)^{a-2}` from 0 to 1 - p, hence the series where that is small.
    """
    is_near = complement < SERIES_BELOW
    q = jnp.where(is_near, complement, 0)
    series = _series(q, alpha)
    exponent = jnp.broadcast_to(alpha - 1, log_p.shape)
    power = box_cox(jnp.where(is_near, 0, log_p), exponent)
    # In terms of the Box-Cox transform no division by a - 1, which may be 0, is left.
    closed_form = -(power * (1 + (alpha - 1) * complement) + complement) / alpha
    return jnp.where(is_near, q * q * series, closed_form)


def _series(q: Array, alpha: Array) -> Array:
    """`sum_k c_k q^k / (k + 2)` with the binomial series `(1 - q)^{a-2} = sum_k c_k q^k`."""
    coefficients = [jnp.ones_like(alpha)]
    for k in range(1, SERIES_TERMS):
        coefficients.append(coefficients[-1] * (k + 1 - alpha) / k)
    total = jnp.zeros_like(q)
    for k in reversed(range(SERIES_TERMS)):
        total = total * q + coefficients[k] / (k + 2)
    return total
