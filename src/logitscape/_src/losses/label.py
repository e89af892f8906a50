"""Losses of the label's probability: L = psi(p_y), and for a soft target the expectation `sum_k t_k psi(p_k)`.

Written in the surprise `-log p` and the complement `1 - p`, which stay accurate at either end. At p_y = 0 the value is the
limit of psi, infinite for all with a logarithm; where that pole is the value, the gradient is finite, as the derivative of
log p_y = -inf is taken as 0.
"""

import math

import jax
import jax.numpy as jnp
from jax import Array

from ..base.arguments import parameter
from ..base.formula import on_probs
from ..base.special import box_cox, dot, over_expm1
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.simplex import Probs


@on_probs
def cross_entropy(probs: Probs, target: Vector) -> Scalar:
    """`-sum_k t_k log p_k`; in nats, from 0 up. With softmax its gradient is p - t.

    Source: Good, Rational decisions, 1952 (logarithmic score).
    """
    return dot(target, -probs.log_p)


@on_probs
def exponential(probs: Probs, target: Vector) -> Scalar:
    """`(1 - p) / p`, the odds against the label; from 0 up. Steeper than cross-entropy: with softmax it explodes when wrong."""
    surprise = _surprise(probs, target)
    pole = jnp.isposinf(surprise)
    return jnp.sum(
        target * jnp.where(pole, jnp.inf, jnp.expm1(jnp.where(pole, 0, surprise)))
    )


@on_probs
def generalized_cross_entropy(
    probs: Probs, target: Vector, *, q: Parameter = 0.7
) -> Scalar:
    """`(1 - p^q) / q`, between 0 and 1/q; q = 0 is cross-entropy, q = 1 half of `mae`.

    Args:
        probs: the prediction.
        target: t, [n].
        q: between 0 and 1.

    Source: Zhang and Sabuncu, arXiv 1805.07836, equation 6.
    """
    exponent = parameter(
        "generalized_cross_entropy", "q", q, target.dtype, low=0, high=1
    )
    p = jnp.where(target == 0, 1, probs.p)
    return jnp.sum(
        target
        * _power_score(
            p, -_surprise(probs, target), jnp.broadcast_to(exponent, target.shape)
        )
    )


@on_probs
def mae(probs: Probs, target: Vector) -> Scalar:
    """`2 (1 - p)`, the sum of absolute errors against a one-hot target; between 0 and 2.

    Source: Ghosh, Kumar and Sastry, arXiv 1712.09482.
    """
    return jnp.sum(target * 2 * probs.complement)


@on_probs
def hellinger(probs: Probs, target: Vector) -> Scalar:
    """`1 - sqrt(p)`, between 0 and 1: the squared Hellinger distance to a one-hot target."""
    return jnp.sum(
        target * -box_cox(-_surprise(probs, target), jnp.full_like(target, 0.5)) / 2
    )


@on_probs
def focal(probs: Probs, target: Vector, *, gamma: Parameter = 2.0) -> Scalar:
    """`-(1 - p)^gamma log p`, from 0 up; gamma = 0 is cross-entropy.

    Args:
        probs: the prediction.
        target: t, [n].
        gamma: at least 0.

    Source: Lin et al., arXiv 1708.02002, equation 4.
    """
    power = parameter("focal", "gamma", gamma, target.dtype, low=0)
    return jnp.sum(target * _focal(_surprise(probs, target), power))


@on_probs
def poly1(probs: Probs, target: Vector, *, epsilon: Parameter = 1.0) -> Scalar:
    """`-log p + epsilon (1 - p)`: cross-entropy with its first polynomial coefficient moved by epsilon.

    Args:
        probs: the prediction.
        target: t, [n].
        epsilon: any finite number.

    Source: Leng et al., PolyLoss, arXiv 2204.12511.
    """
    weight = parameter("poly1", "epsilon", epsilon, target.dtype, low=-jnp.inf)
    return jnp.sum(target * (_surprise(probs, target) + weight * probs.complement))


