"""Losses of logits [m, n] and labels [m] as people write them with `jax.nn` and optax."""

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.typing import ArrayLike

from .training_jax import OfBatch, at_label, one_hot, proportional

cross_entropy: OfBatch = optax.softmax_cross_entropy_with_integer_labels


def _perceptron(logits: Array, labels: Array) -> Array:
    return jnp.max(logits, axis=-1) - at_label(logits, labels)


def _crammer_singer(logits: Array, labels: Array) -> Array:
    rivals = jnp.where(one_hot(logits, labels) == 1, -jnp.inf, logits)
    gap = jnp.max(rivals, axis=-1) - at_label(logits, labels)
    return jax.nn.relu(1 + gap)


def _weston_watkins(logits: Array, labels: Array) -> Array:
    violations = jax.nn.relu(1 + logits - at_label(logits, labels)[:, None])
    return jnp.sum(violations * (1 - one_hot(logits, labels)), axis=-1)


def _one_vs_rest(logits: Array, labels: Array) -> Array:
    losses = optax.sigmoid_binary_cross_entropy(logits, one_hot(logits, labels))
    return jnp.sum(losses, axis=-1)


def _squared_logits(logits: Array, labels: Array) -> Array:
    return jnp.sum((logits - one_hot(logits, labels)) ** 2, axis=-1)


def frequencies(n: int) -> Array:
    """Frequencies of classes in a long tail."""
    return proportional(1 / jnp.arange(1.0, n + 1))


def logit_adjusted(prior: ArrayLike) -> OfBatch:
    """Cross-entropy of the logits with the logarithms of the frequencies added."""
    return lambda z, y: cross_entropy(z + jnp.log(jnp.asarray(prior, z.dtype)), y)


def ldam(counts: ArrayLike) -> OfBatch:
    """Cross-entropy with margins that are larger for rare classes."""

    def losses(logits: Array, labels: Array) -> Array:
        of_classes = jnp.asarray(counts, logits.dtype) ** -0.25
        margins = 0.5 * of_classes / jnp.max(of_classes)
        target = one_hot(logits, labels)
        return cross_entropy(logits - margins * target, labels)

    return losses


def _max_sup(logits: Array, labels: Array) -> Array:
    penalty = jnp.max(logits, axis=-1) - jnp.mean(logits, axis=-1)
    return cross_entropy(logits, labels) + 0.1 * penalty


def _margin_label_smoothing(logits: Array, labels: Array) -> Array:
    gaps = jnp.max(logits, axis=-1, keepdims=True) - logits
    penalty = jnp.mean(jax.nn.relu(gaps - 10), axis=-1)
    return cross_entropy(logits, labels) + 0.1 * penalty


def _squentropy(logits: Array, labels: Array) -> Array:
    n = logits.shape[-1]
    squares = jnp.sum(logits**2, axis=-1) - at_label(logits, labels) ** 2
    return cross_entropy(logits, labels) + squares / (n - 1)


def _dual_focal(logits: Array, labels: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    p, of_label = jnp.exp(log_p), at_label(log_p, labels)
    p_y = jnp.exp(of_label)
    p_j = jnp.max(jnp.where(p < p_y[:, None], p, 0), axis=-1)
    return -((1 - p_y + p_j) ** 5) * of_label


def _top_k_entropy(logits: Array, labels: Array) -> Array:
    is_label = one_hot(logits, labels) == 1
    rivals = jnp.where(is_label, -jnp.inf, logits)
    largest = jax.lax.top_k(rivals, 1)[0]
    kept = jnp.where((logits >= largest) & ~is_label, -jnp.inf, logits)
    return cross_entropy(kept, labels)


def _top_k_hinge(logits: Array, labels: Array) -> Array:
    gaps = logits + 1 - one_hot(logits, labels) - at_label(logits, labels)[:, None]
    return jax.nn.relu(jnp.mean(jax.lax.top_k(gaps, 2)[0], axis=-1))


def _smooth_top_k_hinge(logits: Array, labels: Array) -> Array:
    """For k = 2, from the sums of the rivals' weights and of their squares."""
    is_label = one_hot(logits, labels) == 1
    top = jnp.max(logits, axis=-1, keepdims=True)
    weights = jnp.where(is_label, 0, jnp.exp((logits - jax.lax.stop_gradient(top)) / 2))
    total = jnp.sum(weights, axis=-1)
    of_pairs = (total**2 - jnp.sum(weights**2, axis=-1)) / 2
    gap = (jax.lax.stop_gradient(top)[:, 0] - at_label(logits, labels)) / 2
    return jax.nn.softplus(1 + gap + jnp.log(of_pairs) - jnp.log(total))


def _evidence(logits: Array) -> tuple[Array, Array]:
    alpha = 1 + jax.nn.relu(logits)
    return alpha, jnp.sum(alpha, axis=-1)


def _evidential_log(logits: Array, labels: Array) -> Array:
    alpha, total = _evidence(logits)
    return jnp.log(total) - jnp.log(at_label(alpha, labels))


def _evidential_digamma(logits: Array, labels: Array) -> Array:
    alpha, total = _evidence(logits)
    digamma = jax.scipy.special.digamma
    return digamma(total) - digamma(at_label(alpha, labels))


def _evidential_mse(logits: Array, labels: Array) -> Array:
    alpha, total = _evidence(logits)
    p = alpha / total[:, None]
    variances = p * (1 - p) / (total[:, None] + 1)
    return jnp.sum((p - one_hot(logits, labels)) ** 2 + variances, axis=-1)


def sparsemax_loss(logits: Array, labels: Array) -> Array:
    """The loss of sparsemax in optax."""
    losses: Array = optax.losses.multiclass_sparsemax_loss(logits, labels)
    return losses


def _decoupled(logits: Array, labels: Array) -> Array:
    z = logits / 0.1
    negatives = jnp.where(one_hot(z, labels) == 1, -jnp.inf, z)
    return jax.nn.logsumexp(negatives, axis=-1) - at_label(z, labels)


def _triplet(logits: Array, labels: Array) -> Array:
    violations = jax.nn.relu(0.2 + logits - at_label(logits, labels)[:, None])
    return jnp.sum(violations * (1 - one_hot(logits, labels)), axis=-1)


OF_LOGITS: dict[str, OfBatch] = {
    "perceptron": _perceptron,
    "crammer_singer": _crammer_singer,
    "weston_watkins": _weston_watkins,
    "one_vs_rest": _one_vs_rest,
    "squared_logits": _squared_logits,
    "sparsemax_loss": sparsemax_loss,
    "max_sup": _max_sup,
    "margin_label_smoothing": _margin_label_smoothing,
    "squentropy": _squentropy,
    "dual_focal": _dual_focal,
    "top_k_entropy": _top_k_entropy,
    "top_k_hinge": _top_k_hinge,
    "smooth_top_k_hinge": _smooth_top_k_hinge,
    "evidential_log": _evidential_log,
    "evidential_digamma": _evidential_digamma,
    "evidential_mse": _evidential_mse,
    "info_nce(temperature=0.5)": lambda z, y: cross_entropy(2 * z, y),
    "decoupled": _decoupled,
    "triplet": _triplet,
}
"""Losses of logits and labels."""
