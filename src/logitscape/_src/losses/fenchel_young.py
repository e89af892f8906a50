"""Fenchel-Young losses of the sparse normalizers: `Omega*(z) + Omega(t) - <z, t>`.

Their gradient in z is `p(z) - t`. Omega* is computed by way of p, so that no terms cancel near a
right answer: the loss is a score of p, plus what classes of the target lack to enter the support.

Source: Blondel, Martins and Niculae, Learning with Fenchel-Young losses, arXiv 1901.02324.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_logits
from ..base.parameters import is_known_to_be, parameter
from ..base.special import box_cox, counted, dot, is_symbolic_zero
from ..base.sums import total
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.entmax import entmax
from ..normalizers.probs import Probs
from ..normalizers.sparsemax import sparsemax
from ..normalizers.threshold import Threshold, bases, find_threshold
from .distribution import residual
from .tsallis import tsallis


@on_logits
def sparsemax_loss(logits: Vector, target: Vector) -> Scalar:
    """The Fenchel-Young loss of sparsemax, `Omega(p) = (sum_k p_k^2 - 1) / 2`; gradient
    `sparsemax(z) - t`.

    Exactly 0 once the label leads by 1, and linear far on the wrong side.

    >>> import jax, jax.numpy as jnp, numpy as np, logitscape as ls
    >>> gradient = jax.grad(ls.objective("sparsemax_loss"))
    >>> logits, target = jnp.array([0.0, 3.0, 0.0]), jnp.array([1.0, 0.0, 0.0])
    >>> print(np.asarray(gradient(logits, target)).round(3))
    [-1.  1.  0.]

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, from 0 up.

    Source: Martins and Astudillo, arXiv 1602.02068, equation 13.
    """
    return _sparsemax_loss(find_threshold(logits, 1), logits, target)


@on_logits
def entmax_loss(logits: Vector, target: Vector, *, alpha: Parameter = 1.5) -> Scalar:
    """The Fenchel-Young loss of alpha-entmax, `Omega(p) = (sum_k p_k^a - 1) / (a (a - 1))`;
    gradient `entmax(z) - t`.

    alpha = 1 is softmax with cross-entropy (with KL for soft targets), alpha = 2 is
    `sparsemax_loss`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("entmax_loss(alpha=1.5)")
    >>> round(float(loss(jnp.array([2.5, 0.0]), jnp.array([1.0, 0.0]))), 3)
    0.0

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        alpha: Alpha, written a in the formulas, at least 1.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If alpha is less than 1 or not finite (NaN if it is traced).

    Source: Peters, Niculae and Martins, arXiv 1905.05702.
    """
    checked = parameter("entmax_loss", "alpha", alpha, logits.dtype, low=1)
    # The general search would agree with sparsemax only to within rounding.
    if is_known_to_be(2, alpha):
        return _sparsemax_loss(find_threshold(logits, 1), logits, target)
    if is_known_to_be(1.5, alpha):
        return _loss_of_squares(find_threshold(logits, 2), logits, target)
    return _entmax_loss(entmax(logits, alpha=checked), logits, target, checked)


@jax.custom_jvp
def _sparsemax_loss(threshold: Threshold, z: Vector, target: Vector) -> Array:
    """`|p - t|^2 / 2`, plus `tau - z_k` for the classes of the target outside the support."""
    classes = bases(threshold, z, 1)
    missing = _missing(classes.gaps, threshold.base, target)
    p_less_target = _less_target(classes.base, classes.complement, target)
    return total(p_less_target**2 / 2 + target * missing)


@partial(_sparsemax_loss.defjvp, symbolic_zeros=True)
def _sparsemax_loss_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """`<p - t, dz> + <t - z, dt>`."""
    # By Danskin's theorem the derivative of Omega* in z is p: how p itself moves does not matter.
    threshold, z, target = primals
    _, dz, d_target = tangents
    slope = jnp.zeros_like(z[0])
    if not is_symbolic_zero(dz):
        slope += jnp.sum(_sparsemax_residual(threshold, z, target) * dz)
    if not is_symbolic_zero(d_target):
        slope += jnp.sum(d_target * counted(target, target - z))
    return _sparsemax_loss(*primals), slope


# Written so that it is two passes cheaper than by way of log p, which losses do not need.
@jax.custom_jvp
def _sparsemax_residual(threshold: Threshold, z: Vector, target: Vector) -> Vector:
    """`p - t`."""
    _, p, complement = bases(threshold, z, 1)
    return _less_target(p, complement, target)


@_sparsemax_residual.defjvp
def _sparsemax_residual_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Vector, Vector]:
    _, z, _ = primals
    _, dz, d_target = tangents
    _, dp = jax.jvp(lambda z: sparsemax(z).p, (z,), (dz,))
    return _sparsemax_residual(*primals), dp - d_target


@jax.custom_jvp
def _loss_of_squares(threshold: Threshold, z: Vector, target: Vector) -> Array:
    """The loss of entmax at alpha = 1.5, where p is `b^2` and `r = sqrt(t)`.

    `sum_k 4/3 (r_k - b_k)^2 (r_k + b_k / 2)`, the Bregman divergence of t and p, and what classes
    of the target lack to enter the support.
    """
    gaps, base, complement = bases(threshold, z, 2)
    root = jnp.sqrt(target)
    # `1 - r` without cancellation for t near 1.
    less_root = (1 - target) / (1 + root)
    difference = jnp.where(complement < 0.5, complement - less_root, root - base)
    divergence = difference**2 * (root + base / 2) * (4 / 3)
    missing = _missing(gaps, 2 * threshold.base, target)
    return total(divergence + target * missing)


@partial(_loss_of_squares.defjvp, symbolic_zeros=True)
def _loss_of_squares_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """As for sparsemax."""
    threshold, z, target = primals
    _, dz, d_target = tangents
    slope = jnp.zeros_like(z[0])
    if not is_symbolic_zero(dz):
        slope += jnp.sum(_residual_of_squares(threshold, z, target) * dz)
    if not is_symbolic_zero(d_target):
        half_more = jnp.full((), 1.5, z.dtype)
        slope += _slope_in_target(z, target, d_target, half_more)
    return _loss_of_squares(*primals), slope


@jax.custom_jvp
def _residual_of_squares(threshold: Threshold, z: Vector, target: Vector) -> Vector:
    """`p - t` of entmax at alpha = 1.5."""
    _, base, complement = bases(threshold, z, 2)
    return _less_target(base * base, complement * (2 - complement), target)


@_residual_of_squares.defjvp
def _residual_of_squares_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Vector, Vector]:
    _, z, _ = primals
    _, dz, d_target = tangents
    _, dp = jax.jvp(lambda z: entmax(z, alpha=1.5).p, (z,), (dz,))
    return _residual_of_squares(*primals), dp - d_target


def _less_target(p: Vector, complement: Vector, target: Vector) -> Vector:
    """`p - t`, from p and an accurate `1 - p`."""
    return (1 - target) * p - target * complement


def _missing(gaps: Vector, to_threshold: Array, target: Vector) -> Vector:
    """By how much the logits of the target's classes lie below the threshold."""
    # Where the target is 0 the gap is replaced, as 0 times an infinite gap would be NaN.
    below_top = -jnp.where(target > 0, gaps, 0)
    return jnp.maximum(below_top - to_threshold, 0)