@on_probs
def symmetric_cross_entropy(
    probs: Probs,
    target: Vector,
    *,
    alpha: Parameter = 1.0,
    beta: Parameter = 1.0,
    log_zero: Parameter = -4.0,
) -> Scalar:
    """`alpha (-log p) + beta (-log_zero) (1 - p)`: cross-entropy and the reverse one, where `log 0` is taken as `log_zero`.

    Args:
        probs: the prediction.
        target: t, [n].
        alpha: at least 0.
        beta: at least 0.
        log_zero: A, at most 0 (the paper's -4 is not the logarithm of 1e-4).

    Source: Wang et al., arXiv 1908.06112.
    """
    name = "symmetric_cross_entropy"
    a = parameter(name, "alpha", alpha, target.dtype, low=0)
    b = parameter(name, "beta", beta, target.dtype, low=0)
    zero = parameter(name, "log_zero", log_zero, target.dtype, low=-jnp.inf, high=0)
    return jnp.sum(
        target * (a * _surprise(probs, target) - b * zero * probs.complement)
    )


@on_probs
def clipped_cross_entropy(
    probs: Probs, target: Vector, *, epsilon: Parameter = 1e-7
) -> Scalar:
    """`-log(p + epsilon)`, what much user code has: bounded by -log epsilon, and slightly below 0 at p = 1.

    Args:
        probs: the prediction.
        target: t, [n].
        epsilon: greater than 0.
    """
    floor = parameter(
        "clipped_cross_entropy", "epsilon", epsilon, target.dtype, low=0, open=True
    )
    low = probs.p < 0.5
    from_zero = -jnp.log(jnp.where(low, probs.p, 0.5) + floor)
    from_one = -jnp.log1p(floor - jnp.where(low, 0.5, probs.complement))
    return jnp.sum(target * jnp.where(low, from_zero, from_one))


def _surprise(probs: Probs, target: Vector) -> Vector:
    """`-log p`, and 0 for classes without weight, whose poles count for nothing."""
    return -jnp.where(target == 0, 0, probs.log_p)


@jax.custom_jvp
def _power_score(p: Array, log_p: Array, q: Array) -> Array:
    """`(1 - p^q) / q`."""
    return -box_cox(log_p, q)


@_power_score.defjvp
def _power_score_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """`-p^{q - 1} dp`: for q < 1 through d log p, which outlives the underflow of p; for q = 1 through dp, as p may be 0."""
    (p, log_p, q), (dp, d_log_p, dq) = primals, tangents
    linear = q == 1
    _, slope = jax.jvp(box_cox, (log_p, q), (jnp.where(linear, 0, d_log_p), dq))
    return _power_score(p, log_p, q), -(slope + jnp.where(linear, dp, 0))


@jax.custom_jvp
def _focal(surprise: Array, gamma: Array) -> Array:
    return (-jnp.expm1(-surprise)) ** gamma * surprise


@_focal.defjvp
def _focal_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """`dL = (1 - p)^gamma (1 + gamma s p / (1 - p)) ds`: as s p / (1 - p) tends to 1 with s, no pole at p = 1."""
    (s, gamma), (ds, d_gamma) = primals, tangents
    inside = (s > 0) & jnp.isfinite(s)
    safe = jnp.where(inside, s, 1)
    complement = -jnp.expm1(-s)
    in_gamma = jnp.where(inside, _log_complement(safe) * safe, 0)
    value = _focal(s, gamma)
    return value, complement**gamma * (
        (1 + gamma * over_expm1(s)) * ds + in_gamma * d_gamma
    )


def _log_complement(surprise: Array) -> Array:
    """`log(1 - e^{-s})` for s > 0, accurate at both ends."""
    near = surprise < math.log(2)
    from_one = jnp.log(-jnp.expm1(-jnp.where(near, surprise, 1)))
    return jnp.where(near, from_one, jnp.log1p(-jnp.exp(-surprise)))
