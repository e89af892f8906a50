"""Losses of kinds that a sixth round of unseen ones had missed."""

import jax.numpy as jnp
import optax
from jax import Array
from jax.nn import one_hot, sigmoid, softplus

from .broken_programs import rows
from .case import Broken, Healthy

WEIGHTS = (1.0, 2.0, 0.5)
THREE = {"num_classes": 3}
COSINES = {"domain": (-1.0, 1.0), "num_classes": 5}


def _weights(logits: Array) -> Array:
    return jnp.array(WEIGHTS, logits.dtype)


def weights_of_predictions(logits: Array, labels: Array) -> Array:
    return _weights(logits)[jnp.argmax(logits, -1)] * rows(logits, labels)


def weights_of_predictions_at_two(logits: Array, labels: Array) -> Array:
    weights = jnp.take(_weights(logits), logits.argmax(-1))
    return jnp.mean(weights * rows(logits / 2, labels))


def _turned(cosines: Array, angle: float) -> Array:
    return jnp.cos(jnp.arccos(jnp.clip(cosines, -1 + 1e-6, 1 - 1e-6)) + angle)


def angle_of_every_class(cosines: Array, labels: Array) -> Array:
    return jnp.mean(rows(30 * _turned(cosines, 0.3), labels))


def angle_taken_from_every_class(cosines: Array, labels: Array) -> Array:
    return jnp.mean(rows(16 * _turned(cosines, -0.5), labels))


def sigmoid_of_targets(logits: Array, targets: Array) -> Array:
    given = sigmoid(targets)
    return jnp.mean(softplus(logits) - given * logits)


def weights_of_labels(logits: Array, labels: Array) -> Array:
    return _weights(logits)[labels] * rows(logits, labels)


def smoothed_by_half(logits: Array, labels: Array) -> Array:
    target = optax.smooth_labels(one_hot(labels, logits.shape[-1]), 0.5)
    return jnp.mean(optax.softmax_cross_entropy(logits, target))


def angle_of_the_label(cosines: Array, labels: Array) -> Array:
    is_label = one_hot(labels, cosines.shape[-1], dtype=bool)
    scores = jnp.where(is_label, _turned(cosines, 0.3), cosines)
    return jnp.mean(rows(30 * scores, labels))


BROKEN = {
    "weights of the predicted classes": Broken(
        weights_of_predictions, ("weight of the prediction",), "own", THREE
    ),
    "weights of the predicted classes, at 2": Broken(
        weights_of_predictions_at_two, ("weight of the prediction",), "own", THREE
    ),
    "angle added for every class": Broken(
        angle_of_every_class, ("margin on every class",), "own", COSINES
    ),
    "angle taken from every class": Broken(
        angle_taken_from_every_class, ("margin on every class",), "own", COSINES
    ),
    "sigmoid of the targets": Broken(sigmoid_of_targets, ("target squashed",), "own"),
}
"""Losses of which the sixth round missed the cause, and their like."""

HEALTHY = {
    "weights of the labels": Healthy(
        weights_of_labels, ("class weights",), "own", THREE
    ),
    "smoothing of a half": Healthy(smoothed_by_half, (), "own"),
    "angle of the label, of five classes": Healthy(
        angle_of_the_label, ("angular margin",), "Deng et al. 2019, ArcFace", COSINES
    ),
}
"""Healthy losses beside them."""
