"""Losses of a batch as people write them, with `jax.nn` and optax.

All are functions of logits [m, n] and labels [m], and return losses [m].
"""

import math
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
import optax
from jax import Array

OfBatch: TypeAlias = Callable[[Array, Array], Array]
"""Function (logits [m, n], labels [m]) -> losses [m]."""

EPSILON = 1e-3
TWICE = "softmax(inverse_temperature=2)"


def textbook(normalizer: str, loss: str) -> OfBatch:
    """The textbook's form of a pair.

    Args:
        normalizer: Name of a normalizer, one of `PROBABILITIES`, or a logit map of `MAPPED` in
            front of one.
        loss: Name of a loss.
    """
    if normalizer == "softmax" and loss in OF_SOFTMAX:
        return OF_SOFTMAX[loss]
    if normalizer == TWICE and loss in OF_SOFTMAX:
        return lambda logits, labels: OF_SOFTMAX[loss](2 * logits, labels)
    if " > " in normalizer:
        logit_map, _, behind = normalizer.partition(" > ")
        return partial(_behind_map, MAPPED[logit_map], textbook(behind, loss))
    probabilities = PROBABILITIES[normalizer]
    if loss in OF_LABEL:
        return partial(_of_label, probabilities, OF_LABEL[loss])
    return partial(_of_all, probabilities, OF_ALL[loss])


def z_loss(logits: Array, labels: Array) -> Array:
    """Cross-entropy plus the squared log-normalizer."""
    log_total = jax.nn.logsumexp(logits, axis=-1)
    return log_total - at_label(logits, labels) + 1e-4 * log_total**2


def cosface(logits: Array, labels: Array) -> Array:
    """Cross-entropy with a margin of 0.35 for the label, at the scale 64."""
    with_margin = 64 * (logits - 0.35 * one_hot(logits, labels))
    return -at_label(jax.nn.log_softmax(with_margin), labels)


def squared_miss(logits: Array, labels: Array) -> Array:
    """`(1 - p_y)^2` of the softmax."""
    return (1 - at_label(jax.nn.softmax(logits), labels)) ** 2


def _behind_map(
    logit_map: Callable[[Array], Array], of_batch: OfBatch, logits: Array, labels: Array
) -> Array:
    return of_batch(logit_map(logits), labels)


def _of_label(
    probabilities: Callable[[Array], Array],
    loss: Callable[[Array], Array],
    logits: Array,
    labels: Array,
) -> Array:
    return loss(at_label(probabilities(logits), labels))


def _of_all(
    probabilities: Callable[[Array], Array],
    loss: OfBatch,
    logits: Array,
    labels: Array,
) -> Array:
    return loss(probabilities(logits), labels)


def at_label(values: Array, labels: Array) -> Array:
    """The entries of the labels, [m]."""
    return jnp.take_along_axis(values, labels[:, None], axis=-1)[:, 0]


def one_hot(values: Array, labels: Array) -> Array:
    """One-hot targets in the shape and type of the values, [m, n]."""
    return jax.nn.one_hot(labels, values.shape[-1], dtype=values.dtype)


def proportional(weights: Array) -> Array:
    """Weights over their sum."""
    return weights / jnp.sum(weights, axis=-1, keepdims=True)


def _softmax_one(logits: Array) -> Array:
    largest = jnp.max(logits, axis=-1, keepdims=True)
    top = jax.lax.stop_gradient(jnp.maximum(largest, 0))
    weights = jnp.exp(logits - top)
    return weights / (jnp.exp(-top) + jnp.sum(weights, axis=-1, keepdims=True))


def _tempered(logits: Array) -> Array:
    """As the authors of the bi-tempered loss compute it, with five steps; t = 1.5."""
    below_top = logits - jnp.max(logits, axis=-1, keepdims=True)
    scaled = below_top
    for _ in range(5):
        total = jnp.sum(_exp_t(scaled), axis=-1, keepdims=True)
        scaled = below_top * total**-0.5
    total = jnp.sum(_exp_t(scaled), axis=-1, keepdims=True)
    # The 1.5-logarithm of the total's inverse is -2 (sqrt(total) - 1).
    return _exp_t(below_top - 2 * (jnp.sqrt(total) - 1))


def _exp_t(x: Array) -> Array:
    return (1 - x / 2) ** -2


def _softpick(logits: Array) -> Array:
    top = jnp.max(logits, axis=-1, keepdims=True)
    weights = jnp.exp(logits - top) - jnp.exp(-top)
    total = jnp.sum(jnp.abs(weights), axis=-1, keepdims=True)
    return jax.nn.relu(weights) / (total + 1e-8)


PROBABILITIES: dict[str, Callable[[Array], Array]] = {
    "softmax": jax.nn.softmax,
    TWICE: lambda z: jax.nn.softmax(2 * z),
    "softmax_one": _softmax_one,
    "sum": proportional,
    "abs": lambda z: proportional(jnp.abs(z)),
    "relu": lambda z: proportional(jax.nn.relu(z)),
    "square": lambda z: proportional(z**2),
    "spherical": lambda z: proportional(z**2 + EPSILON),
    "taylor": lambda z: proportional(1 + z + z**2 / 2),
    "softplus": lambda z: proportional(jax.nn.softplus(z)),
    "sigmoid": lambda z: proportional(jax.nn.sigmoid(z)),
    "sigsoftmax": lambda z: proportional(jnp.exp(z) * jax.nn.sigmoid(z)),
    "evidential(evidence='softplus')": lambda z: proportional(1 + jax.nn.softplus(z)),
    "evidential(evidence='exp')": lambda z: proportional(1 + jnp.exp(z)),
    "stablemax": lambda z: proportional(jnp.where(z < 0, 1 / (1 - z), z + 1)),
    "evidential": lambda z: proportional(1 + jax.nn.relu(z)),
    "power(exponent=3)": lambda z: proportional(jnp.abs(z) ** 3),
    "power(exponent=-2)": lambda z: proportional(jnp.abs(z) ** -2),
    "tempered": _tempered,
    "softpick": _softpick,
    "sigmoid_attention": lambda z: jax.nn.sigmoid(z - math.log(z.shape[-1])),
    "1 + z^2": lambda z: proportional(1 + z**2),
}
"""Probabilities [m, n] of logits [m, n], by the name of the normalizer."""


