"""Losses of kinds that a seventh round of unseen ones had missed, or that had raised an alarm."""

import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax, logsumexp, softmax, softplus

from .broken_programs import rows
from .case import Broken, Healthy


def ranked(logits: Array, targets: Array) -> Array:
    """Every positive above a threshold of 0, and every negative below it."""
    negatives = jnp.where(targets > 0, -jnp.inf, logits)
    positives = jnp.where(targets > 0, -logits, -jnp.inf)
    threshold = jnp.zeros_like(logits[..., :1])
    each = [
        logsumexp(jnp.concatenate([threshold, scores], -1), -1)
        for scores in (negatives, positives)
    ]
    return jnp.mean(each[0] + each[1])


def forward_corrected(logits: Array, labels: Array) -> Array:
    n = logits.shape[-1]
    mix = 0.8 * jnp.eye(n, dtype=logits.dtype) + 0.2 / n
    p = softmax(logits) @ mix
    return -jnp.mean(jnp.log(p[jnp.arange(len(labels)), labels]))


def _of_joint_rows(scores: Array) -> Array:
    count = len(scores)
    matches = (jnp.arange(count) + count // 2) % count
    return -jnp.mean(log_softmax(scores)[jnp.arange(count), matches])


def joint_rows(similarities: Array) -> Array:
    """Of the similarities [2N, 2N] of all rows of two views."""
    own = jnp.eye(len(similarities), dtype=bool)
    return _of_joint_rows(jnp.where(own, -jnp.inf, similarities / 0.5))


def joint_rows_unmasked(similarities: Array) -> Array:
    return _of_joint_rows(similarities / 0.5)


def mean_weighted_by_predictions(logits: Array, labels: Array) -> Array:
    weights = jnp.array([1.0, 3.0, 2.0], logits.dtype)[logits.argmax(-1)]
    return jnp.sum(weights * rows(logits, labels)) / jnp.sum(weights)


def of_next_tokens(logits: Array, labels: Array) -> Array:
    """Of one sequence; the logits of a place are for the token after it."""
    return rows(logits[:-1], labels[1:]).mean()


def log_softmax_before_sigmoid(logits: Array, target: Array) -> Array:
    log_p = log_softmax(logits)
    return jnp.sum(softplus(log_p) - target * log_p)


BROKEN = {
    "log-probabilities before a sigmoid": Broken(
        log_softmax_before_sigmoid, ("softmax before a sigmoid",), "own"
    ),
    "mean weighted by the predicted classes": Broken(
        mean_weighted_by_predictions,
        ("weight of the prediction",),
        "own",
        {"num_classes": 3},
    ),
    "diagonal of a joint matrix left in": Broken(
        joint_rows_unmasked,
        ("own similarity in the normaliser",),
        "github.com/Lightning-Universe/lightning-bolts/issues/695",
    ),
}
"""Losses of which the seventh round missed the cause, and their like."""

HEALTHY = {
    "next tokens of one sequence": Healthy(
        of_next_tokens, (), "github.com/huggingface/transformers/pull/404"
    ),
    "joint matrix with a masked diagonal": Healthy(
        joint_rows, ("temperature",), "Chen et al. 2020, SimCLR"
    ),
    "every positive above every negative": Healthy(
        ranked,
        ("answer moved away",),
        "Su et al. 2022, ZLPR",
        {"form": "multi-label", "normalizer": None},
    ),
    "corrected for known noise": Healthy(
        forward_corrected, ("label noise", "bounded"), "Patrini et al. 2017"
    ),
}
"""Healthy losses that raised an alarm."""
