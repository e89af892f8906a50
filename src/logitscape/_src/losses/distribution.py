"""Losses of the whole probability vector."""

from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array

from ..base.arguments import parameter
from ..base.formula import on_probs
from ..base.special import box_cox, dot
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.simplex import Probs

SERIES_BELOW = 0.125
SERIES_TERMS = 20
SQUARES_UNDERFLOW = -40.0


@on_probs
def brier(
    probs: Probs, target: Vector, *, convention: Literal["sum", "half", "mean"] = "sum"
) -> Scalar:
    """`sum_k (p_k - t_k)^2`, between 0 and 2: the squared error.

    Args:
        probs: the prediction.
        target: t, [n].
        convention: "sum"; "half" of it (optax.l2_loss); "mean" over the classes (PyTorch's MSELoss).

    Source: Brier 1950.
    """
    scales = {"sum": 1.0, "half": 0.5, "mean": 1 / target.size}
    if convention not in tuple(scales):
        raise ValueError(
            f"`brier(convention=...)` must be one of {', '.join(map(repr, scales))}, got {convention!r}."
        )
    return scales[convention] * jnp.sum(residual(probs, target) ** 2)


@on_probs
def spherical_score(probs: Probs, target: Vector) -> Scalar:
    """`1 - <p, t> / norm_2(p)`, between 0 and 1.

    Source: Gneiting and Raftery, Strictly proper scoring rules, 2007, section 4.
    """
    scale = jax.lax.stop_gradient(jnp.max(probs.p))
    top = jax.lax.stop_gradient(jnp.max(probs.log_p))
    tiny = (
        top < SQUARES_UNDERFLOW
    )  # softmax_one may be so sure of none of the classes that p itself is lost
    from_log = jnp.exp(jnp.where(tiny, probs.log_p - top, 0))
    return _one_minus_cosine(
        jnp.where(tiny, from_log, probs.p / jnp.where(tiny, 1, scale)), target
    )


@on_probs
def tsallis_score(probs: Probs, target: Vector, *, alpha: Parameter = 1.5) -> Scalar:
    """`1 / (a (a - 1)) - sum_k t_k p_k^{a-1} / (a - 1) + (sum_k p_k^a) / a`; a = 1 is cross-entropy, a = 2 half of `brier`.

    Linear in the target, as every score is. Computed without the cancellation of its terms near a right answer.

    Args:
        probs: the prediction.
        target: t, [n].
        alpha: a, at least 1.

    Source: Tsallis 1988; Blondel, Martins and Niculae, arXiv 1901.02324, section 4.3.
    """
    return tsallis(
        probs, target, parameter("tsallis_score", "alpha", alpha, target.dtype, low=1)
    )


@on_probs
def kl(probs: Probs, target: Vector) -> Scalar:
    """`sum_k t_k log(t_k / p_k)`, the divergence of the target from the prediction; from 0 up.

    Source: Kullback and Leibler 1951.
    """
    weighted = target > 0
    log_t = jnp.log(jnp.where(weighted, target, 1))
    return dot(target, log_t - probs.log_p)


@on_probs
def reverse_kl(probs: Probs, target: Vector, *, smoothing: Parameter = 0.1) -> Scalar:
    """`sum_k p_k log(p_k / t'_k)` with the smoothed target `t' = (1 - a) t + a / n`.

    Args:
        probs: the prediction.
        target: t, [n].
        smoothing: a, greater than 0 and at most 1.
    """
    amount = parameter(
        "reverse_kl", "smoothing", smoothing, target.dtype, low=0, high=1, open=True
    )
    return _divergence(probs.p, probs.log_p, jnp.log(_smoothed(target, amount)))


@on_probs
def label_smoothing(
    probs: Probs, target: Vector, *, smoothing: Parameter = 0.1
) -> Scalar:
    """Cross-entropy to the smoothed target `(1 - a) t + a / n`.

    Args:
        probs: the prediction.
        target: t, [n].
        smoothing: a, between 0 and 1.

    Source: Szegedy et al., arXiv 1512.00567, section 7.
    """
    amount = parameter(
        "label_smoothing", "smoothing", smoothing, target.dtype, low=0, high=1
    )
    return dot(_smoothed(target, amount), -probs.log_p)


def residual(probs: Probs, target: Vector) -> Vector:
    """`p - t`, written so that it cancels at neither end."""
    return (1 - target) * probs.p - target * probs.complement


def tsallis(probs: Probs, target: Vector, alpha: Array) -> Scalar:
    """The score of `tsallis_score`, for an alpha that is already checked."""
    return _tsallis(probs.p, probs.log_p, probs.complement, target, alpha)


def _smoothed(target: Vector, amount: Array) -> Vector:
    return (1 - amount) * target + amount / target.size


@jax.custom_jvp
def _divergence(p: Vector, log_p: Vector, log_q: Vector) -> Array:
    return jnp.sum(jnp.where(jnp.isneginf(log_p), 0, p * _log_ratio(log_p, log_q)))


