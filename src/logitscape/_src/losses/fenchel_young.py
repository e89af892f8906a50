"""Fenchel-Young losses of the sparse normalizers: `Omega*(z) + Omega(t) - <z, t>`, whose gradient is `p(z) - t`.

Source: Blondel, Martins and Niculae, Learning with Fenchel-Young losses, arXiv 1901.02324.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.arguments import is_known_to_be, parameter
from ..base.formula import on_logits
from ..base.special import box_cox, counted, dot, is_symbolic_zero
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.simplex import Probs
from ..normalizers.sparse import entmax, sparsemax
from .distribution import residual, tsallis


@on_logits
def sparsemax_loss(logits: Vector, target: Vector) -> Scalar:
    """The Fenchel-Young loss of sparsemax, `Omega(p) = (sum_k p_k^2 - 1) / 2`; gradient `sparsemax(z) - t`.

    Exactly 0 once the label leads by 1. Linear when wrong.

    Source: Martins and Astudillo, arXiv 1602.02068, equation 13.
    """
    return _sparsemax_loss(sparsemax(logits), logits, target)


@on_logits
def entmax_loss(logits: Vector, target: Vector, *, alpha: Parameter = 1.5) -> Scalar:
    """The Fenchel-Young loss of alpha-entmax, `Omega(p) = (sum_k p_k^a - 1) / (a (a - 1))`; gradient `entmax(z) - t`.

    alpha = 1 is softmax with cross-entropy (with KL for soft targets), alpha = 2 is `sparsemax_loss`.

    Args:
        logits: z, [n].
        target: t, [n].
        alpha: a, at least 1.

    Source: Peters, Niculae and Martins, arXiv 1905.05702.
    """
    checked = parameter("entmax_loss", "alpha", alpha, logits.dtype, low=1)
    if is_known_to_be(2, alpha):
        return _sparsemax_loss(sparsemax(logits), logits, target)
    return _entmax_loss(entmax(logits, alpha=checked), logits, target, checked)


@jax.custom_jvp
def _sparsemax_loss(probs: Probs, z: Vector, target: Vector) -> Array:
    """`|p - t|^2 / 2`, and what classes of the target miss to enter the support, `tau - z_k`: no terms that cancel."""
    top = jnp.max(z)
    # A class that is not in the target has no weight, wherever it lies: 0 and not 0 times infinity.
    missing = jnp.maximum(top - jnp.where(target > 0, z, top) - jnp.max(probs.p), 0)
    return jnp.sum(residual(probs, target) ** 2) / 2 + jnp.sum(target * missing)


@partial(_sparsemax_loss.defjvp, symbolic_zeros=True)
def _sparsemax_loss_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """In z by Danskin's theorem, so that it does not matter how p moves; in t by the definition."""
    (probs, z, target), (_, dz, d_target) = primals, tangents
    slope = jnp.zeros_like(z[0])
    if not is_symbolic_zero(dz):
        slope += jnp.sum(residual(probs, target) * dz)
    if not is_symbolic_zero(d_target):
        slope += jnp.sum(d_target * counted(target, target - z))
    return _sparsemax_loss(*primals), slope


@jax.custom_jvp
def _entmax_loss(probs: Probs, z: Vector, target: Vector, alpha: Array) -> Array:
    """The Tsallis score of p, and what classes of the target miss to enter the support: no terms that cancel."""
    beta, top = alpha - 1, jnp.max(z)
    to_threshold = box_cox(jnp.max(probs.log_p), beta) - (
        top - jnp.where(target > 0, z, top)
    )
    outside = jnp.isneginf(probs.log_p) & (target > 0)
    missing = jnp.where(outside, -(to_threshold + 1 / jnp.where(beta == 0, 1, beta)), 0)
    return (
        tsallis(probs, target, alpha)
        + dot(target, missing)
        + _negative_entropy(target, alpha)
    )


@partial(_entmax_loss.defjvp, symbolic_zeros=True)
def _entmax_loss_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """In z as for sparsemax; in alpha, likewise, that of `Omega(t) - Omega(p)` at a fixed p."""
    (probs, z, target, alpha), (_, dz, d_target, d_alpha) = primals, tangents
    slope = jnp.zeros_like(z[0])
    if not is_symbolic_zero(dz):
        slope += jnp.sum(residual(probs, target) * dz)
    if not is_symbolic_zero(d_target):
        slope += jax.jvp(lambda t: _negative_entropy(t, alpha), (target,), (d_target,))[
            1
        ]
        slope -= jnp.sum(d_target * counted(target, z))
    if not is_symbolic_zero(d_alpha):
        of_target, of_p = (
            jax.jvp(partial(_negative_entropy, p), (alpha,), (d_alpha,))[1]
            for p in (target, probs.p)
        )
        slope += (
            of_target - of_p + d_alpha * jnp.sum(probs.p - probs.p)
        )  # NaN outside the domain
    return _entmax_loss(*primals), slope


def _negative_entropy(p: Vector, alpha: Array) -> Array:
    """`Omega(p) = sum_k p_k (p_k^{a-1} - 1) / (a (a - 1))`; at a = 1, `sum_k p_k log p_k`."""
    occurs = p > 0
    log_p = jnp.log(jnp.where(occurs, p, 1))
    return (
        jnp.sum(
            jnp.where(
                occurs, p * box_cox(log_p, jnp.broadcast_to(alpha - 1, p.shape)), 0
            )
        )
        / alpha
    )
