"""Cross-entropy of the softmax as one function of the logits, for losses that are built on it."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.special import counted, dot, is_symbolic_zero
from ..base.types import Scalar, Vector
from ..normalizers.exponential import softmax
from .distribution import residual


# Through log p the derivative would take a pass over the classes more.
@jax.custom_jvp
def softmax_cross_entropy(z: Vector, target: Vector) -> Array:
    """`-sum_k t_k log p_k` with p the softmax of z, whose derivative in z is p - t."""
    return dot(target, -softmax(z).log_p)


@partial(softmax_cross_entropy.defjvp, symbolic_zeros=True)
def _softmax_cross_entropy_jvp(
    primals: tuple[Vector, Vector], tangents: tuple[Any, Any]
) -> tuple[Array, Array]:
    z, target = primals
    dz, d_target = tangents
    probs = softmax(z)
    slope = jnp.zeros_like(z[0])
    if not is_symbolic_zero(dz):
        slope += jnp.sum(residual(probs, target) * dz)
    if not is_symbolic_zero(d_target):
        slope -= jnp.sum(d_target * counted(target, probs.log_p))
    return dot(target, -probs.log_p), slope


def below_top(z: Vector) -> Vector:
    """The logits less the largest one, to which the softmax is indifferent.

    Numbers are added to these: next to logits with a large common offset they would be lost.
    """
    top: Scalar = jax.lax.stop_gradient(jnp.max(z))
    return z - jnp.where(jnp.isfinite(top), top, 0)
