"""Losses of kinds that a fourth round of unseen ones had missed, or named by what follows."""

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax, logsumexp, one_hot, relu, sigmoid, softmax

from .broken_programs import rows
from .case import Broken, Healthy


def binary_of_softmax(logits: Array, targets: Array) -> Array:
    """A binary cross-entropy of every class, of a softmax that is clipped."""
    p = jnp.clip(softmax(logits), 1e-7, 1 - 1e-7)
    each = targets * jnp.log(p) + (1 - targets) * jnp.log(1 - p)
    return -jnp.mean(jnp.sum(each, -1))


def clipped_evidence(z: Array, t: Array) -> Array:
    """The evidence of a Dirichlet distribution, with an exponent that is clipped."""
    a = jnp.exp(jnp.clip(z, -10, 10)) + 1
    return jnp.sum(t * (jnp.log(a.sum()) - jnp.log(a)))


def plus_five_p(z: Array, t: Array) -> Array:
    """A term that should be taken away, and outweighs the logarithm."""
    log_p = jnp.sum(t * log_softmax(z))
    return -log_p + 5 * jnp.exp(log_p)


def normaliser_not_squared(logits: Array, labels: Array) -> Array:
    """The z-loss without its square."""
    return jnp.mean(rows(logits, labels) + 0.01 * logsumexp(logits, -1))


def sum_of_exponentials(z: Array, y: Array) -> Array:
    """The logarithm of 1 plus exponentials of differences, written as it is read."""
    others = jnp.arange(len(z)) != y
    return jnp.log1p(jnp.sum(jnp.where(others, jnp.exp(z - z[y]), 0.0)))


def constants_in_both_logarithms(logits: Array, targets: Array) -> Array:
    p = sigmoid(logits)
    each = targets * jnp.log(p + 1e-5) + (1 - targets) * jnp.log(1 - p + 1e-5)
    return -jnp.mean(jnp.sum(each, -1))


def straight_through(logits: Array, labels: Array) -> Array:
    p = softmax(logits)
    hard = one_hot(logits.argmax(-1), logits.shape[-1], dtype=p.dtype)
    error = hard + p - jax.lax.stop_gradient(p)
    error -= one_hot(labels, logits.shape[-1], dtype=p.dtype)
    return jnp.mean(jnp.sum(error**2, -1))


def two_classes_taught(z: Array, t: Array) -> Array:
    return -jnp.sum((t + jnp.roll(t, 1)) * log_softmax(z))


def _unit(x: Array) -> Array:
    return x / jnp.linalg.norm(x, axis=1, keepdims=True)


def _decoupled(a: Array, b: Array) -> tuple[Array, Array]:
    s = _unit(a) @ _unit(b).T / 0.1
    rivals = jnp.where(jnp.eye(len(s), dtype=bool), -jnp.inf, s)
    return jnp.diag(s), logsumexp(rivals, 1)


def decoupled_with_the_wrong_sign(a: Array, b: Array) -> Array:
    matches, rivals = _decoupled(a, b)
    return jnp.mean(matches - rivals)


def hardest_is_the_match(similarities: Array) -> Array:
    """The diagonal is -inf as a similarity, and is the largest distance of all."""
    diagonal = jnp.eye(len(similarities), dtype=bool)
    hardest = jnp.max(1 - jnp.where(diagonal, -jnp.inf, similarities), axis=1)
    return jnp.mean(relu(1 - jnp.diag(similarities) - hardest + 0.5))


def of_positives(positives: Array, negatives: Array) -> Array:
    return jnp.mean(positives - logsumexp(negatives, axis=1))


def capped_and_smoothed(logits: Array, labels: Array) -> Array:
    """All of a language model's loss, in float32 whatever the logits are."""
    z = 30 * jnp.tanh(logits.astype(jnp.float32) / 30)
    n = z.shape[-1]
    target = 0.9 * one_hot(labels, n) + 0.1 / n
    of_labels = -jnp.sum(target * log_softmax(z), -1)
    return jnp.mean(of_labels + 1e-4 * logsumexp(z, -1) ** 2)


def contrasted(positives: Array, negatives: Array) -> Array:
    s = jnp.concatenate([positives[:, None], negatives], 1) / 0.1
    return logsumexp(s, axis=1) - s[:, 0]


BROKEN = {
    "binary loss of a clipped softmax": Broken(
        binary_of_softmax, ("clipped probability",), "own"
    ),
    "exponent of the evidence clipped": Broken(
        clipped_evidence, ("clipped value",), "own"
    ),
    "five times the probability added": Broken(plus_five_p, ("never certain",), "own"),
    "z-loss without a square": Broken(
        normaliser_not_squared, ("unbounded below",), "own"
    ),
    "exponentials of differences": Broken(
        sum_of_exponentials, ("exponential overflows",), "own"
    ),
    "constants in both logarithms": Broken(
        constants_in_both_logarithms,
        ("epsilon inside the logarithm",),
        "own",
        {"form": "multi-label"},
    ),
    "straight-through error": Broken(
        straight_through, ("gradient is not that of the loss",), "own"
    ),
    "the next class taught as well": Broken(
        two_classes_taught, ("wrong label convention",), "own"
    ),
    "decoupled, with the wrong sign": Broken(
        decoupled_with_the_wrong_sign, ("wrong sign",), "own"
    ),
    "hardest negative is the match": Broken(
        hardest_is_the_match,
        ("label ignored", "constant"),
        "github.com/jinnnju/PaAno/issues/1",
        {"form": "similarities"},
    ),
    "positives and negatives, with the wrong sign": Broken(
        of_positives, ("wrong sign",), "own"
    ),
}
"""Losses with a fault."""

HEALTHY = {
    "soft cap, smoothing and z-loss in float32": Healthy(
        capped_and_smoothed, ("soft cap",), "Gemma 2 technical report, 2024"
    ),
    "positives and negatives": Healthy(
        contrasted,
        ("temperature",),
        "van den Oord et al. 2018, InfoNCE",
        {"normalizer": None},
    ),
}
"""Losses without one."""
