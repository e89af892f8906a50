"""Losses of sparsemax and of entmax at alpha = 1.5 as they are written elsewhere, in JAX.

All are functions of logits [m, n] and labels [m] that return losses [m].
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
import optax
from jax import Array

Loss: TypeAlias = Callable[[Array, Array], Array]
"""Function of logits [m, n] and labels [m] that returns losses [m]."""
Normalizer: TypeAlias = Callable[[Array], Array]

BISECTIONS = 50
"""Number of bisections; 50 is what the package `entmax` does unless told otherwise."""


def sparsemax_by_bisection(z: Array) -> Array:
    return _by_bisection(z, 2.0)


def entmax_by_bisection(z: Array) -> Array:
    return _by_bisection(z, 1.5)


def _by_bisection(z: Array, alpha: float) -> Array:
    """Algorithm 1 of Peters, Niculae and Martins, arXiv 1905.05702."""
    scaled = z * (alpha - 1)
    power = 1 / (alpha - 1)
    top = jnp.max(scaled, axis=-1, keepdims=True)
    low = top - 1
    width = 1 - z.shape[-1] ** (1 - alpha)

    def p_at(threshold: Array) -> Array:
        return jnp.maximum(scaled - threshold, 0) ** power

    def halve(_: int, state: tuple[Array, float]) -> tuple[Array, float]:
        low, width = state
        width = width / 2
        middle = low + width
        is_below = jnp.sum(p_at(middle), axis=-1, keepdims=True) >= 1
        return jnp.where(is_below, middle, low), width

    low, _ = jax.lax.fori_loop(0, BISECTIONS, halve, (low, width))
    p = p_at(low)
    return p / jnp.sum(p, axis=-1, keepdims=True)


def entmax_by_sorting(z: Array) -> Array:
    """Algorithm 2 of Peters, Niculae and Martins, arXiv 1905.05702."""
    halved = (z - jnp.max(z, axis=-1, keepdims=True)) / 2
    descending = -jnp.sort(-halved, axis=-1)
    count = jnp.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    mean = jnp.cumsum(descending, axis=-1) / count
    mean_of_squares = jnp.cumsum(descending**2, axis=-1) / count
    spread = (1 - count * (mean_of_squares - mean**2)) / count
    thresholds = mean - jnp.sqrt(jnp.maximum(spread, 0))
    support = jnp.sum(thresholds <= descending, axis=-1, keepdims=True)
    threshold = jnp.take_along_axis(thresholds, support - 1, axis=-1)
    return jnp.maximum(halved - threshold, 0) ** 2


def fenchel_young(normalizer: Normalizer, alpha: float) -> Loss:
    """The loss `Omega(e_y) - Omega(p) + <p - e_y, z>`, whose gradient is set to `p - e_y`."""

    @jax.custom_vjp
    def loss(z: Array, labels: Array) -> Array:
        return forward(z, labels)[0]

    def forward(z: Array, labels: Array) -> tuple[Array, Array]:
        p = normalizer(z)
        negative_entropy = (jnp.sum(p**alpha, axis=-1) - 1) / (alpha * (alpha - 1))
        residual = p - jax.nn.one_hot(labels, z.shape[-1], dtype=z.dtype)
        return jnp.sum(residual * z, axis=-1) - negative_entropy, residual

    def backward(residual: Array, cotangent: Array) -> tuple[Array, None]:
        return residual * cotangent[:, None], None

    loss.defvjp(forward, backward)
    return loss


CROSS_ENTROPY: Loss = partial(optax.softmax_cross_entropy_with_integer_labels)

PEERS: dict[str, dict[str, Loss]] = {
    "sparsemax_loss": {
        "optax": optax.losses.multiclass_sparsemax_loss,
        "bisection in JAX": fenchel_young(sparsemax_by_bisection, 2.0),
    },
    "entmax_loss(alpha=1.5)": {
        "sorting in JAX": fenchel_young(entmax_by_sorting, 1.5),
        "bisection in JAX": fenchel_young(entmax_by_bisection, 1.5),
    },
}
"""Other ways to compute each loss, by name."""
