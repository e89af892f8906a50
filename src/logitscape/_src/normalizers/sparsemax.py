"""Sparsemax: the point of the probability simplex nearest to the logits."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest
from ..base.formula import on_logits
from ..base.types import Mask, Vector
from .probs import Probs
from .shares import keep_mass

LogPair: TypeAlias = tuple[Vector, Vector]
"""Probabilities and their logarithms."""


@on_logits
def sparsemax(logits: Vector) -> Probs:
    """`p = [z - tau]_+` with tau such that p sums to 1: the point of the simplex nearest to z.

    One-hot once the largest logit leads by 1. Defined for all finite logits; -inf is a mask. The
    result is NaN if all logits are masked or one is +inf. At the kink, where z_k = tau, class k
    counts as outside the support: dp_k = 0, and the sum of p is kept.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.sparsemax(jnp.array([1.0, 0.5, -1.0])).p).round(3))
    [0.75 0.25 0.  ]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].

    Source: Martins and Astudillo, arXiv 1602.02068, equation 2 and proposition 1.
    """
    return Probs(*project(logits))


# Reverse mode cannot pass through the `lax.while_loop` that finds the support, which is
# locally constant: no derivative is lost.
@jax.custom_jvp
def project(z: Vector) -> LogPair:
    """Sparsemax of logits that need no check: `p_k = [p_top + s_k]_+` with `s_k = z_k - max z`.

    With m classes in the support, `p_top = (1 - sum of s_k on the support) / m`. Near a one-hot
    vector that cancels, and p is computed from `rest = 1 - p_top`, which is the sum of `1 + s_k`
    on the support without the top class, divided by m.
    """
    top = jnp.max(z)
    shifted = z - top + (top - top)  # NaN unless the largest logit is finite
    is_largest = first_largest(shifted)
    inside = _support(shifted, is_largest)
    rest = _rest(shifted, is_largest, inside)
    of_support = jnp.sum(jnp.where(inside, shifted, 0))
    p_top = (1 - of_support) / jnp.sum(inside.astype(z.dtype))
    on_support = jnp.where(rest < 0.5, (1 + shifted) - rest, p_top + shifted)
    # At the edge of the support rounding may lead below 0.
    p = jnp.where(inside, jnp.maximum(on_support, 0), 0) + (top - top)
    # `p - 1` is `shifted - rest`, which keeps the digits that p near 1 has lost.
    is_near_one = p > 0.5
    log_near_one = jnp.log1p(jnp.where(is_near_one, shifted - rest, 0))
    return p, jnp.where(is_near_one, log_near_one, jnp.log(p))


def _support(shifted: Vector, is_largest: Mask) -> Mask:
    """Mask of the classes with p > 0, [n].

    Of all classes within 1 of the top, those are dropped that lie below the threshold of the rest,
    until none does. That takes a few rounds.

    Source: Michelot, A finite algorithm for finding the projection onto the simplex, 1986.
    """

    def has_changed(state: tuple[Array, Array]) -> Array:
        before, inside = state
        return jnp.any(before != inside)

    def narrow(state: tuple[Array, Array]) -> tuple[Array, Array]:
        _, inside = state
        above = 1 + shifted > _rest(shifted, is_largest, inside)
        return inside, inside & above

    # A NaN compares as outside, so that the loop ends for it as well.
    nothing = jnp.zeros(shifted.shape, bool)
    _, inside = jax.lax.while_loop(has_changed, narrow, (nothing, 1 + shifted > 0))
    return inside


def _rest(shifted: Vector, is_largest: Mask, inside: Mask) -> Array:
    """`1 - p` of the top class, if these classes are the support."""
    others = jnp.sum(jnp.where(inside & ~is_largest, 1 + shifted, 0))
    return others / jnp.sum(inside.astype(shifted.dtype))


@project.defjvp
def _project_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[LogPair, LogPair]:
    """On the support, dp is dz less its mean there."""
    (z,) = primals
    (dz,) = tangents
    p, log_p = project(z)
    # Not `p > 0`, which is False for NaN: outside the domain the tangents must be NaN.
    inside = ~jnp.isneginf(log_p)
    count = jnp.sum(inside.astype(z.dtype))
    share = (inside.astype(z.dtype) + (p - p)) / count  # NaN outside the domain
    less_mean = jnp.where(inside, dz - jnp.sum(share * dz), 0)
    dp = keep_mass(first_largest(p), share, less_mean)
    inverse_p = jnp.exp(jnp.where(inside, -log_p, 0))
    return (p, log_p), (dp, jnp.where(inside, dp * inverse_p, 0))
