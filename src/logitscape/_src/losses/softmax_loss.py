"""Cross-entropy of the softmax as one function of the logits, for losses that are built on it.

It takes a maximum, sums of weights and one pass over the classes, as the textbook's formula does.
The label of a one-hot target is kept apart from its rivals, so that neither p near 0 nor p near 1
loses digits. For a soft target these cannot be lost: p - t is as inexact as t itself.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.special import counted, is_symbolic_zero
from ..base.types import Scalar, Vector
from ..normalizers.exponential import softmax

FLOOR = 1e-20
"""Weight below which its logarithm is used in its place; `log1p(1 / FLOOR) = -log(FLOOR)`."""


class _Weights(NamedTuple):
    """The weights `e^{z_k}` relative to the largest.

    Attributes:
        rivals: The weights, [n]; 0 for the label of a one-hot target.
        others: Their sum.
        total: Sum of all weights.
        mean_log: Mean of the weights' logarithms, weighted by the target.
        is_label: Mask of the label of a one-hot target, [n].
        is_one_hot: Whether there is one.
    """

    rivals: Vector
    others: Scalar
    total: Scalar
    mean_log: Scalar
    is_label: Array
    is_one_hot: Array


def _weights(z: Vector, target: Vector) -> _Weights:
    logs = z - jnp.max(z)
    is_label = target == 1
    rivals = jnp.where(is_label, 0, jnp.exp(logs))
    # The only sum of exponentials, which XLA on CPUs computes anew for each.
    others = jnp.sum(rivals)
    mean_log = jnp.sum(target * counted(target, logs))
    is_one_hot = jnp.max(target) == 1
    total = others + jnp.where(is_one_hot, jnp.exp(mean_log), 0)
    return _Weights(rivals, others, total, mean_log, is_label, is_one_hot)


@jax.custom_jvp
def softmax_cross_entropy(z: Vector, target: Vector) -> Array:
    """`-sum_k t_k log p_k` with p the softmax of z, whose derivative in z is p - t."""
    return _value(_weights(z, target))


def _value(weights: _Weights) -> Array:
    # The logarithm of total / label loses nothing near p = 1. Below the floor, where the others
    # are near 1, it is a difference.
    log_label = weights.mean_log
    label = jnp.exp(log_label)
    is_low = label < FLOOR
    missing = jnp.where(is_low, log_label - math.log(FLOOR), 0)
    of_label = jnp.log1p(weights.others / jnp.where(is_low, FLOOR, label)) - missing
    of_target = jnp.log(weights.total) - weights.mean_log
    return jnp.where(weights.is_one_hot, of_label, of_target)


@partial(softmax_cross_entropy.defjvp, symbolic_zeros=True)
def _softmax_cross_entropy_jvp(
    primals: tuple[Vector, Vector], tangents: tuple[Any, Any]
) -> tuple[Array, Array]:
    z, target = primals
    dz, d_target = tangents
    value, residual = _value_and_residual(z, target)
    slope = jnp.zeros_like(z[0])
    if not is_symbolic_zero(dz):
        slope += jnp.sum(residual * dz)
    if not is_symbolic_zero(d_target):
        slope -= jnp.sum(d_target * counted(target, softmax(z).log_p))
    return value, slope


@jax.custom_jvp
def _value_and_residual(z: Vector, target: Vector) -> tuple[Array, Vector]:
    """The loss, and `p - t`."""
    weights = _weights(z, target)
    scale = 1 / weights.total
    residual = jnp.where(
        weights.is_label, -weights.others * scale, weights.rivals * scale - target
    )
    return _value(weights), residual


@_value_and_residual.defjvp
def _value_and_residual_jvp(
    primals: tuple[Vector, Vector], tangents: tuple[Vector, Vector]
) -> tuple[tuple[Array, Vector], tuple[Array, Vector]]:
    z, target = primals
    dz, d_target = tangents
    _, moved = jax.jvp(softmax, (z,), (dz,))
    slope = jax.jvp(softmax_cross_entropy, primals, tangents)[1]
    return _value_and_residual(z, target), (slope, moved.p - d_target)