@_divergence.defjvp
def _divergence_jvp(
    primals: tuple[Vector, ...], tangents: tuple[Vector, ...]
) -> tuple[Array, Array]:
    """`sum_k (log(p_k / q_k) + 1) dp_k`: through dp alone, which outlives the underflow of `p_k d log p_k`."""
    (p, log_p, log_q), (dp, _, d_log_q) = primals, tangents
    slope = jnp.where(jnp.isneginf(log_p), 0, _log_ratio(log_p, log_q) + 1)
    return _divergence(*primals), jnp.sum(slope * dp - p * d_log_q)


def _log_ratio(log_p: Vector, log_q: Vector) -> Vector:
    return jnp.where(jnp.isneginf(log_p), 0, log_p) - log_q


@jax.custom_jvp
def _one_minus_cosine(p: Vector, target: Vector) -> Array:
    """`(|p|^2 - <p, t>^2) / (|p| (|p| + <p, t>))`, its numerator without cancellation for a one-hot target."""
    inner, norm = jnp.sum(p * target), jnp.sqrt(jnp.sum(p * p))
    others = jnp.sum((1 - target) * (1 + target) * p * p) - jnp.sum(
        target * p * (inner - target * p)
    )
    return others / (norm * (norm + inner))


@_one_minus_cosine.defjvp
def _one_minus_cosine_jvp(
    primals: tuple[Vector, Vector], tangents: tuple[Vector, Vector]
) -> tuple[Array, Array]:
    """`d/dp_k = (p_k sum_{j != k} t_j p_j - t_k sum_{j != k} p_j^2) / |p|^3`."""
    (p, target), (dp, d_target) = primals, tangents
    norm = jnp.sqrt(jnp.sum(p * p))
    slope = (p * _all_but_each(target * p) - target * _all_but_each(p * p)) / norm**3
    return _one_minus_cosine(p, target), jnp.sum(slope * dp) - jnp.sum(
        p * d_target
    ) / norm


def _all_but_each(x: Vector) -> Vector:
    """`sum_{j != k} x_j` for x >= 0: a difference, which cancels for the largest only, unless it ties."""
    largest = x == jnp.max(x)
    alone = largest & (jnp.sum(largest.astype(x.dtype)) == 1)
    return jnp.where(alone, jnp.sum(jnp.where(largest, 0, x)), jnp.sum(x) - x)


@jax.custom_jvp
def _tsallis(
    p: Vector, log_p: Vector, complement: Vector, target: Vector, alpha: Array
) -> Array:
    return _tsallis_value(p, log_p, complement, target, alpha)


@_tsallis.defjvp
def _tsallis_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """`dL = sum_k p_k^{a-2} (p_k - t_k) dp_k`.

    For a < 2 the part of the target through d log p, which outlives the underflow of p; for a = 2, where p = 0 still counts,
    through dp.
    """
    (p, log_p, complement, target, alpha), (dp, d_log_p, _, d_target, d_alpha) = (
        primals,
        tangents,
    )
    occurs = ~jnp.isneginf(log_p)
    at_zero = (alpha == 1).astype(p.dtype)
    power = jnp.where(
        occurs, jnp.exp((alpha - 1) * jnp.where(occurs, log_p, 0)), at_zero
    )
    of_target = jnp.where(alpha == 2, dp, jnp.where(occurs, power * d_log_p, 0))
    in_p = jnp.sum((1 - target) * power * dp) - jnp.sum(target * complement * of_target)
    _, in_rest = jax.jvp(
        lambda t, a: _tsallis_value(p, log_p, complement, t, a),
        (target, alpha),
        (d_target, d_alpha),
    )
    return _tsallis(*primals), in_p + in_rest


def _tsallis_value(
    p: Vector, log_p: Vector, complement: Vector, target: Vector, alpha: Array
) -> Array:
    weighted = target > 0
    log_at_label = jnp.where(weighted, log_p, 0)
    of_label = target * _tsallis_of_label(
        log_at_label, jnp.where(weighted, complement, 0), alpha
    )
    occurs = p > 0
    of_others = (
        (1 - target) * jnp.where(occurs, jnp.where(occurs, p, 1) ** alpha, 0) / alpha
    )
    return jnp.sum(of_label + of_others)


def _tsallis_of_label(log_p: Array, complement: Array, alpha: Array) -> Array:
    """`(1 - a p^{a-1} + (a-1) p^a) / (a (a-1))`, which is the integral of `s (1 - s)^{a-2}` up to s = 1 - p."""
    near = complement < SERIES_BELOW
    q = jnp.where(near, complement, 0)
    coefficients = [jnp.ones_like(alpha)]
    for k in range(1, SERIES_TERMS):
        coefficients.append(coefficients[-1] * (k + 1 - alpha) / k)
    series = jnp.zeros_like(q)
    for k, coefficient in reversed(list(enumerate(coefficients))):
        series = series * q + coefficient / (k + 2)
    power = box_cox(jnp.where(near, 0, log_p), jnp.broadcast_to(alpha - 1, log_p.shape))
    direct = -(power * (1 + (alpha - 1) * complement) + complement) / alpha
    return jnp.where(near, q * q * series, direct)