@jax.custom_jvp
def _entmax_loss(probs: Probs, z: Vector, target: Vector, alpha: Array) -> Array:
    """The Tsallis score of p, what classes of the target lack, and `Omega(t)`."""
    beta = alpha - 1
    top = jnp.max(z)
    below_top = top - jnp.where(target > 0, z, top)
    to_threshold = box_cox(jnp.max(probs.log_p), beta) - below_top
    outside = jnp.isneginf(probs.log_p) & (target > 0)
    # At beta = 0, softmax, only masked classes are outside. They lack infinity,
    # whatever the divisor.
    divisor = jnp.where(beta == 0, 1, beta)
    # At the edge of the support, where p = 0, the Box-Cox transform of p is -1 / beta.
    missing = jnp.where(outside, -(to_threshold + 1 / divisor), 0)
    loss = tsallis(probs, target, alpha) + dot(target, missing)
    return loss + _negative_entropy(target, alpha)


@partial(_entmax_loss.defjvp, symbolic_zeros=True)
def _entmax_loss_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """In z and t as for sparsemax; in alpha, that of `Omega(t) - Omega(p)` at a fixed p."""
    probs, z, target, alpha = primals
    _, dz, d_target, d_alpha = tangents
    slope = jnp.zeros_like(z[0])
    # By Danskin's theorem the tangent of probs is not needed here either.
    if not is_symbolic_zero(dz):
        slope += jnp.sum(residual(probs, target) * dz)
    if not is_symbolic_zero(d_target):
        slope += _slope_in_target(z, target, d_target, alpha)
    if not is_symbolic_zero(d_alpha):
        of_target = _negative_entropy_slope(target, alpha, d_alpha)
        of_p = _negative_entropy_slope(probs.p, alpha, d_alpha)
        nan_outside = d_alpha * jnp.sum(probs.p - probs.p)  # 0 in the domain
        slope += of_target - of_p + nan_outside
    return _entmax_loss(*primals), slope


def _negative_entropy(p: Vector, alpha: Array) -> Array:
    """`Omega(p) = sum_k p_k (p_k^{a-1} - 1) / (a (a - 1))`; at a = 1, `sum_k p_k log p_k`."""
    occurs = p > 0
    # Replaced before: the derivative of log 0 is infinite, and 0 times it would be NaN.
    log_p = jnp.log(jnp.where(occurs, p, 1))
    terms = p * box_cox(log_p, jnp.broadcast_to(alpha - 1, p.shape))
    return jnp.sum(jnp.where(occurs, terms, 0)) / alpha


def _slope_in_target(
    z: Vector, target: Vector, d_target: Vector, alpha: Array
) -> Array:
    """Tangent of `Omega(t) - <z, t>` as the target moves."""
    in_target = partial(_negative_entropy, alpha=alpha)
    slope: Array
    _, slope = jax.jvp(in_target, (target,), (d_target,))
    return slope - jnp.sum(d_target * counted(target, z))


def _negative_entropy_slope(p: Vector, alpha: Array, d_alpha: Array) -> Array:
    """Tangent of `Omega(p)` as alpha moves."""
    slope: Array
    _, slope = jax.jvp(partial(_negative_entropy, p), (alpha,), (d_alpha,))
    return slope
