"""Normalizers that make the logits positive by the logistic function and its relatives, and divide by the sum."""

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import log_sigmoid

from ..base.formula import on_logits
from ..base.types import Scalar, Vector
from .simplex import Probs, normalize, normalize_gaps

FAR_LEFT = -20.0
"""Below it `softplus(z) = e^z - e^{2z} / 2` to within rounding, in every dtype."""


@on_logits
def sigmoid(logits: Vector) -> Probs:
    """`g(z) = 1 / (1 + e^{-z})` divided by its sum. -inf is a mask; NaN if all are masked or one is +inf."""
    top = jax.lax.stop_gradient(jnp.max(logits))
    return normalize(log_sigmoid(logits + (top - top)))  # NaN unless the top is finite


@on_logits
def sigsoftmax(logits: Vector) -> Probs:
    """`g(z) = e^z sigmoid(z)` divided by its sum. -inf is a mask; NaN if all are masked or one is +inf.

    Source: Kanai et al., Sigsoftmax: reanalysis of the softmax bottleneck, arXiv 1805.10829.
    """
    top, log_s = jnp.max(logits), log_sigmoid(logits)
    gaps = (logits - top) + (log_s - log_sigmoid(top))
    return normalize_gaps(logits + log_s, _zero_at(top, logits, gaps))


@on_logits
def softplus(logits: Vector) -> Probs:
    """`g(z) = log(1 + e^z)` divided by its sum. -inf is a mask; NaN if all are masked or one is +inf."""
    log_g, top = _log_softplus(logits), jnp.max(logits)
    ratio = jax.nn.softplus(logits) / jax.nn.softplus(top)
    by_ratio = logits > FAR_LEFT
    gaps = jnp.where(
        by_ratio, jnp.log(jnp.where(by_ratio, ratio, 1)), log_g - _log_softplus(top)
    )
    return normalize_gaps(log_g, _zero_at(top, logits, gaps))


def _zero_at(top: Scalar, logits: Vector, gaps: Vector) -> Vector:
    """Gaps that are 0 for all that tie for the largest, which need not be when each is rounded (alone and in a vector)."""
    return jnp.where(logits == top, top - top, gaps)


@jax.custom_jvp
def _log_softplus(z: Array) -> Array:
    left = z < FAR_LEFT
    return jnp.where(
        left, z - jnp.exp(z) / 2, jnp.log(jax.nn.softplus(jnp.where(left, 0, z)))
    )


@_log_softplus.defjvp
def _log_softplus_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (z,), (dz,) = primals, tangents
    left = z < FAR_LEFT
    safe = jnp.where(left, 0, z)
    slope = jnp.where(
        left, 1 - jnp.exp(z) / 2, jax.nn.sigmoid(safe) / jax.nn.softplus(safe)
    )
    return _log_softplus(z), slope * dz
