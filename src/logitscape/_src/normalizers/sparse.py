"""Normalizers that give exact zeros: sparsemax and alpha-entmax, `argmax_p <p, z> - Omega(p)` over the simplex."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest
from ..base.arguments import is_known_to_be, parameter
from ..base.formula import on_logits
from ..base.special import is_symbolic_zero, log_slope
from ..base.types import Mask, Parameter, Vector
from .simplex import Probs, centered, keep_mass

MOST_STEPS = 100


@on_logits
def sparsemax(logits: Vector) -> Probs:
    """`p = [z - tau]_+` with tau such that p sums to 1: the point of the simplex nearest to z.

    One-hot once the gap is 1. Defined for all finite logits; -inf is a mask, NaN if all are masked or one is +inf. At the kink,
    where z_k = tau, class k counts as outside the support: dp_k = 0, and mass is kept.

    Source: Martins and Astudillo, arXiv 1602.02068, equation 2 and proposition 1.
    """
    return Probs(*_sparsemax(logits))


@on_logits
def entmax(logits: Vector, *, alpha: Parameter = 1.5) -> Probs:
    """`p_k = [(alpha - 1) z_k - tau]_+^{1 / (alpha - 1)}` with tau such that p sums to 1.

    alpha = 1 is softmax and alpha = 2 sparsemax, as values and not only as limits. One-hot once the gap is 1 / (alpha - 1).
    Differentiable in alpha too. Domain, masks and kinks as for sparsemax. For alpha > 2, p is infinitely steep at the edge of
    the support, and the least class there is as exact as 1 minus the others.

    Args:
        logits: z, [n].
        alpha: at least 1.

    Source: Peters, Niculae and Martins, arXiv 1905.05702, equation 10; derivative in alpha: Correia et al., arXiv 1909.00015.
    """
    beta = parameter("entmax", "alpha", alpha, logits.dtype, low=1) - 1
    return Probs(
        *(_sparsemax(logits) if is_known_to_be(2, alpha) else _entmax(logits, beta))
    )


@jax.custom_jvp
def _sparsemax(z: Vector) -> tuple[Vector, Vector]:
    """`p_k = [p_top + s_k]_+` with `s_k = z_k - max z` and `p_top = (1 - sum of s on the support) / its size`.

    Near one-hot, `rest = 1 - p_top = (sum of 1 + s on the support, but for one top class) / size`: neither sum cancels.
    """
    top = jnp.max(z)
    shifted = z - top + (top - top)  # NaN unless the top is finite
    largest = first_largest(shifted)
    inside = _support(shifted, largest)
    rest = _rest(shifted, largest, inside)
    p_top = (1 - jnp.sum(jnp.where(inside, shifted, 0))) / jnp.sum(
        inside.astype(z.dtype)
    )
    p = jnp.where(
        inside,
        jnp.maximum(jnp.where(rest < 0.5, (1 + shifted) - rest, p_top + shifted), 0),
        0,
    ) + (top - top)
    near_one = p > 0.5
    return p, jnp.where(
        near_one, jnp.log1p(jnp.where(near_one, shifted - rest, 0)), jnp.log(p)
    )


def _support(shifted: Vector, largest: Mask) -> Mask:
    """The classes with p > 0, [n]: from all within 1 of the top, drop those that the rest's threshold excludes, until none is.

    It ends after a few rounds. Source: Michelot, A finite algorithm for finding the projection onto the simplex, 1986.
    """

    def going_on(state: tuple[Array, Array]) -> Array:
        return jnp.any(state[0] != state[1])

    def narrow(state: tuple[Array, Array]) -> tuple[Array, Array]:
        _, inside = state
        return inside, inside & (1 + shifted > _rest(shifted, largest, inside))

    return jax.lax.while_loop(
        going_on, narrow, (jnp.zeros(shifted.shape, bool), 1 + shifted > 0)
    )[1]


def _rest(shifted: Vector, largest: Mask, inside: Mask) -> Array:
    return jnp.sum(jnp.where(inside & ~largest, 1 + shifted, 0)) / jnp.sum(
        inside.astype(shifted.dtype)
    )


@_sparsemax.defjvp
def _sparsemax_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[tuple[Vector, Vector], tuple[Vector, Vector]]:
    """On the support, dp is dz less its mean there."""
    (z,), (dz,) = primals, tangents
    p, log_p = _sparsemax(z)
    inside = ~jnp.isneginf(log_p)
    share = (inside.astype(z.dtype) + (p - p)) / jnp.sum(
        inside.astype(z.dtype)
    )  # NaN outside the domain
    dp = keep_mass(
        first_largest(p), share, jnp.where(inside, dz - jnp.sum(share * dz), 0)
    )
    return (p, log_p), (
        dp,
        jnp.where(inside, dp * jnp.exp(jnp.where(inside, -log_p, 0)), 0),
    )


@jax.custom_jvp
def _entmax(z: Vector, beta: Array) -> tuple[Vector, Vector]:
    top = jnp.max(z)
    shifted = (
        z - top + (top - top) + (beta - beta)
    )  # NaN unless the top and beta are finite
    largest = first_largest(shifted)
    shifted = jnp.where(
        largest, shifted - shifted, shifted
    )  # 0, or NaN, whatever rounding left
    surprisal = _surprisal(shifted, largest, beta)
    log_p = _log_p(shifted, surprisal, beta)
    p = jnp.exp(log_p)
    last, rest = _last(shifted, surprisal, p, beta)
    return jnp.where(last, rest, p), jnp.where(last, jnp.log(rest), log_p)


@partial(_entmax.defjvp, symbolic_zeros=True)
def _entmax_jvp(
    primals: tuple[Vector, Array], tangents: tuple[Any, Any]
) -> tuple[tuple[Vector, Vector], tuple[Vector, Vector]]:
    """With u = p^{1 - beta} on the support: dp = u (dz - <u, dz> / sum u), and the same for what beta moves."""
    (z, beta), (dz, d_beta) = primals, tangents
    p, log_p = _entmax(z, beta)
    inside = ~jnp.isneginf(log_p)
    log_inside = jnp.where(inside, log_p, 0)
    u = jnp.where(inside, jnp.exp((1 - beta) * log_inside), 0)
    share = u / jnp.sum(u)
    largest = first_largest(share)
    others = jnp.sum(jnp.where(largest, 0, share))
    moved, bent = jnp.zeros_like(z), jnp.zeros_like(z)
    if not is_symbolic_zero(dz):
        moved += centered(largest, others, dz, share * dz)[0]
    if not is_symbolic_zero(d_beta):
        # The derivative of log p in beta, at a fixed distance to the threshold.
        bent += d_beta * log_slope(log_inside, beta)
        moved -= jnp.sum(p * bent) / jnp.sum(u)
    d_log_p = jnp.where(inside, jnp.exp(-beta * log_inside) * moved + bent, 0)
    return (p, log_p), (
        keep_mass(largest, share, jnp.where(inside, u * moved + p * bent, 0)),
        d_log_p,
    )


def _log_p(shifted: Array, surprisal: Array, beta: Array) -> Array:
    """`log [e^{-beta u} + beta s]_+^{1 / beta}` at s = shifted, u the surprisal: -u for the top class; s - u at beta = 0."""
    base_less_one = jnp.expm1(-beta * surprisal) + beta * shifted
    edge = jnp.log(jnp.maximum(_base(shifted, surprisal, beta), 0))
    log = jnp.where(
        base_less_one < -0.5, edge, jnp.log1p(jnp.maximum(base_less_one, -0.5))
    )
    linear = (beta == 0) | (shifted == 0)
    return jnp.where(linear, shifted - surprisal, log / jnp.where(beta == 0, 1, beta))


def _base(shifted: Array, surprisal: Array, beta: Array) -> Array:
    """`e^{-beta u} + beta s`, which is `p^beta` where it is positive."""
    return jnp.exp(-beta * surprisal) + beta * shifted


def _last(
    shifted: Vector, surprisal: Array, p: Vector, beta: Array
) -> tuple[Array, Array]:
    """The least class of the support, [n], and what the others leave for it, if beta > 1: at its edge p is infinitely steep."""
    allowance = 1 + 64 * float(jnp.finfo(shifted.dtype).eps)  # type: ignore[no-untyped-call]
    within = allowance * jnp.exp(-beta * surprisal) + beta * shifted > 0
    least = jnp.min(jnp.where(within, shifted, 0))
    last = (shifted == least) & (least < 0) & (beta > 1)
    rest = 1 - jnp.sum(jnp.where(shifted > least, p, 0))
    return last, jnp.maximum(rest, 0) / jnp.sum(last.astype(p.dtype))


def _surprisal(shifted: Vector, largest: Mask, beta: Array) -> Array:
    """`-log p` of the top class, from 0 to log n, with which p sums to 1, accurate relative to its own size.

    Unlike tau it keeps its digits at both ends: near one-hot, and where many tie and `p^beta` is tiny. Newton's
    method, kept inside a bracket by bisection. It starts at 0, or where beta = 0 at the solution; for beta <= 1 it rises to
    the root without overshooting, as the sum is convex. The largest class is kept apart: the residual is
    `(1 - p_top) - sum of the others`, where neither side cancels.
    """
    dtype = shifted.dtype
    precision = 16 * float(jnp.finfo(dtype).eps)  # type: ignore[no-untyped-call]

    def residual(surprisal: Array) -> tuple[Array, Array]:
        p, p_top = jnp.exp(_log_p(shifted, surprisal, beta)), jnp.exp(-surprisal)
        base = _base(shifted, surprisal, beta)
        inside = (base > 0) & ~largest
        others = jnp.sum(jnp.where(largest, 0, p))
        slope = p_top + jnp.sum(
            jnp.where(
                inside, p * (jnp.exp(-beta * surprisal) / jnp.where(inside, base, 1)), 0
            )
        )
        return -jnp.expm1(-surprisal) - others, slope

    def step(state: Any) -> Any:
        surprisal, low, high, _, count = state
        error, slope = residual(surprisal)
        low, high = (
            jnp.where(error <= 0, surprisal, low),
            jnp.where(error >= 0, surprisal, high),
        )
        newton = surprisal - error / slope
        there = jnp.abs(newton - surprisal) <= precision * newton
        # At an end of the bracket it has been: where p is steep, Newton's method may go to and fro.
        new = jnp.where(
            there | ((newton > low) & (newton < high)), newton, (low + high) / 2
        )
        return new, low, high, jnp.abs(new - surprisal) > precision * new, count + 1

    def going_on(state: Any) -> Any:
        return state[3] & (state[4] < MOST_STEPS)

    count = jnp.sum((~jnp.isneginf(shifted)).astype(dtype))
    rest = jnp.sum(jnp.where(largest, 0, jnp.exp(shifted)))
    start = jnp.where(beta == 0, jnp.log1p(rest), 0)
    first = (start, jnp.zeros((), dtype), jnp.log(count), jnp.array(True), jnp.array(0))
    return jax.lax.while_loop(going_on, step, first)[0]