def _unit(logits: Array) -> Array:
    norm: Array = jnp.linalg.norm(logits, axis=-1, keepdims=True)
    return logits / (norm + 1e-7)


def _clipped(logits: Array) -> Array:
    norm: Array = jnp.linalg.norm(logits, axis=-1, keepdims=True)
    return logits * jnp.minimum(1, 1 / norm)


def _multimax(logits: Array) -> Array:
    return logits + 0.5 * jax.nn.relu(-logits) + 0.25 * jax.nn.relu(logits - 1)


MAPPED: dict[str, Callable[[Array], Array]] = {
    "soft_cap": lambda z: 30 * jnp.tanh(z / 30),
    "scale(inverse_temperature=3)": lambda z: 3 * z,
    "log_size": lambda z: math.log(z.shape[-1]) * z,
    "logit_norm": lambda z: _unit(z) / 0.04,
    "clip_norm": _clipped,
    "multimax(low_slope=0.5, high=1, high_slope=0.25)": _multimax,
}
"""Logit maps [m, n] -> [m, n], by their specs."""

OF_LABEL: dict[str, Callable[[Array], Array]] = {
    "cross_entropy": lambda p: -jnp.log(p),
    "exponential": lambda p: 1 / p - 1,
    "generalized_cross_entropy": lambda p: (1 - p**0.7) / 0.7,
    "mae": lambda p: 2 * (1 - p),
    "hellinger": lambda p: 1 - jnp.sqrt(p),
    "symmetric_cross_entropy": lambda p: -jnp.log(p) + 4 * (1 - p),
    "clipped_cross_entropy": lambda p: -jnp.log(p + 1e-7),
    "partially_huberised_cross_entropy": lambda p: jnp.where(
        p > 0.1, -jnp.log(p), jnp.log(10.0) + 1 - 10 * p
    ),
}
"""Losses of the label's probability."""


def _brier(p: Array, labels: Array) -> Array:
    return jnp.sum((p - one_hot(p, labels)) ** 2, axis=-1)


def _spherical_score(p: Array, labels: Array) -> Array:
    norm: Array = jnp.linalg.norm(p, axis=-1)
    return 1 - at_label(p, labels) / norm


def _tsallis_score(p: Array, labels: Array) -> Array:
    return 4 / 3 - 2 * jnp.sqrt(at_label(p, labels)) + jnp.sum(p**1.5, axis=-1) / 1.5


def _normalized_cross_entropy(p: Array, labels: Array) -> Array:
    log_p = jnp.log(p)
    return at_label(log_p, labels) / jnp.sum(log_p, axis=-1)


def _confidence_penalty(p: Array, labels: Array) -> Array:
    log_p = jnp.log(p)
    return -at_label(log_p, labels) + 0.1 * jnp.sum(p * log_p, axis=-1)


def _jensen_shannon(p: Array, labels: Array) -> Array:
    target = one_hot(p, labels)
    mixture = (p + target) / 2
    divergences = _divergence(target, mixture) + _divergence(p, mixture)
    return divergences / jnp.log(2.0)


def _divergence(p: Array, q: Array) -> Array:
    return jnp.sum(jax.scipy.special.xlogy(p, p / q), axis=-1)


OF_ALL: dict[str, OfBatch] = {
    "normalized_cross_entropy": _normalized_cross_entropy,
    "confidence_penalty": _confidence_penalty,
    "jensen_shannon": _jensen_shannon,
    "brier": _brier,
    "spherical_score": _spherical_score,
    "tsallis_score": _tsallis_score,
}
"""Losses of all probabilities and the labels."""


def _focal(logits: Array, labels: Array) -> Array:
    log_p = at_label(jax.nn.log_softmax(logits), labels)
    return -((1 - jnp.exp(log_p)) ** 2) * log_p


def _poly1(logits: Array, labels: Array) -> Array:
    target = one_hot(logits, labels)
    losses: Array = optax.losses.poly_loss_cross_entropy(logits, target, epsilon=1.0)
    return losses


def _label_smoothing(logits: Array, labels: Array) -> Array:
    target = optax.smooth_labels(one_hot(logits, labels), 0.1)
    losses: Array = optax.softmax_cross_entropy(logits, target)
    return losses


def _kl(logits: Array, labels: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    losses: Array = optax.losses.kl_divergence(log_p, one_hot(logits, labels))
    return losses


OF_SOFTMAX: dict[str, OfBatch] = {
    "cross_entropy": optax.softmax_cross_entropy_with_integer_labels,
    "focal": _focal,
    "poly1": _poly1,
    "label_smoothing": _label_smoothing,
    "kl": _kl,
}
"""Losses that are usually written for the softmax in one, as functions of logits and labels."""
