"""The equation behind alpha-entmax: the surprisal of the top class with which p sums to 1.

With beta = alpha - 1, s_k = z_k - max z, and u = -log p of the top class,

    p_k^beta = [e^{-beta u} + beta s_k]_+,

also for beta < 0, where both terms are positive and every class is in the support.

The threshold tau loses its digits where p is near one-hot, and where many classes tie and p^beta
is tiny; u keeps its digits in both cases.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.loops import with_loop
from ..base.special import box_cox
from ..base.sums import total
from ..base.types import Mask, Scalar, Vector

MOST_STEPS = 100
"""Maximum number of steps of Newton's method."""
MOST_STEPS_ON_GROUPS = 20
PRECISION_ON_GROUPS = 1e-2
"""Relative size of a step below which the search on the maxima of groups ends."""


class _Search(NamedTuple):
    """State of the search for the root: u, its bracket, whether u moves, number of steps."""

    u: Array
    low: Array
    high: Array
    moves: Array
    steps: Array


def log_p_of(shifted: Array, surprisal: Array, beta: Array) -> Array:
    """`log p_k = log [e^{-beta u} + beta s_k]_+^{1 / beta}`, and `s_k - u` at beta = 0.

    Args:
        shifted: Logits less the largest, s, [n].
        surprisal: Surprisal u of the top class, whose `log p` is -u exactly.
        beta: alpha - 1.
    """
    base_less_one = jnp.expm1(-beta * surprisal) + beta * shifted
    log_far_from_one = jnp.log(jnp.maximum(base_of_power(shifted, surprisal, beta), 0))
    log_near_one = jnp.log1p(jnp.maximum(base_less_one, -0.5))
    # Near 1 the base has lost the digits of its distance from 1, and near 0 that
    # distance has lost the digits of the base.
    log_base = jnp.where(base_less_one < -0.5, log_far_from_one, log_near_one)
    # For the top class log(e^{-beta u}) / beta would be -u only to within rounding.
    is_linear = (beta == 0) | (shifted == 0)
    log_p = log_base / jnp.where(beta == 0, 1, beta)
    return jnp.where(is_linear, shifted - surprisal, log_p)


def base_of_power(shifted: Array, surprisal: Array, beta: Array) -> Array:
    """`e^{-beta u} + beta s_k`, which is `p_k^beta` where it is positive."""
    return jnp.exp(-beta * surprisal) + beta * shifted


def surprisal_of_top(
    shifted: Vector, is_largest: Mask, beta: Array, start: Scalar
) -> Scalar:
    """`-log p` of the top class, from 0 to log n, with a small relative error.

    Newton's method, kept inside a bracket by bisection. For beta <= 1 it runs on the norm
    `(sum_k p_k)^beta`, which is nearly linear in `p_top^beta`, convex for beta > 0 and concave for
    beta < 0, and rises to the root without overshooting; for beta = 0 a single step leads there.

    Args:
        shifted: Logits less the largest, s, [n].
        is_largest: Mask of a single class with the largest logit, [n].
        beta: alpha - 1.
        start: Where to start, from 0 to the root.
    """
    eps = float(jnp.finfo(shifted.dtype).eps)  # type: ignore[no-untyped-call]
    return _search(shifted, is_largest, beta, start, 16 * eps, MOST_STEPS)


def least_surprisal_of_top(of_groups: Vector, is_largest: Mask, beta: Array) -> Scalar:
    """A lower bound of the surprisal: roughly that with which p sums to 1 on some of the classes.

    Args:
        of_groups: Logits of these classes less the largest, s.
        is_largest: Mask of a single one with the largest logit.
        beta: alpha - 1.
    """
    start = jnp.zeros((), of_groups.dtype)
    rough = _search(
        of_groups, is_largest, beta, start, PRECISION_ON_GROUPS, MOST_STEPS_ON_GROUPS
    )
    # For beta > 1 the search comes from both sides.
    return jnp.where(beta > 1, 0, rough)


@with_loop("precision", "most_steps")
def _search(
    shifted: Vector,
    is_largest: Mask,
    beta: Array,
    start: Scalar,
    precision: float,
    most_steps: int,
) -> Scalar:
    dtype = shifted.dtype
    residual = _residual(shifted, is_largest, beta)

    def step(search: _Search) -> _Search:
        u = search.u
        error, slope = residual(u)
        low = jnp.where(error <= 0, u, search.low)
        high = jnp.where(error >= 0, u, search.high)
        newton = u + _increase(error, slope, beta)
        # The test is relative, as u is about `1 - p_top`: tiny near a one-hot vector.
        has_arrived = jnp.abs(newton - u) <= precision * newton
        # The ends of the bracket have been tried. Where p is steep, Newton's method may alternate
        # between them, so that a step onto an end counts as outside.
        is_inside = (newton > low) & (newton < high)
        new = jnp.where(has_arrived | is_inside, newton, (low + high) / 2)
        moves = jnp.abs(new - u) > precision * new
        return _Search(new, low, high, moves, search.steps + 1)

    def goes_on(search: _Search) -> Array:
        return search.moves & (search.steps < most_steps)

    first = _Search(
        u=start,
        low=jnp.zeros((), dtype),
        high=jnp.full((), math.log(shifted.size), dtype),
        moves=jnp.array(True),
        steps=jnp.array(0),
    )
    return jax.lax.while_loop(goes_on, step, first).u


def _increase(error: Scalar, slope: Scalar, beta: Array) -> Scalar:
    """By how much a step raises u.

    Args:
        error: `1 - f` with f the sum of p.
        slope: `-df/du`.
        beta: alpha - 1.
    """
    log_sum = jnp.log1p(-error)
    # In a = e^{-beta u} a step on the norm f^beta is a -> a (1 - beta k).
    k = -box_cox(-log_sum, beta) * (1 - error) / slope
    eps = jnp.finfo(k.dtype).eps  # type: ignore[no-untyped-call]
    is_linear = jnp.abs(beta * k) < eps
    curved = -jnp.log1p(-beta * k) / jnp.where(is_linear, 1, beta)
    on_norm = jnp.where(is_linear, k, curved)
    return jnp.where(beta > 1, -error / slope, on_norm)


def _residual(
    shifted: Vector, is_largest: Mask, beta: Array
) -> Callable[[Array], tuple[Array, Array]]:
    """The function of u that vanishes where p sums to 1, with its derivative.

    It is `(1 - p_top) - sum of the other p_k`: neither side cancels, as the top class is apart.
    """

    def residual(u: Array) -> tuple[Array, Array]:
        p = jnp.exp(log_p_of(shifted, u, beta))
        p_top = jnp.exp(-u)
        base = base_of_power(shifted, u, beta)
        inside = (base > 0) & ~is_largest
        others = total(jnp.where(is_largest, 0, p))
        relative_slope = jnp.exp(-beta * u) / jnp.where(inside, base, 1)
        slope = p_top + total(jnp.where(inside, p * relative_slope, 0))
        return -jnp.expm1(-u) - others, slope

    return residual
