"""Weights divided by their sum so that nothing cancels near a one-hot vector, and the tangents.

The largest class (the first of those that tie) is treated apart. With r the sum of the other
classes' weights relative to the largest, `log p_top = -log1p(r)`; its tangent is written with r and
never with `1 - p_top`, and the tangent of p_top is minus the sum of the others', so that
probabilities keep their sum.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from ..base.types import Mask, Vector


class Shares(NamedTuple):
    """Weights divided by their sum.

    Attributes:
        p: Probabilities, [n].
        log_p: Their logarithms, [n].
        others: `1 - p` of the largest class: the probability of all others.
        total: Sum of all weights, relative to the largest.
    """

    p: Vector
    log_p: Vector
    others: Array
    total: Array


def shares_of(gaps: Vector, weights: Vector, is_largest: Mask) -> Shares:
    """Divide weights by their sum.

    Args:
        gaps: Logarithms of the weights, [n]; that of the largest is 0 but for rounding.
        weights: Weights, [n]; the largest is 1 but for rounding.
        is_largest: Mask of a single class with the largest weight, [n].
    """
    # What rounding left for the largest class is subtracted: its gap becomes 0, or stays NaN.
    gaps = gaps - jnp.where(is_largest, gaps, 0)
    other_weights = weights - jnp.where(is_largest, weights, 0)
    rest = jnp.sum(other_weights)
    weights = jnp.where(is_largest, 1 + other_weights, other_weights)
    return Shares(
        p=weights / (1 + rest),
        log_p=gaps - jnp.log1p(rest),
        # Not `1 - p`, which is 0 once the rest is lost in the rounding of 1 + rest.
        others=rest / (1 + rest),
        total=1 + rest,
    )


def share_tangents(
    shares: Shares, is_largest: Mask, d_log: Vector, d_share: Vector
) -> Shares:
    """Tangents of weights divided by their sum, from the tangents of the weights.

    Args:
        shares: Weights divided by their sum.
        is_largest: Mask of the largest class, [n].
        d_log: Tangent of the logarithm of each weight, [n].
        d_share: Tangent of each weight, divided by the sum of all weights, [n]. It is `p * d_log`
            where p does not underflow.
    """
    d_log_p, d_log_total = centered(is_largest, shares.others, d_log, d_share)
    # The derivative of log p = -inf is taken as 0.
    d_log_p = jnp.where(jnp.isneginf(shares.log_p), 0, d_log_p)
    dp = keep_mass(is_largest, shares.p, d_share - shares.p * d_log_total)
    d_others = -jnp.sum(jnp.where(is_largest, dp, 0))
    return Shares(dp, d_log_p, d_others, shares.total * d_log_total)


def keep_mass(is_largest: Mask, share: Vector, dp: Vector) -> Vector:
    """Tangents of probabilities, corrected for rounding so that they sum to 0.

    The sum that rounding left is spread over the classes, and the tangent of the largest class is
    replaced by minus the sum of the others'. In reverse mode the cotangent of every class is then
    taken relative to the largest class and to the mean. Where a loss pulls many classes that tie
    in the same direction, this leaves nothing that should have cancelled.

    Args:
        is_largest: Mask of a single class with the largest share, [n].
        share: Share of each class in the correction, [n]; they sum to 1.
        dp: Tangents of the probabilities, [n].
    """
    dp = dp - share * jnp.sum(dp)
    of_others = jnp.sum(jnp.where(is_largest, 0, dp))
    return jnp.where(is_largest, -of_others, dp)


def centered(
    is_largest: Mask, others: Array, d: Vector, p_times_d: Vector
) -> tuple[Vector, Array]:
    """Tangents less their mean under p, `d_k - sum_j p_j d_j`, and that mean.

    For the largest class this is `(1 - p_k) d_k - sum_{j != k} p_j d_j`.

    Args:
        is_largest: Mask of a single class with the largest p, [n].
        others: Accurate `1 - p` of that class.
        d: Tangents to be centered, [n].
        p_times_d: Their products with p, [n].
    """
    of_largest = jnp.sum(jnp.where(is_largest, p_times_d, 0))
    of_others = jnp.sum(jnp.where(is_largest, 0, p_times_d))
    # For the largest class, d - p d would lose everything once p rounds to 1. For any other class
    # the difference loses one bit at most.
    less_largest = jnp.where(is_largest, others * d, d - of_largest)
    return less_largest - of_others, of_largest + of_others
