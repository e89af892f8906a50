"""Losses of logits and marks of 0 or 1, [m, n], as people write them with `jax.nn` and optax."""

import jax
import jax.numpy as jnp
import optax
from jax import Array

from .training_jax import OfBatch


def sigmoid_cross_entropy(logits: Array, marks: Array) -> Array:
    """Binary cross-entropy, summed over the classes."""
    losses: Array = optax.sigmoid_binary_cross_entropy(logits, marks)
    return jnp.sum(losses, axis=-1)


def _sigmoid_focal(logits: Array, marks: Array) -> Array:
    losses: Array = optax.losses.sigmoid_focal_loss(logits, marks, alpha=0.25)
    return jnp.sum(losses, axis=-1)


def _asymmetric(logits: Array, marks: Array) -> Array:
    p = jax.nn.sigmoid(logits)
    rest = jnp.clip(1 - p + 0.05, None, 1)
    yes = (1 - p) * jnp.log(jnp.clip(p, 1e-8))
    no = (1 - rest) ** 4 * jnp.log(jnp.clip(rest, 1e-8))
    return -jnp.sum(marks * yes + (1 - marks) * no, axis=-1)


def _sigmoid_brier(logits: Array, marks: Array) -> Array:
    return jnp.sum((jax.nn.sigmoid(logits) - marks) ** 2, axis=-1)


def _signs(marks: Array) -> Array:
    return 2 * marks - 1


def _binary_hinge(logits: Array, marks: Array) -> Array:
    return jnp.sum(jax.nn.relu(1 - _signs(marks) * logits), axis=-1)


def _binary_squared_hinge(logits: Array, marks: Array) -> Array:
    return jnp.sum(jax.nn.relu(1 - _signs(marks) * logits) ** 2, axis=-1)


def _binary_perceptron(logits: Array, marks: Array) -> Array:
    return jnp.sum(jax.nn.relu(-_signs(marks) * logits), axis=-1)


def _soft_f1(logits: Array, marks: Array) -> Array:
    p = jax.nn.sigmoid(logits)
    hits = jnp.sum(p * marks, axis=-1)
    return 1 - 2 * hits / (jnp.sum(p, axis=-1) + jnp.sum(marks, axis=-1))


def _dice(logits: Array, marks: Array) -> Array:
    p = jax.nn.sigmoid(logits)
    hits = jnp.sum(p * marks, axis=-1)
    return 1 - 2 * hits / (jnp.sum(p**2, axis=-1) + jnp.sum(marks**2, axis=-1))


def _tversky(logits: Array, marks: Array) -> Array:
    p = jax.nn.sigmoid(logits)
    hits = jnp.sum(p * marks, axis=-1)
    false = jnp.sum(p * (1 - marks), axis=-1)
    missed = jnp.sum((1 - p) * marks, axis=-1)
    return 1 - hits / (hits + 0.3 * false + 0.7 * missed)


def _lovasz_hinge(logits: Array, marks: Array) -> Array:
    errors = 1 - _signs(marks) * logits
    order = jnp.argsort(-errors, axis=-1)
    ordered = jnp.take_along_axis(marks, order, axis=-1)
    total = jnp.sum(marks, axis=-1, keepdims=True)
    hits = total - jnp.cumsum(ordered, axis=-1)
    jaccard = 1 - hits / (total + jnp.cumsum(1 - ordered, axis=-1))
    rises = jnp.diff(jaccard, axis=-1, prepend=0)
    sorted_errors = jnp.take_along_axis(errors, order, axis=-1)
    return jnp.sum(jax.nn.relu(sorted_errors) * rises, axis=-1)


def _zlpr(logits: Array, marks: Array) -> Array:
    return _log_one_plus(logits, 1 - marks) + _log_one_plus(-logits, marks)


def _log_one_plus(x: Array, counted: Array) -> Array:
    kept = jnp.where(counted > 0, x, -jnp.inf)
    return jnp.logaddexp(0, jax.nn.logsumexp(kept, axis=-1))


def _lsep(logits: Array, marks: Array) -> Array:
    others = jax.nn.logsumexp(jnp.where(marks > 0, -jnp.inf, logits), axis=-1)
    there = jax.nn.logsumexp(jnp.where(marks > 0, -logits, -jnp.inf), axis=-1)
    return jnp.logaddexp(0, others + there)


def _supervised_contrastive(logits: Array, marks: Array) -> Array:
    log_p = jax.nn.log_softmax(logits / 0.1)
    return -jnp.sum(marks * log_p, axis=-1) / jnp.sum(marks, axis=-1)


def _mil_nce(logits: Array, marks: Array) -> Array:
    positives = jax.nn.logsumexp(jnp.where(marks > 0, logits, -jnp.inf), axis=-1)
    return jax.nn.logsumexp(logits, axis=-1) - positives


def _siglip(logits: Array, marks: Array) -> Array:
    answers = jax.nn.log_sigmoid(_signs(marks) * (10 * logits - 10))
    return -jnp.sum(answers, axis=-1)


OF_MARKS: dict[str, OfBatch] = {
    "sigmoid_cross_entropy": sigmoid_cross_entropy,
    "sigmoid_focal": _sigmoid_focal,
    "asymmetric": _asymmetric,
    "sigmoid_brier": _sigmoid_brier,
    "binary_hinge": _binary_hinge,
    "binary_squared_hinge": _binary_squared_hinge,
    "binary_perceptron": _binary_perceptron,
    "soft_f1": _soft_f1,
    "dice": _dice,
    "tversky": _tversky,
    "lovasz_hinge": _lovasz_hinge,
    "zlpr": _zlpr,
    "lsep": _lsep,
    "supervised_contrastive": _supervised_contrastive,
    "mil_nce": _mil_nce,
    "siglip": _siglip,
}
"""Losses of logits and marks [m, n], which are 0 or 1."""
