"""More normalizers and losses of the softmax as people write them with `jax.nn` and optax.

The losses are functions of logits [m, n] and labels [m], and return losses [m].
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jax import Array

from .training_jax import OfBatch, at_label, one_hot, proportional

TOP = 5
"""Number of classes that the top-k forms keep."""


def top_k(logits: Array) -> Array:
    """The softmax of the five largest logits."""
    kept = jax.lax.top_k(logits, TOP)[0][:, -1:]
    return jax.nn.softmax(jnp.where(logits < kept, -jnp.inf, logits))


def ev_softmax(logits: Array) -> Array:
    """The softmax of the logits that are not below their mean."""
    mean = jnp.mean(logits, axis=-1, keepdims=True)
    return jax.nn.softmax(jnp.where(logits < mean, -jnp.inf, logits))


def eps_softmax(logits: Array) -> Array:
    """Softmax with 1,000 added to the largest."""
    n = logits.shape[-1]
    largest = jax.nn.one_hot(jnp.argmax(logits, axis=-1), n, dtype=logits.dtype)
    return (jax.nn.softmax(logits) + 1000 * largest) / 1001


def t_softmax(logits: Array) -> Array:
    """Softmax cut off 2 below the largest logit."""
    below = logits - jnp.max(logits, axis=-1, keepdims=True)
    return proportional(jax.nn.relu(below + 2) * jnp.exp(below))


def r_softmax(logits: Array) -> Array:
    """Softmax cut off at the median logit."""
    below = logits - jnp.max(logits, axis=-1, keepdims=True)
    width = -jnp.quantile(jax.lax.stop_gradient(below), 0.5, axis=-1, keepdims=True)
    return proportional(jax.nn.relu(below + width + 1e-8) * jnp.exp(below))


def sparsemax(logits: Array) -> Array:
    """The projection onto the simplex."""
    p: Array = jax.vmap(optax.projections.projection_simplex)(logits)
    return p


def sparsehourglass(logits: Array) -> Array:
    """Sparsemax of the logits, divided by the magnitude of their sum."""
    n = logits.shape[-1]
    size = jnp.abs(jnp.sum(logits, axis=-1, keepdims=True))
    return sparsemax((1 + n) * logits / (size + n))


def budget(logits: Array) -> Array:
    """Numbers from 0 to 1 that sum to 2, by bisection."""
    return _clipped(logits, _by_bisection(jax.lax.stop_gradient(logits)))


def _by_bisection(logits: Array) -> Array:
    high = jnp.max(logits, axis=-1, keepdims=True)
    low = high - 2
    low = jnp.minimum(low, jnp.min(logits, axis=-1, keepdims=True) - 1)
    for _ in range(24):
        middle = (low + high) / 2
        total = jnp.sum(_clipped(logits, middle), axis=-1, keepdims=True)
        low = jnp.where(total > 2, middle, low)
        high = jnp.where(total > 2, high, middle)
    return (low + high) / 2


@jax.custom_jvp
def _clipped(logits: Array, threshold: Array) -> Array:
    return jnp.clip(logits - threshold, 0, 1)


@_clipped.defjvp
def _clipped_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    p = _clipped(*primals)
    moves = ((p > 0) & (p < 1)).astype(p.dtype)
    count = jnp.maximum(jnp.sum(moves, axis=-1, keepdims=True), 1)
    mean = jnp.sum(moves * tangents[0], axis=-1, keepdims=True) / count
    return p, moves * (tangents[0] - mean)


def min_shift(logits: Array) -> Array:
    """The distances from the smallest logit."""
    return proportional(logits - jnp.min(logits, axis=-1, keepdims=True))


PROBABILITIES: dict[str, Callable[[Array], Array]] = {
    "top_k": top_k,
    "ev_softmax": ev_softmax,
    "eps_softmax": eps_softmax,
    "t_softmax": t_softmax,
    "r_softmax": r_softmax,
    "sparsemax": sparsemax,
    "sparsegen(sparsity=0.5)": lambda z: sparsemax(2 * z),
    "sparsehourglass": sparsehourglass,
    "budget": budget,
    "min_shift": min_shift,
}
"""Probabilities [m, n] of logits [m, n], by the spec of the normalizer."""


def _of_label(psi: Callable[[Array], Array]) -> OfBatch:
    return lambda logits, labels: psi(at_label(jax.nn.softmax(logits), labels))


def _scheduled_focal(logits: Array, labels: Array) -> Array:
    log_p = at_label(jax.nn.log_softmax(logits), labels)
    p = jnp.exp(log_p)
    return -((1 - p) ** jnp.where(p < 0.2, 5.0, 3.0)) * log_p


def _normalized_focal(logits: Array, labels: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    each = -((1 - jnp.exp(log_p)) ** 0.5) * log_p
    return at_label(each, labels) / jnp.sum(each, axis=-1)


def _normalized_gce(logits: Array, labels: Array) -> Array:
    each = 1 - jax.nn.softmax(logits) ** 0.7
    return at_label(each, labels) / jnp.sum(each, axis=-1)


def _normalized_negative(logits: Array, labels: Array) -> Array:
    each = jax.nn.relu(jax.nn.log_softmax(logits) - math.log(1e-7))
    return 1 - at_label(each, labels) / jnp.sum(each, axis=-1)


def _normalized_cross_entropy(logits: Array, labels: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    return at_label(log_p, labels) / jnp.sum(log_p, axis=-1)


def _active_passive(logits: Array, labels: Array) -> Array:
    p = at_label(jax.nn.softmax(logits), labels)
    return _normalized_cross_entropy(logits, labels) - math.log(1e-4) * (1 - p)


def _active_negative(logits: Array, labels: Array) -> Array:
    negative = _normalized_negative(logits, labels)
    return _normalized_cross_entropy(logits, labels) + negative


def _soft_bootstrapping(logits: Array, labels: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    target = 0.95 * one_hot(logits, labels) + 0.05 * jnp.exp(log_p)
    return -jnp.sum(target * log_p, axis=-1)


def _hard_bootstrapping(logits: Array, labels: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    return -0.8 * at_label(log_p, labels) - 0.2 * jnp.max(log_p, axis=-1)


def _reverse_kl(logits: Array, labels: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    target = optax.smooth_labels(one_hot(logits, labels), 0.1)
    return jnp.sum(jnp.exp(log_p) * (log_p - jnp.log(target)), axis=-1)


def _ranked_probability_score(logits: Array, labels: Array) -> Array:
    gaps = jax.nn.softmax(logits) - one_hot(logits, labels)
    return jnp.sum(jnp.cumsum(gaps, axis=-1) ** 2, axis=-1)


def _bi_tempered(logits: Array, labels: Array) -> Array:
    p = jax.nn.softmax(logits)
    of_label = (1 - at_label(p, labels) ** 0.2) / 0.2
    return of_label - (1 - jnp.sum(p**1.2, axis=-1)) / 1.2


OF_SOFTMAX: dict[str, OfBatch] = {
    "alpha_loss": _of_label(lambda p: 2 * (1 - jnp.sqrt(p))),
    "comp_sum": _of_label(lambda p: 2 * (1 - jnp.sqrt(p))),
    "sample_dependent_focal": _scheduled_focal,
    "asymmetric_generalized_cross_entropy": _of_label(lambda p: (4 - (1 + p) ** 2) / 2),
    "asymmetric_unhinged": _of_label(lambda p: ((1.5 - p) ** 0.9 - 0.5**0.9) / 0.9),
    "asymmetric_exponential": _of_label(lambda p: jnp.exp(-p / 3)),
    "taylor_cross_entropy": _of_label(lambda p: (1 - p) + (1 - p) ** 2 / 2),
    "bi_tempered": _bi_tempered,
    "normalized_focal": _normalized_focal,
    "normalized_generalized_cross_entropy": _normalized_gce,
    "normalized_negative_cross_entropy": _normalized_negative,
    "active_passive": _active_passive,
    "active_negative": _active_negative,
    "soft_bootstrapping": _soft_bootstrapping,
    "hard_bootstrapping": _hard_bootstrapping,
    "reverse_kl": _reverse_kl,
    "ranked_probability_score": _ranked_probability_score,
}
"""Losses of the softmax, as functions of logits and labels."""
