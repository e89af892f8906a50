"""Sparsemax: the point of the probability simplex nearest to the logits."""

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from ..base.argmax import one_hot
from ..base.formula import on_logits
from ..base.types import Vector
from .probs import Probs
from .shares import keep_mass
from .threshold import Threshold, bases, find_threshold

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


def project(z: Vector) -> LogPair:
    """Sparsemax of logits that need no check."""
    pair: LogPair = _project(find_threshold(z, 1), z)
    return pair


# Reverse mode cannot pass through the `lax.while_loop` that finds the threshold. The rule
# below gives the whole derivative in z, that by way of the threshold included.
@jax.custom_jvp
def _project(threshold: Threshold, z: Vector) -> LogPair:
    _, p, complement = bases(threshold, z, 1)
    return p, log_of(p, complement)


def log_of(x: Vector, complement: Vector) -> Vector:
    """`log x` for x from 0 to 1, from x or `1 - x`, whichever is smaller."""
    is_near_one = x > 0.5
    near_one = jnp.log1p(-jnp.where(is_near_one, complement, 0))
    return jnp.where(is_near_one, near_one, jnp.log(x))


@_project.defjvp
def _project_jvp(
    primals: tuple[Threshold, Vector], tangents: tuple[Any, Vector]
) -> tuple[LogPair, LogPair]:
    """On the support, dp is dz less its mean there."""
    threshold, z = primals
    _, dz = tangents
    p, log_p = _project(threshold, z)
    # Not `p > 0`, which is False for NaN: outside the domain the tangents must be NaN.
    inside = ~jnp.isneginf(log_p)
    count = jnp.sum(inside.astype(z.dtype))
    share = (inside.astype(z.dtype) + (p - p)) / count  # NaN outside the domain
    less_mean = jnp.where(inside, dz - jnp.sum(share * dz), 0)
    dp = keep_mass(one_hot(threshold.place, z.size), share, less_mean)
    inverse_p = jnp.exp(jnp.where(inside, -log_p, 0))
    return (p, log_p), (dp, jnp.where(inside, dp * inverse_p, 0))
