"""Healthy losses in the programs and forms that people write."""

from functools import partial

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.lax import stop_gradient
from jax.nn import log_softmax, one_hot, relu, softmax, softplus

from .broken_formulas import COUNTS, cross_entropy
from .broken_programs import rows
from .case import Healthy


def shifted(z: Array, t: Array) -> Array:
    z = z - stop_gradient(jnp.max(z))
    return jnp.log(jnp.sum(jnp.exp(z))) - jnp.sum(t * z)


def weighted_mean(logits: Array, labels: Array) -> Array:
    weights = jnp.asarray(COUNTS, logits.dtype) ** -0.5
    return jnp.mean(weights[labels] * rows(logits, labels))


def ignoring(logits: Array, labels: Array) -> Array:
    """The mean over the labels that are not -100."""
    valid = labels != -100
    losses = jnp.where(valid, rows(logits, jnp.where(valid, labels, 0)), 0)
    return jnp.sum(losses) / jnp.maximum(jnp.sum(valid), 1)


def with_keywords(*, logits: Array, labels: Array) -> Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def smoothed_labels(logits: Array, labels: Array) -> Array:
    targets = one_hot(labels, logits.shape[1], dtype=logits.dtype)
    smooth = optax.smooth_labels(targets, 0.1)
    return optax.softmax_cross_entropy(logits, smooth).mean()


def with_auxiliary(logits: Array, labels: Array):
    losses = rows(logits, labels)
    return losses.mean(), {"hits": jnp.mean(logits.argmax(axis=1) == labels)}


def online(z: Array, t: Array) -> Array:
    """The normaliser in one pass over the classes, as in fused kernels."""

    def step(kept, value: Array):
        top, total = kept
        new = jnp.maximum(top, value)
        total = total * jnp.exp(top - new) + jnp.exp(value - new)
        return (new, total), None

    start = (z[0], jnp.ones((), z.dtype))
    (top, total), _ = jax.lax.scan(step, start, z[1:])
    return top + jnp.log(total) - jnp.sum(t * z)


@jax.custom_vjp
def fused(z: Array, t: Array) -> Array:
    return cross_entropy(z, t)


def _forwards(z: Array, t: Array):
    return fused(z, t), (softmax(z), t, z)


def _backwards(kept, pulled: Array):
    p, t, z = kept
    return pulled * (p * jnp.sum(t) - t), -pulled * z


fused.defvjp(_forwards, _backwards)


def in_float32(z: Array, t: Array) -> Array:
    return cross_entropy(z.astype(jnp.float32), t.astype(jnp.float32))


def of_one_logit(logits: Array, labels: Array) -> Array:
    return jnp.mean(softplus(logits) - labels * logits)


def focal_of_one_logit(logits: Array, labels: Array) -> Array:
    signed = (2 * labels - 1) * logits
    return jnp.mean(jax.nn.sigmoid(-signed) ** 2 * softplus(-signed))


def weighted_positives(logits: Array, targets: Array) -> Array:
    losses = 3 * targets * softplus(-logits) + (1 - targets) * softplus(logits)
    return jnp.mean(losses)


def pairs_by_sigmoid(z: Array, t: Array) -> Array:
    return jnp.sum(softplus(-(2 * t - 1) * (10 * z - 10)))


def contrastive(similarities: Array) -> Array:
    """Both directions, as in CLIP; the matches are on the diagonal."""
    z = similarities / 0.07
    there = -jnp.mean(jnp.diagonal(log_softmax(z, axis=1)))
    back = -jnp.mean(jnp.diagonal(log_softmax(z, axis=0)))
    return (there + back) / 2


def brier_mean(logits: Array, labels: Array) -> Array:
    targets = one_hot(labels, logits.shape[1], dtype=logits.dtype)
    return jnp.mean((softmax(logits) - targets) ** 2)


def tempered(z: Array, t: Array, log_scale: float) -> Array:
    return cross_entropy(jnp.exp(log_scale) * z, t)


def signed_hinge(logits: Array, labels: Array) -> Array:
    return jnp.mean(relu(1 - (2 * labels - 1) * logits))


HEALTHY = {
    "shift by the detached maximum": Healthy(
        shifted, (), "github.com/tinygrad/tinygrad/issues/16200"
    ),
    "weighted mean of a batch": Healthy(
        weighted_mean, ("class weights", "top label missed"), "imbalanced classes, own"
    ),
    "mean over valid labels": Healthy(
        ignoring, (), "ignore_index of PyTorch", {"num_classes": 10}
    ),
    "keywords only": Healthy(with_keywords, (), "optax"),
    "smoothed labels of optax": Healthy(smoothed_labels, (), "optax"),
    "loss with auxiliary values": Healthy(with_auxiliary, (), "training loops, own"),
    "normaliser in one pass": Healthy(
        online, (), "github.com/linkedin/Liger-Kernel/pull/198"
    ),
    "fused derivative": Healthy(fused, (), "fused kernels, own"),
    "float32 inside": Healthy(
        in_float32, (), "github.com/huggingface/transformers/pull/34147"
    ),
    "checkpointed": Healthy(
        jax.checkpoint(cross_entropy), (), "jax.checkpoint", {"num_classes": 3}
    ),
    "a hundred classes": Healthy(
        lambda z, t: cross_entropy(z, t), (), "textbook", {"num_classes": 100}
    ),
    "one logit": Healthy(of_one_logit, (), "BCEWithLogitsLoss", {"num_classes": 1}),
    "focal of one logit": Healthy(
        focal_of_one_logit, (), "Lin et al. 2017", {"num_classes": 1}
    ),
    "hinge of one logit": Healthy(
        signed_hinge, ("hinge",), "Cortes and Vapnik 1995", {"num_classes": 1}
    ),
    "weighted positives": Healthy(
        weighted_positives,
        ("class weights",),
        "pos_weight of BCEWithLogitsLoss",
        {"normalizer": None},
    ),
    "pairs by sigmoid": Healthy(
        pairs_by_sigmoid,
        ("temperature",),
        "Zhai et al. 2023, SigLIP",
        {"normalizer": None},
    ),
    "contrastive, both directions": Healthy(
        contrastive, ("temperature",), "Radford et al. 2021, CLIP"
    ),
    "mean squared error of probabilities": Healthy(
        brier_mean, ("squared error after softmax", "bounded"), "Brier 1950"
    ),
    "scale as a parameter": Healthy(
        partial(tempered, log_scale=2.6593),
        ("temperature",),
        "Radford et al. 2021, CLIP",
    ),
}
"""Healthy losses by their program."""
