"""Maps and losses with a threshold or a root as people write them: by bisection, in `jax.numpy`.

Probabilities [m, n] of logits [m, n], and losses [m] of logits and labels [m].
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jax import Array

from .training_jax import OfBatch, at_label, one_hot
from .training_jax_logits import cross_entropy

STEPS = 24
"""Steps of a bisection: a float32 has as many digits."""
LARGEST_COSINE = 0.99
ARC_SCALE = 16.0


def iterated_exponential(logits: Array) -> Array:
    """Softmax of the exponentials."""
    return jax.nn.softmax(jnp.exp(logits))


def argmax(logits: Array) -> Array:
    """The largest logit has all."""
    n = logits.shape[-1]
    largest = jnp.argmax(logits, axis=-1)
    return jax.nn.one_hot(largest, n, dtype=logits.dtype)


def entmax(logits: Array) -> Array:
    """`[z / 2 - tau]_+^2`, which sums to 1."""
    return jnp.square(_above_root(logits / 2))


def normmax(logits: Array) -> Array:
    """In proportion to `[z - tau]_+`, whose squares sum to 1."""
    above = _above_root(logits)
    return above / jnp.sum(above, axis=-1, keepdims=True)


def _above_root(logits: Array) -> Array:
    """`[z - tau]_+` whose squares sum to 1, with the derivative of tau by a step of Newton's."""
    z = jax.lax.stop_gradient(logits)
    high = jnp.max(z, axis=-1, keepdims=True)
    low = high - 1
    for _ in range(STEPS):
        middle = (low + high) / 2
        total = jnp.sum(jax.nn.relu(z - middle) ** 2, axis=-1, keepdims=True)
        low = jnp.where(total > 1, middle, low)
        high = jnp.where(total > 1, high, middle)
    tau = (low + high) / 2
    above = jax.nn.relu(logits - tau)
    slope = jax.lax.stop_gradient(2 * jnp.sum(above, axis=-1, keepdims=True))
    excess = jnp.sum(above**2, axis=-1, keepdims=True) - 1
    return jax.nn.relu(logits - (tau + excess / slope))


PROBABILITIES: dict[str, Callable[[Array], Array]] = {
    "iterated_exponential": iterated_exponential,
    "argmax": argmax,
    "entmax": entmax,
    "normmax": normmax,
}
"""Probabilities by the name of the normalizer."""


def _entmax_loss(logits: Array, labels: Array) -> Array:
    p = jax.lax.stop_gradient(entmax(logits))
    entropy = (1 - jnp.sum(p**1.5, axis=-1)) / 0.75
    return entropy + jnp.sum((p - one_hot(logits, labels)) * logits, axis=-1)


def _sparsegen_loss(logits: Array, labels: Array) -> Array:
    losses: Array = optax.losses.multiclass_sparsemax_loss(2 * logits, labels)
    return losses / 2


def _spherical_bound(logits: Array, labels: Array) -> Array:
    n = logits.shape[-1]
    c = 1 - 2 / n
    mean = jnp.mean(logits, axis=-1)
    variance = jnp.var(logits, axis=-1)
    xi = _xi(jax.lax.stop_gradient(variance), c)
    slope = jnp.tanh(xi / 2) / (2 * xi)
    bound = n * (jax.nn.softplus(xi) - xi / 2) - n * c**2 * xi / (2 * jnp.tanh(xi / 2))
    # What the bound moves by with the variance, n times half its slope.
    moved = n * slope / 2 * (variance - jax.lax.stop_gradient(variance))
    return mean + bound + moved - at_label(logits, labels)


def _xi(variance: Array, c: float) -> Array:
    """The root of `xi^2 (1 - c^2 / tanh(xi / 2)^2) = v`."""
    low = jnp.full_like(variance, 2 * math.atanh(c))
    high = low + 10 + 10 * jnp.sqrt(variance / (1 - c**2))
    for _ in range(2 * STEPS):
        xi = (low + high) / 2
        is_above = xi**2 * (1 - (c / jnp.tanh(xi / 2)) ** 2) > variance
        low, high = jnp.where(is_above, low, xi), jnp.where(is_above, xi, high)
    return (low + high) / 2


def cosines_of(logits: Array) -> Array:
    """Logits of a batch as cosines, which have an angle."""
    return LARGEST_COSINE * jnp.tanh(logits)


def arcface(cosines: Array, labels: Array) -> Array:
    """Cross-entropy with the label's angle larger by half a radian."""
    turned = jnp.cos(jnp.arccos(cosines) + 0.5)
    is_label = one_hot(cosines, labels) == 1
    return cross_entropy(ARC_SCALE * jnp.where(is_label, turned, cosines), labels)


OF_LOGITS: dict[str, OfBatch] = {
    "entmax_loss": _entmax_loss,
    "sparsegen_loss": _sparsegen_loss,
    "spherical_bound": _spherical_bound,
}
"""Losses of logits and labels by their names."""
