"""Losses with the right formula whose program breaks it: derivatives, batches, precision."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jax.lax import stop_gradient
from jax.nn import log_softmax, logsumexp, one_hot, softmax

from .broken_formulas import COUNTS, cross_entropy
from .case import Broken


def mean_of(losses: Array) -> Array:
    return jnp.mean(losses)


def rows(logits: Array, labels: Array) -> Array:
    """Cross-entropy of every example."""
    picked = jnp.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return logsumexp(logits, axis=1) - picked


def probabilities_over_the_batch(logits: Array, labels: Array) -> Array:
    p = softmax(logits, axis=0)
    return -jnp.log(p[jnp.arange(labels.size), labels] + 1e-8)


def normalised_over_everything(logits: Array, labels: Array) -> Array:
    log_p = logits - logsumexp(logits)
    return -log_p[jnp.arange(labels.size), labels]


def standardised_over_the_batch(logits: Array, labels: Array) -> Array:
    z = (logits - logits.mean(axis=0)) / (logits.std(axis=0) + 1e-5)
    return rows(z, labels)


def shifted_by_the_batch(logits: Array, labels: Array) -> Array:
    z = logits - jnp.max(logits)
    total = jnp.log(jnp.sum(jnp.exp(z), axis=1))
    return total - z[jnp.arange(labels.size), labels]


def targets_turned(logits: Array, labels: Array) -> Array:
    """One-hot vectors along the first axis, read as if along the last."""
    targets = one_hot(labels, logits.shape[1], axis=0, dtype=logits.dtype)
    return -jnp.sum(targets.reshape(logits.shape) * log_softmax(logits), axis=1)


def targets_shuffled(logits: Array, labels: Array) -> Array:
    """The labels of another order than that of the logits are mixed in."""
    return 0.7 * rows(logits, labels) + 0.3 * rows(logits, labels[::-1])


def minus_the_mean(logits: Array, labels: Array) -> Array:
    losses = rows(logits, labels)
    return losses - losses.mean()


def weight_of_the_prediction(z: Array, t: Array) -> Array:
    weights = jnp.asarray(COUNTS, z.dtype) ** -0.5
    return weights[jnp.argmax(z)] * cross_entropy(z, t)


def of_predictions(z: Array, t: Array) -> Array:
    predicted = one_hot(jnp.argmax(z), z.size, dtype=z.dtype)
    return jnp.sum((predicted - t) ** 2)


def of_rounded(z: Array, t: Array) -> Array:
    return cross_entropy(z.astype(jnp.int32).astype(z.dtype), t)


def detached_focal(z: Array, t: Array) -> Array:
    log_p = jnp.sum(t * log_softmax(z))
    return -stop_gradient((1 - jnp.exp(log_p)) ** 2) * log_p


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def fused(z: Array, t: Array, temperature: float) -> Array:
    return cross_entropy(z / temperature, t)


def _forwards(z: Array, t: Array, temperature: float):
    return fused(z, t, temperature), (softmax(z / temperature) - t, t)


def _backwards(temperature: float, kept, pulled: Array):
    # The temperature is forgotten.
    return pulled * kept[0], jnp.zeros_like(kept[1])


fused.defvjp(_forwards, _backwards)


def naive(z: Array, t: Array) -> Array:
    weights = jnp.exp(z)
    return -jnp.log(jnp.sum(t * weights) / jnp.sum(weights))


def shift_that_stops(z: Array, t: Array) -> Array:
    """The shift is kept above -64, so that rows far below underflow."""
    top = jnp.maximum(jnp.max(z), -64.0)
    return jnp.log(jnp.sum(jnp.exp(z - top))) + top - jnp.sum(t * z)


def element_wise(z: Array, t: Array) -> Array:
    p = softmax(z)
    return -jnp.sum(t * jnp.log(p) + (1 - t) * jnp.log(1 - p))


def with_entropy(z: Array, t: Array) -> Array:
    p = softmax(z)
    return cross_entropy(z, t) + 0.1 * jnp.sum(p * jnp.log(p))


def hellinger(z: Array, t: Array) -> Array:
    return jnp.sum((jnp.sqrt(softmax(z)) - jnp.sqrt(t)) ** 2)


def power_of_a_probability(z: Array, t: Array) -> Array:
    return (1 - jnp.sum(t * softmax(z)) ** 0.7) / 0.7


def jensen_shannon(z: Array, t: Array) -> Array:
    """Meant to be healthy: the logarithm of a half that is 0 is not selected."""
    log_p = log_softmax(z)
    p = jnp.exp(log_p)
    half = (p + t) / 2
    of_target = -jnp.sum(t * jnp.log(jnp.where(t > 0, half, 1)))
    log_half = jnp.where(t > 0, jnp.log(half), log_p - jnp.log(2.0))
    return (of_target + jnp.sum(p * (log_p - log_half))) / 2


def distance(z: Array, t: Array) -> Array:
    return jnp.sqrt(jnp.sum((softmax(z) - t) ** 2))


def standardised(z: Array, t: Array) -> Array:
    return cross_entropy((z - jnp.mean(z)) / jnp.std(z), t)


def unit_length(z: Array, t: Array) -> Array:
    return cross_entropy(16 * z / jnp.sqrt(jnp.sum(z**2)), t)


def over_the_largest(z: Array, t: Array) -> Array:
    return cross_entropy(5 * z / jnp.max(jnp.abs(z)), t)


def angular(z: Array, t: Array) -> Array:
    """Cosines are clipped to exactly [-1, 1], where the angle has no derivative."""
    angle = jnp.arccos(jnp.clip(z, -1.0, 1.0))
    return cross_entropy(30 * jnp.cos(angle + 0.3 * t), t)


def angular_by_sine(z: Array, t: Array) -> Array:
    sine = jnp.sqrt(1 - z**2)
    moved = z * 0.9553365 - sine * 0.2955202
    return cross_entropy(30 * jnp.where(t > 0, moved, z), t)


def root_of_the_positive(z: Array, t: Array) -> Array:
    """The branch that is not taken has no derivative."""
    weights = jnp.where(z > 0, jnp.sqrt(z), 0.0) + 0.1
    return jnp.log(jnp.sum(weights)) - jnp.log(jnp.sum(t * weights))


def log_of_the_lead(z: Array, t: Array) -> Array:
    rival = jnp.max(jnp.where(t > 0, -jnp.inf, z))
    return -jnp.log(jnp.sum(t * z) - rival)


def half_precision(z: Array, t: Array) -> Array:
    log_p = log_softmax(z.astype(jnp.float16))
    return -jnp.sum(t * log_p.astype(z.dtype))


BROKEN = {
    "softmax over the batch": Broken(
        probabilities_over_the_batch,
        ("examples influence each other",),
        "github.com/ikostrikov/pytorch-meta-optimizer/issues/10",
    ),
    "softmax over all axes": Broken(
        normalised_over_everything,
        ("examples influence each other",),
        "github.com/nntrainer/nntrainer/pull/430",
    ),
    "logits standardised over the batch": Broken(
        standardised_over_the_batch, ("examples influence each other",), "own"
    ),
    "shift by the maximum of the batch": Broken(
        shifted_by_the_batch, ("examples influence each other",), "own"
    ),
    "one-hot vectors reshaped": Broken(
        targets_turned,
        ("examples influence each other",),
        "github.com/liuxuexun/RandLA-Net-Pytorch-New/issues/20",
    ),
    "labels mixed in another order": Broken(
        targets_shuffled,
        ("examples influence each other",),
        "github.com/xudonmao/VMT/issues/1",
    ),
    "minus the mean of the batch": Broken(
        minus_the_mean, ("examples influence each other",), "own"
    ),
    "weight of the predicted class": Broken(
        weight_of_the_prediction, ("jump", "jumps"), "own"
    ),
    "error of the predicted class": Broken(
        of_predictions,
        ("dies",),
        "github.com/google-deepmind/dm-haiku/issues/442",
    ),
    "logits rounded to integers": Broken(of_rounded, ("dies",), "own"),
    "logits detached": Broken(
        lambda z, t: cross_entropy(stop_gradient(z), t),
        ("gradient is not that of the loss",),
        "own",
    ),
    "focal factor detached": Broken(
        detached_focal,
        ("parts held constant",),
        "github.com/pytorch/pytorch/issues/7462",
    ),
    "gradient reversed": Broken(
        lambda z, t: 2 * stop_gradient(cross_entropy(z, t)) - cross_entropy(z, t),
        ("gradient is not that of the loss",),
        "own",
    ),
    "fused derivative without the temperature": Broken(
        lambda z, t: fused(z, t, 2.0), ("gradient is not that of the loss",), "own"
    ),
    "exponentials without a shift": Broken(
        naive,
        ("exponential overflows",),
        "github.com/uTensor/uTensor/issues/175",
    ),
    "exponentials without a shift, float16": Broken(
        naive,
        ("exponential overflows", "not finite at ordinary logits"),
        "github.com/NVIDIA/apex/issues/379",
        {"dtype": "float16"},
    ),
    "shift that stops at -64": Broken(
        shift_that_stops,
        ("not finite at large logits",),
        "github.com/PaddlePaddle/Paddle/pull/21165",
    ),
    "0 log 0 of both sides": Broken(
        element_wise,
        ("NaN when right", "logarithm of a probability"),
        "github.com/tiny-dnn/tiny-dnn/issues/410",
    ),
    "entropy with 0 log 0": Broken(
        with_entropy,
        ("NaN when right", "logarithm of a probability", "not finite at large logits"),
        "github.com/JuliaAI/MLJBase.jl/issues/373",
    ),
    "root of a probability": Broken(
        hellinger, ("NaN when right", "not finite at large logits"), "own"
    ),
    "power of a probability": Broken(
        power_of_a_probability,
        ("not finite at large logits", "logarithm of a probability"),
        "own",
    ),
    "logarithm in a branch of where": Broken(
        jensen_shannon, ("NaN when right",), "own, meant to be healthy"
    ),
    "norm of the error": Broken(
        distance, ("NaN when right",), "github.com/pytorch/pytorch/issues/2421"
    ),
    "logits over their deviation": Broken(
        standardised, ("not finite at equal logits",), "own", {"num_classes": 10}
    ),
    "logits over their norm": Broken(
        unit_length,
        ("not finite at equal logits",),
        "github.com/keras-team/keras/pull/23093",
    ),
    "logits over the largest": Broken(
        over_the_largest, ("not finite at equal logits",), "own"
    ),
    "angle of a clipped cosine": Broken(
        angular,
        ("not finite at single logits",),
        "github.com/pytorch/pytorch/issues/8069",
        {"domain": (-1, 1)},
    ),
    "sine of a cosine of 1": Broken(
        angular_by_sine,
        ("not finite at single logits",),
        "github.com/ronghuaiyang/arcface-pytorch/issues/91",
        {"domain": (-1, 1)},
    ),
    "root in a branch of where": Broken(
        root_of_the_positive,
        ("not finite at single logits", "infinite losses", "leaves the domain"),
        "github.com/pytorch/pytorch/issues/23395",
    ),
    "logarithm of the lead": Broken(
        log_of_the_lead,
        ("leaves the domain", "infinite losses"),
        "own",
    ),
    "log-probabilities in float16": Broken(
        half_precision,
        ("computed in reduced precision inside",),
        "github.com/google-deepmind/optax/issues/1020",
    ),
}
"""Losses by what is wrong with their program."""
