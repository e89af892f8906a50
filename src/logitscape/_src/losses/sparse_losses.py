"""The Fenchel-Young losses of sparsemax and of entmax at alpha = 1.5, from the threshold.

They are written in the bases `b_k`, of which p is the first or second power, and in their
complements: two passes over the classes, without logarithms or exponentials.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.special import counted, is_symbolic_zero
from ..base.sums import total
from ..base.types import Scalar, Vector
from ..normalizers.entmax import entmax
from ..normalizers.threshold import Power, Threshold, bases, find_threshold
from .distribution import less_target
from .negative_entropy import slope_in_target


def loss_of_sparsemax(z: Vector, target: Vector) -> Scalar:
    """`sparsemax_loss` of logits that need no check."""
    loss: Scalar = _of_sparsemax(find_threshold(z, 1), z, target)
    return loss


def loss_of_squares(z: Vector, target: Vector) -> Scalar:
    """`entmax_loss` at alpha = 1.5, of logits that need no check."""
    loss: Scalar = _of_squares(find_threshold(z, 2), z, target)
    return loss


@jax.custom_jvp
def _of_sparsemax(threshold: Threshold, z: Vector, target: Vector) -> Array:
    """`|p - t|^2 / 2`, plus `tau - z_k` for the classes of the target outside the support."""
    classes = bases(threshold, z, 1)
    missing = _missing(classes.gaps, threshold.base, target)
    p_less_target = less_target(classes.base, classes.complement, target)
    return total(p_less_target**2 / 2 + target * missing)


@partial(_of_sparsemax.defjvp, symbolic_zeros=True)
def _of_sparsemax_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """`<p - t, dz> + <t - z, dt>`."""
    # By Danskin's theorem the derivative of Omega* in z is p: how p itself moves does not matter.
    threshold, z, target = primals
    _, dz, d_target = tangents
    slope = jnp.zeros_like(z[0])
    if not is_symbolic_zero(dz):
        slope += jnp.sum(_residual(1, threshold, z, target) * dz)
    if not is_symbolic_zero(d_target):
        slope += jnp.sum(d_target * counted(target, target - z))
    return _of_sparsemax(*primals), slope


@jax.custom_jvp
def _of_squares(threshold: Threshold, z: Vector, target: Vector) -> Array:
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


@partial(_of_squares.defjvp, symbolic_zeros=True)
def _of_squares_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """As for sparsemax."""
    threshold, z, target = primals
    _, dz, d_target = tangents
    slope = jnp.zeros_like(z[0])
    if not is_symbolic_zero(dz):
        slope += jnp.sum(_residual(2, threshold, z, target) * dz)
    if not is_symbolic_zero(d_target):
        alpha = jnp.full((), 1.5, z.dtype)
        slope += slope_in_target(z, target, d_target, alpha)
    return _of_squares(*primals), slope


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _residual(power: Power, threshold: Threshold, z: Vector, target: Vector) -> Vector:
    """`p - t`, where p is this power of the bases."""
    _, base, complement = bases(threshold, z, power)
    if power == 1:
        return less_target(base, complement, target)
    return less_target(base * base, complement * (2 - complement), target)


@_residual.defjvp
def _residual_jvp(
    power: Power, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Vector, Vector]:
    _, z, _ = primals
    _, dz, d_target = tangents
    _, dp = jax.jvp(lambda z: entmax(z, alpha=1 + 1 / power).p, (z,), (dz,))
    return _residual(power, *primals), dp - d_target


def _missing(gaps: Vector, to_threshold: Array, target: Vector) -> Vector:
    """By how much the logits of the target's classes lie below the threshold."""
    # Where the target is 0 the gap is replaced, as 0 times an infinite gap would be NaN.
    below_top = -jnp.where(target > 0, gaps, 0)
    return jnp.maximum(below_top - to_threshold, 0)
