"""Broken and sound losses for questions about what a loss is, each with where it comes from.

A broken one has the verdict that names its cause. Most are written after public reports, often at
another temperature, scale or margin than there; "own" ones are written to complete a kind.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax, logsumexp, one_hot, relu, sigmoid, softmax, softplus
from jax.scipy.special import digamma

N = 5
PRIOR = jnp.array([0.4, 0.3, 0.15, 0.1, 0.05])
NUMBERS = jnp.arange(float(N))

Loss = Callable[[Array, Array], Array]


class Case(NamedTuple):
    """A broken loss, the verdict that names the cause, and where it comes from."""

    loss: Loss
    verdict: str
    source: str


def cross_entropy(z: Array, t: Array) -> Array:
    return logsumexp(z) - jnp.sum(t * z)


def label_of(t: Array) -> Array:
    return jnp.argmax(t)


def number_of(t: Array) -> Array:
    return label_of(t).astype(t.dtype)


def squared(z: Array, t: Array) -> Array:
    return jnp.sum((softmax(z) - t) ** 2)


def padded(z: Array, t: Array, count: int) -> Array:
    return logsumexp(jnp.concatenate([z, jnp.zeros(count)])) - jnp.sum(t * z)


def evidence(z: Array, t: Array) -> Array:
    strengths = relu(z) + 1
    return jnp.sum(t * (digamma(jnp.sum(strengths)) - digamma(strengths)))


def for_label(number: int, loss: Loss, others: Loss) -> Loss:
    return lambda z, t: jnp.where(label_of(t) == number, loss(z, t), others(z, t))


def focal(z: Array, t: Array) -> Array:
    return -jnp.sum(t * (1 - softmax(z)) ** 2 * log_softmax(z))


BROKEN = {
    "softmax in the model and in the loss": Case(
        lambda z, t: cross_entropy(softmax(z), t),
        "softmax applied twice",
        "github.com/tflearn/tflearn/pull/562",
    ),
    "softmax of similarities, then cross-entropy at 0.1": Case(
        lambda z, t: cross_entropy(softmax(z) / 0.1, t),
        "softmax applied twice",
        "github.com/gitabcworld/MatchingNetworks/issues/5",
    ),
    "softmax twice, the first at 3": Case(
        lambda z, t: 2 * cross_entropy(softmax(z / 3), t),
        "softmax applied twice",
        "github.com/ariecattan/SciCo/issues/2",
    ),
    "softmax in the model, sigmoid in the loss": Case(
        lambda z, t: jnp.mean(softplus(softmax(z / 2)) - t * softmax(z / 2)),
        "softmax before a sigmoid",
        "github.com/NVIDIA-Merlin/models/pull/1175, there with a sigmoid in the model",
    ),
    "likelihood of probabilities at 2": Case(
        lambda z, t: -jnp.sum(t * softmax(z / 2)),
        "logarithm missing",
        "github.com/pytorch/pytorch/issues/10033",
    ),
    "likelihood of probabilities, smoothed": Case(
        lambda z, t: -jnp.sum((0.9 * t + 0.1 / N) * softmax(z)),
        "logarithm missing",
        "github.com/AnubhavGupta3377/Text-Classification-Models-Pytorch/issues/9",
    ),
    "clip at 2": Case(
        lambda z, t: -jnp.log(jnp.clip(jnp.sum(t * softmax(z / 2)), 1e-7, 1)),
        "clipped probability",
        "github.com/tensorflow/addons/issues/693",
    ),
    "clip of 1e-12": Case(
        lambda z, t: -jnp.log(jnp.maximum(jnp.sum(t * softmax(z)), 1e-12)),
        "clipped probability",
        "github.com/hwei-hw/FocalLoss_Keras/issues/1",
    ),
    "epsilon at 0.5": Case(
        lambda z, t: -jnp.log(jnp.sum(t * softmax(2 * z)) + 1e-3),
        "epsilon inside the logarithm",
        "github.com/mkocabas/focal-loss-keras/issues/17",
    ),
    "epsilon and a factor": Case(
        lambda z, t: -3 * jnp.log(jnp.sum(t * softmax(z)) + 1e-5) + 1,
        "epsilon inside the logarithm",
        "github.com/maxvfischer/keras-image-segmentation-loss-functions/pull/1",
    ),
    "padded vocabulary": Case(
        lambda z, t: padded(z, t, 6),
        "probability lost",
        "github.com/unslothai/unsloth/pull/10616",
    ),
    "padded vocabulary at 0.5": Case(
        lambda z, t: padded(2 * z, t, 3),
        "probability lost",
        "github.com/unslothai/unsloth/pull/10616",
    ),
    "padded vocabulary under a soft cap": Case(
        lambda z, t: padded(30 * jnp.tanh(z / 30), t, 4),
        "probability lost",
        "own, as Gemma caps its logits",
    ),
    "padded vocabulary with a prior": Case(
        lambda z, t: padded(z + jnp.log(PRIOR), t, 3),
        "probability lost",
        "own",
    ),
    "a constant beside the sum of softplus": Case(
        lambda z, t: (
            jnp.log(jnp.sum(softplus(z)) + 0.5) - jnp.sum(t * jnp.log(softplus(z)))
        ),
        "probability lost",
        "own",
    ),
    "smoothing that is only added, at 0.5": Case(
        lambda z, t: -jnp.sum((0.9 * t + 0.1) * log_softmax(2 * z)),
        "target does not sum to one",
        "github.com/Hsuxu/Loss_ToolBox-PyTorch/issues/4",
    ),
    "margin added to the label": Case(
        lambda z, t: cross_entropy(z + 0.35 * t, t),
        "margin on the wrong side",
        "own",
    ),
    "margin added to the label, times 30": Case(
        lambda z, t: cross_entropy(30 * (z + 0.35 * t), t),
        "margin on the wrong side",
        "own",
    ),
    "mean over the classes": Case(
        lambda z, t: -jnp.mean(t * log_softmax(z / 0.1)),
        "mean taken inside",
        "own",
    ),
    "wrong sign at 3": Case(
        lambda z, t: jnp.sum(t * log_softmax(z / 3)),
        "wrong sign",
        "own",
    ),
    "labels turned by one at 0.1": Case(
        lambda z, t: cross_entropy(10 * z, jnp.roll(t, 1)),
        "wrong label convention",
        "own",
    ),
    "Keras's order": Case(
        lambda a, b: cross_entropy(b, a),
        "arguments in the wrong order",
        "github.com/keras-team/keras/issues/8993",
    ),
    "Keras's order, squared error": Case(
        lambda a, b: squared(b, a),
        "arguments in the wrong order",
        "github.com/kyle-dorman/bayesian-neural-network-blogpost/issues/12",
    ),
    "Keras's order, labels from one-hot targets": Case(
        lambda a, b: -log_softmax(b)[label_of(a)],
        "arguments in the wrong order",
        "github.com/bolunwang/backdoor/issues/11",
    ),
    "regulariser alone": Case(
        lambda z, t: jnp.sum(z**2),
        "label ignored",
        "github.com/DeepRegNet/DeepReg/issues/624",
    ),
    "labels replaced by zeros": Case(
        lambda z, t: cross_entropy(z, one_hot(0, N, dtype=z.dtype)),
        "label ignored",
        "github.com/amazon-science/video-contrastive-learning/issues/5",
    ),
    "targets that are always 0": Case(
        lambda z, t: jnp.sum(softplus(z)),
        "label ignored",
        "github.com/Yanghao-Wang/RandBox/issues/23",
    ),
    "logits against the class number": Case(
        lambda z, t: jnp.mean((z - number_of(t)) ** 2),
        "labels as numbers",
        "sebastiandev.com/sme-as-loss-function",
    ),
    "logits against the class number, absolute": Case(
        lambda z, t: jnp.sum(jnp.abs(z - number_of(t))),
        "labels as numbers",
        "sebastiandev.com/sme-as-loss-function",
    ),
    "expected class number at 0.5": Case(
        lambda z, t: (softmax(2 * z) @ NUMBERS - number_of(t)) ** 2,
        "labels as numbers",
        "github.com/Graylab/DL4Proteins-notebooks/issues/5",
    ),
    "expected class number, Huber": Case(
        lambda z, t: jnp.log(jnp.cosh(softmax(z) @ NUMBERS - number_of(t))),
        "labels as numbers",
        "github.com/Graylab/DL4Proteins-notebooks/issues/5",
    ),
    "one label by another loss": Case(
        for_label(3, squared, cross_entropy), "label differs", "own"
    ),
    "one label with a focal factor": Case(
        for_label(1, focal, cross_entropy), "label differs", "own"
    ),
    "one label without the logarithm at 0.1": Case(
        for_label(
            2,
            lambda z, t: 1 - jnp.sum(t * softmax(10 * z)),
            lambda z, t: cross_entropy(10 * z, t),
        ),
        "label differs",
        "own",
    ),
    "label 0 left out": Case(
        lambda z, t: (1 - t[0]) * cross_entropy(z / 4, t),
        "label not taught",
        "github.com/hypnopump/rgn2-replica/pull/14",
    ),
    "hinge with the sign of the rival": Case(
        lambda z, t: jnp.sum((1 - t) * relu(1 - jnp.sum(t * z) - z)),
        "pushes a rival up",
        "own",
    ),
    "logistic with the sign of the rival": Case(
        lambda z, t: jnp.sum((1 - t) * softplus(-jnp.sum(t * z) - z)),
        "pushes a rival up",
        "own",
    ),
    "evidence by relu": Case(
        evidence,
        "dead region",
        "own",
    ),
    "relu on the last layer": Case(
        lambda z, t: cross_entropy(relu(z), t),
        "dead region",
        "github.com/chelsea0x3b/dfdx/issues/486",
    ),
    "relu on the last layer at 0.1": Case(
        lambda z, t: cross_entropy(10 * relu(z + 2), t),
        "dead region",
        "github.com/jvargasmu/population_estimation/issues/68",
    ),
    "logits clipped at 10": Case(
        lambda z, t: cross_entropy(jnp.clip(z, -10, 10), t), "dead region", "own"
    ),
}
"""Broken losses by what is wrong with them."""


def soft_capped(z: Array, t: Array) -> Array:
    return cross_entropy(30 * jnp.tanh(z / 30), t)


def cumulative(z: Array, t: Array) -> Array:
    below = jnp.arange(N) < label_of(t)
    return jnp.sum(softplus(jnp.where(below, -z, z)))


def unit_norm(z: Array, t: Array) -> Array:
    return cross_entropy(z / jnp.sqrt(jnp.sum(z**2) + 1e-12) / 0.04, t)


def evidence_of_exponentials(z: Array, t: Array) -> Array:
    strengths = softplus(z) + 1
    return jnp.sum(t * (digamma(jnp.sum(strengths)) - digamma(strengths)))


def sigmoid_focal(z: Array, t: Array) -> Array:
    p = sigmoid(z)
    positive = t * (1 - p) ** 2 * softplus(-z)
    return jnp.sum(positive + (1 - t) * p**2 * softplus(z))


SOUND: dict[str, tuple[Loss, str]] = {
    "log_softmax twice": (
        lambda z, t: cross_entropy(log_softmax(z), t),
        "softmax + cross_entropy",
    ),
    "scaled and shifted": (
        lambda z, t: 2 * cross_entropy(z, t) + 0.3,
        "softmax + cross_entropy, times 2, plus 0.3",
    ),
    "a temperature": (
        lambda z, t: cross_entropy(z / 0.07, t),
        "softmax + cross_entropy at T = 0.07",
    ),
    "a margin on every class": (
        lambda z, t: cross_entropy(z - 0.35, t),
        "softmax + cross_entropy",
    ),
    "a margin on the label, times 30": (
        lambda z, t: cross_entropy(30 * (z - 0.35 * t), t),
        "softmax + cross_entropy at 30 z with a margin of 0.35 on the label",
    ),
    "margins by frequency": (
        lambda z, t: cross_entropy(30 * (z - 0.2 * t * PRIOR**-0.25), t),
        "softmax + cross_entropy at 30 z with a margin from 0.2515 to 0.4229 on the label",
    ),
    "prior added": (
        lambda z, t: cross_entropy(z + jnp.log(PRIOR), t),
        "softmax + cross_entropy with constants from -1.133 to 0.9468 added to the logits",
    ),
    "weights": (
        lambda z, t: jnp.sum(t / PRIOR) * cross_entropy(z, t),
        "softmax + cross_entropy with class weights from 2.5 to 20",
    ),
    "soft cap": (soft_capped, "softmax + cross_entropy at 30 tanh(z / 30)"),
    "label smoothing at 2": (
        lambda z, t: -jnp.sum((0.8 * t + 0.2 / N) * log_softmax(z / 2)),
        "softmax + label_smoothing(smoothing=0.2) at T = 2",
    ),
    "focal": (focal, "softmax + focal"),
    "squared error at 3": (
        lambda z, t: squared(z / 3, t),
        "softmax + brier at T = 3",
    ),
    "squared error of logits": (
        lambda z, t: jnp.mean((z - 5 * t) ** 2),
        "squared_logits(target=5), times 0.2",
    ),
    "mean absolute error": (
        lambda z, t: jnp.sum(jnp.abs(softmax(z) - t)),
        "softmax + mae",
    ),
    "hinge": (
        lambda z, t: relu(jnp.max(z + 1 - t) - jnp.sum(t * z)),
        "crammer_singer",
    ),
    "one against the rest": (
        lambda z, t: 0.2 * jnp.sum(softplus(z) - t * z),
        "sigmoid_cross_entropy, times 0.2",
    ),
    "focal of sigmoids": (
        sigmoid_focal,
        "sigmoid_focal(gamma=2, alpha=0.5), times 2",
    ),
    "ordered classes": (cumulative, ""),
    "unit norm": (unit_norm, ""),
    "evidence by softplus": (evidence_of_exponentials, ""),
    "negative logits allowed": (
        lambda z, t: (
            jnp.log(jnp.sum((relu(z) + jnp.log1p(jnp.exp(-jnp.abs(z)))) ** 2))
            - jnp.sum(t * jnp.log(softplus(z) ** 2))
        ),
        "",
    ),
}
"""Sound losses, each with the identity that is told of it; "" where it is in no catalogue."""
