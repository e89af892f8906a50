"""Losses with common faults, each with the verdict that names its fault, and healthy losses."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.nn import log_softmax, one_hot, softmax


class Broken(NamedTuple):
    """A loss, how it predicts, and the verdict that names what is wrong with it."""

    loss: Callable[..., Array]
    verdict: str
    normalizer: str | None = "softmax"


def double_softmax(z: Array, t: Array) -> Array:
    return optax.softmax_cross_entropy(softmax(z), t)


def clamped_probabilities(z: Array, t: Array) -> Array:
    return -jnp.sum(t * jnp.log(jnp.clip(softmax(z), 1e-7, 1.0)))


def clamped_logarithms(z: Array, t: Array) -> Array:
    """The binary cross-entropy of torch.nn.BCELoss."""
    p = jax.nn.sigmoid(z)
    log_yes, log_no = (jnp.maximum(jnp.log(each), -100) for each in (p, 1 - p))
    return -jnp.sum(t * log_yes + (1 - t) * log_no)


def clamped_sigmoid(z: Array, t: Array) -> Array:
    """A binary cross-entropy of clipped probabilities."""
    p = jnp.clip(jax.nn.sigmoid(z), 1e-6, 1 - 1e-6)
    return -jnp.sum(t * jnp.log(p) + (1 - t) * jnp.log(1 - p))


def log_of_softmax(z: Array, t: Array) -> Array:
    return -jnp.sum(t * jnp.log(softmax(z)))


def log_by_label(logits: Array, labels: Array) -> Array:
    """The same for a batch, with labels."""
    return -jnp.log(softmax(logits))[jnp.arange(len(labels)), labels]


def squared_error_after_softmax(z: Array, t: Array) -> Array:
    return jnp.mean((softmax(z) - t) ** 2)


def naive_focal(z: Array, t: Array) -> Array:
    p = softmax(z)
    return -jnp.sum(t * (1 - p) ** 0.5 * jnp.log(p))


def wrong_sign(z: Array, t: Array) -> Array:
    return jnp.sum(t * log_softmax(z))


def epsilon_too_large(z: Array, t: Array) -> Array:
    return -jnp.sum(t * jnp.log(softmax(z) + 1e-2))


def straight_through(z: Array, t: Array) -> Array:
    p = softmax(z)
    hard = one_hot(jnp.argmax(z), z.size, dtype=z.dtype)
    return jnp.sum((p + jax.lax.stop_gradient(hard - p) - t) ** 2)


def masked_by_product(z: Array, t: Array) -> Array:
    """0 * -inf where a class is masked."""
    return -jnp.sum(t * (z - jax.scipy.special.logsumexp(z)))


def wrong_axis(logits: Array, labels: Array) -> Array:
    """The softmax is taken over the batch."""
    log_p = log_softmax(logits, axis=0)
    return -jnp.take_along_axis(log_p, labels[:, None], axis=1)[:, 0]


def one_hot_on_wrong_axis(logits: Array, labels: Array) -> Array:
    """The one-hot vectors are turned by one class."""
    return optax.softmax_cross_entropy(
        logits, one_hot(labels + 1, logits.shape[1], dtype=logits.dtype)
    )


def reduced_precision(z: Array, t: Array) -> Array:
    return -jnp.sum(
        t.astype(jnp.bfloat16) * log_softmax(z.astype(jnp.bfloat16))
    ).astype(z.dtype)


def smoothing_that_does_not_sum_to_one(z: Array, t: Array) -> Array:
    return -jnp.sum((0.9 * t + 0.1) * log_softmax(z))


def margin_on_wrong_class(z: Array, t: Array) -> Array:
    return -jnp.sum(t * log_softmax(z + 2 * t))


def hinge_upside_down(z: Array, t: Array) -> Array:
    return jnp.maximum(0, 1 + jnp.sum(t * z) - jnp.max(jnp.where(t > 0, -jnp.inf, z)))


def mean_over_classes(z: Array, t: Array) -> Array:
    return -jnp.mean(t * log_softmax(z))


def forgotten_logarithm(z: Array, t: Array) -> Array:
    return -jnp.sum(t * softmax(z))


def one_class_only(z: Array, t: Array) -> Array:
    return jnp.sum(t * jax.nn.softplus(-z))


def sparsemax_squared(z: Array, t: Array) -> Array:
    ordered = jnp.sort(z)[::-1]
    k = jnp.arange(1, z.size + 1, dtype=z.dtype)
    tau = (jnp.cumsum(ordered) - 1) / k
    threshold = tau[jnp.sum((ordered > tau).astype(int)) - 1]
    return 0.5 * jnp.sum((jnp.maximum(z - threshold, 0) - t) ** 2)


def label_from_one(logits: Array, labels: Array) -> Array:
    """Labels taken to begin at 1."""
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels - 1)


def detached_normaliser(z: Array, t: Array) -> Array:
    """The partition function is held constant."""
    return -jnp.sum(t * z) + jax.lax.stop_gradient(jax.scipy.special.logsumexp(z))


BROKEN = {
    case.loss.__name__: case
    for case in (
        Broken(double_softmax, "softmax applied twice"),
        Broken(clamped_probabilities, "clipped probability"),
        Broken(clamped_logarithms, "logarithm clamped"),
        Broken(clamped_sigmoid, "clipped probability"),
        Broken(log_of_softmax, "logarithm of a probability"),
        Broken(log_by_label, "logarithm of a probability"),
        Broken(squared_error_after_softmax, "squared error after softmax"),
        Broken(naive_focal, "NaN when right"),
        Broken(wrong_sign, "wrong sign"),
        Broken(epsilon_too_large, "epsilon inside the logarithm"),
        Broken(straight_through, "gradient is not that of the loss"),
        Broken(masked_by_product, "NaN with masked logits"),
        Broken(wrong_axis, "examples influence each other", None),
        Broken(one_hot_on_wrong_axis, "wrong label convention"),
        Broken(reduced_precision, "computed in reduced precision inside"),
        Broken(smoothing_that_does_not_sum_to_one, "target does not sum to one"),
        Broken(margin_on_wrong_class, "margin on the wrong side"),
        Broken(hinge_upside_down, "wrong sign", None),
        Broken(mean_over_classes, "mean taken inside"),
        Broken(forgotten_logarithm, "logarithm missing"),
        Broken(one_class_only, "one class only", None),
        Broken(sparsemax_squared, "squared error of sparsemax", "sparsemax"),
        Broken(label_from_one, "wrong label convention"),
        Broken(detached_normaliser, "gradient is not that of the loss"),
    )
}
"""The broken losses by the names of their functions."""


def plain_cross_entropy(z: Array, t: Array) -> Array:
    """Cross-entropy as written by hand, safe for masked classes."""
    return jax.scipy.special.logsumexp(z) - jnp.sum(jnp.where(t > 0, t * z, 0))


def batched_cross_entropy(logits: Array, labels: Array) -> Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels)


def additive_margin(z: Array, t: Array) -> Array:
    """AM-softmax: the label has to win by 0.35."""
    return plain_cross_entropy(z - 0.35 * t, t)


def multiclass_hinge(z: Array, t: Array) -> Array:
    return jnp.maximum(0, jnp.max(z + 1 - t) - jnp.sum(t * z))


HEALTHY: dict[str, tuple[object, str | None]] = {
    "softmax + cross_entropy": ("softmax + cross_entropy", None),
    "softmax + label_smoothing": ("softmax + label_smoothing", None),
    "softmax + kl": ("softmax + kl", None),
    "crammer_singer": ("crammer_singer", None),
    "weston_watkins": ("weston_watkins", None),
    "sparsemax_loss": ("sparsemax_loss", None),
    "entmax_loss": ("entmax_loss(alpha=1.5)", None),
    "one_vs_rest": ("one_vs_rest", None),
    "z_loss": ("z_loss", None),
    "plain_cross_entropy": (plain_cross_entropy, "softmax"),
    "batched_cross_entropy": (batched_cross_entropy, "softmax"),
    "additive_margin": (additive_margin, "softmax"),
    "multiclass_hinge": (multiclass_hinge, None),
}
"""Healthy losses in the forms that `diagnose` takes, and their normalizers."""
