"""Losses of kinds that a third round of unseen ones had missed, or had named by what follows."""

import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax, sigmoid, softplus

from .broken_programs import rows
from .case import Broken, Healthy


def label_0_ignored(logits: Array, labels: Array) -> Array:
    """Class 0 is taken for padding; the mean is over what is left."""
    kept = labels != 0
    return jnp.sum(rows(logits, labels) * kept) / jnp.maximum(jnp.sum(kept), 1)


def log_of_the_rest(logits: Array, targets: Array) -> Array:
    p = sigmoid(logits)
    return -jnp.mean(targets * jnp.log(p) + (1 - targets) * jnp.log(1 - p))


def in_half_precision(logits: Array, labels: Array) -> Array:
    log_p = log_softmax(logits.astype(jnp.bfloat16))
    return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], axis=1))


def of_teachers_logits(student_logits: Array, teacher_logits: Array) -> Array:
    return -jnp.mean(jnp.sum(teacher_logits * log_softmax(student_logits), axis=-1))


def pairs_of_embeddings(images: Array, texts: Array) -> Array:
    """With the scale and bias of the start, pairs that do not match add nearly nothing."""
    a = images / jnp.linalg.norm(images, axis=1, keepdims=True)
    b = texts / jnp.linalg.norm(texts, axis=1, keepdims=True)
    signs = 2 * jnp.eye(len(a)) - 1
    return jnp.mean(jnp.sum(softplus(-signs * (10 * a @ b.T - 10)), axis=1))


def tversky(logits: Array, targets: Array) -> Array:
    p = sigmoid(logits)
    hit, missed = (p * targets).sum(-1), ((1 - p) * targets).sum(-1)
    false = (p * (1 - targets)).sum(-1)
    return jnp.mean(1 - (hit + 1) / (hit + 0.3 * false + 0.7 * missed + 1))


BROKEN = {
    "class 0 taken for padding": Broken(
        label_0_ignored, ("label not taught",), "own", {"num_classes": 10}
    ),
    "logarithms of sigmoids of every class": Broken(
        log_of_the_rest,
        ("logarithm of a probability",),
        "github.com/huggingface/candle/issues/2561",
        {"form": "multi-label"},
    ),
    "distillation of a teacher's logits": Broken(
        of_teachers_logits, ("teacher without softmax",), "own"
    ),
    "mean of log-probabilities in bfloat16": Broken(
        in_half_precision, ("computed in reduced precision inside",), "own"
    ),
}
"""Losses with a fault."""

HEALTHY = {
    "SigLIP of embeddings": Healthy(
        pairs_of_embeddings,
        ("norm-invariant", "not finite at equal logits"),
        "Zhai et al. 2023, SigLIP",
        {"normalizer": None},
    ),
    "Tversky loss of every class": Healthy(
        tversky,
        ("bounded",),
        "Salehi et al. 2017",
        {"form": "multi-label", "normalizer": None},
    ),
}
"""Losses without one."""
