"""Losses whose formula is another one than their author believes."""

import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax, logsumexp, one_hot, relu, sigmoid, softmax, softplus

from .case import Broken

COUNTS = (500.0, 200.0, 100.0, 40.0, 10.0)


def cross_entropy(z: Array, t: Array) -> Array:
    return logsumexp(z) - jnp.sum(t * z)


def label_probability(z: Array, t: Array) -> Array:
    return jnp.sum(t * softmax(z))


def smoothed(z: Array, weights: Array) -> Array:
    return -jnp.sum(weights * log_softmax(z))


def nll_of_softmax(logits: Array, labels: Array) -> Array:
    """The mean over a batch, with the functions of PyTorch in mind."""
    log_p = log_softmax(softmax(logits))
    return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], axis=1))


def nll_of_probabilities(logits: Array, labels: Array) -> Array:
    return -jnp.mean(softmax(logits)[jnp.arange(labels.size), labels])


def dice(z: Array, t: Array) -> Array:
    p = softmax(z)
    return 2 * jnp.sum(p * t) / (jnp.sum(p**2) + jnp.sum(t**2))


def keras_on_logits(z: Array, t: Array) -> Array:
    """The categorical cross-entropy of Keras takes outputs for probabilities."""
    p = jnp.clip(z / jnp.sum(z), 1e-7, 1 - 1e-7)
    return -jnp.sum(t * jnp.log(p))


def sparse_keras_on_logits(z: Array, t: Array) -> Array:
    log_p = log_softmax(jnp.log(jnp.clip(z, 1e-7, 1 - 1e-7)))
    return -jnp.sum(t * log_p)


def one_target_for_all(logits: Array, labels: Array) -> Array:
    """Targets made with the shape of the labels, all of them class 1."""
    targets = one_hot(jnp.ones_like(labels), logits.shape[1], dtype=logits.dtype)
    return -jnp.sum(targets * log_softmax(logits), axis=1)


def hinge_with_zeros(logits: Array, labels: Array) -> Array:
    """The hinge of one logit needs -1 and 1, and gets 0 and 1."""
    return jnp.mean(relu(1 - labels * logits))


def negative_weight(z: Array, t: Array) -> Array:
    """A weight that is meant to shrink for frequent labels goes below 0."""
    counts = jnp.asarray(COUNTS, z.dtype)
    return jnp.sum(t * (1 - counts / 300)) * cross_entropy(z, t)


BROKEN = {
    "nll of log_softmax of softmax, mean of a batch": Broken(
        nll_of_softmax,
        ("softmax applied twice",),
        "github.com/Lightning-Universe/lightning-bolts/issues/654",
    ),
    "softmax in the network and label smoothing in the loss": Broken(
        lambda z, t: smoothed(softmax(z), 0.9 * t + 0.1 / t.size),
        ("softmax applied twice", "never certain"),
        "github.com/nfmcclure/tensorflow_cookbook/issues/87",
    ),
    "sigmoid before cross-entropy": Broken(
        lambda z, t: cross_entropy(sigmoid(z), t),
        ("never certain", "softmax applied twice"),
        "github.com/eriklindernoren/PyTorch-YOLOv3/issues/10",
    ),
    "sigmoid before cross-entropy, two classes": Broken(
        lambda z, t: cross_entropy(sigmoid(z), t),
        ("never certain", "softmax applied twice"),
        "github.com/opendataval/opendataval/issues/25",
        {"num_classes": 2},
    ),
    "tanh on the last layer": Broken(
        lambda z, t: cross_entropy(jnp.tanh(z), t),
        ("never certain", "softmax applied twice"),
        "github.com/ufal/neuralmonkey/pull/489",
    ),
    "sigmoid twice": Broken(
        lambda z, t: jnp.sum(softplus(sigmoid(z)) - t * sigmoid(z)),
        ("never certain", "softmax applied twice"),
        "github.com/itakurah/focal-loss-pytorch/pull/5",
    ),
    "nll of probabilities, mean of a batch": Broken(
        nll_of_probabilities,
        ("logarithm missing",),
        "github.com/midas-research/man-sf-emnlp/issues/2",
    ),
    "divergence of probabilities for their logarithms": Broken(
        lambda z, t: jnp.sum(t * (jnp.log(jnp.maximum(t, 1e-9)) - softmax(z))),
        ("logarithm missing",),
        "github.com/microsoft/ProDA/issues/20",
    ),
    "exponential of minus a probability": Broken(
        lambda z, t: jnp.exp(-label_probability(z, t)),
        ("logarithm missing",),
        "github.com/somijeong/MGUIT/issues/2",
    ),
    "mean over the classes, from a divergence": Broken(
        lambda z, t: jnp.mean(t * (jnp.log(jnp.maximum(t, 1e-9)) - log_softmax(z / 4))),
        ("mean taken inside",),
        "github.com/haitongli/knowledge-distillation-pytorch/issues/2",
    ),
    "1 + p in the logarithm": Broken(
        lambda z, t: -jnp.log1p(label_probability(z, t)),
        ("epsilon inside the logarithm",),
        "own",
    ),
    "probability clipped at both ends": Broken(
        lambda z, t: -jnp.sum(t * jnp.log(jnp.clip(softmax(z), 1e-7, 1 - 1e-7))),
        ("clipped probability",),
        "github.com/keras-team/keras/issues/17634",
    ),
    "logits taken for probabilities": Broken(
        keras_on_logits,
        ("logits taken for probabilities",),
        "github.com/TrickyGo/Dive-into-DL-TensorFlow2.0/issues/64",
    ),
    "logits taken for probabilities, sparse": Broken(
        sparse_keras_on_logits,
        ("logits taken for probabilities",),
        "github.com/keras-team/keras/issues/11801",
    ),
    "nll of raw logits": Broken(
        lambda z, t: -jnp.sum(t * z),
        ("one class only",),
        "github.com/yanx27/Pointnet_Pointnet2_pytorch/issues/30",
    ),
    "dice score for a loss": Broken(
        dice,
        ("wrong sign",),
        "github.com/IAmSuyogJadhav/"
        "3d-mri-brain-tumor-segmentation-using-autoencoder-regularization/issues/7",
    ),
    "score returned for the loss": Broken(
        lambda z, t: label_probability(z / 2, t) ** 2,
        ("wrong sign",),
        "github.com/chemprop/chemprop/issues/331",
    ),
    "focal loss without its minus": Broken(
        lambda z, t: jnp.sum(t * (1 - softmax(z)) ** 2 * log_softmax(z)),
        ("wrong sign",),
        "github.com/pytorch/vision/issues/8519",
    ),
    "log of the complement": Broken(
        lambda z, t: logsumexp(z) - logsumexp(z, b=1 - t),
        ("wrong sign",),
        "own",
    ),
    "focal factor of the probability itself": Broken(
        lambda z, t: -jnp.sum(t * softmax(z) ** 2 * log_softmax(z)),
        ("rewards being wrong", "wrong sign"),
        "own",
    ),
    "focal factor of the log-probability": Broken(
        lambda z, t: -jnp.sum(t * (1 - log_softmax(z)) ** 2 * log_softmax(z)),
        ("log-probability in the factor",),
        "github.com/HeyLynne/FocalLoss_for_multiclass/issues/3",
    ),
    "focal factor times gamma for a power": Broken(
        lambda z, t: -jnp.sum(t * (1 - softmax(z)) * 2 * log_softmax(z)),
        ("a known loss, scaled or with another parameter",),
        "github.com/fudannlp16/focal-loss/issues/2",
    ),
    "smoothing adds 1 / n": Broken(
        lambda z, t: smoothed(z, 0.9 * t + 1 / t.size),
        ("target does not sum to one",),
        "github.com/TimDettmers/ConvE/issues/55",
    ),
    "smoothing keeps the label's weight": Broken(
        lambda z, t: smoothed(z, (1 - 0.1 / t.size) * t + 0.1 / t.size),
        ("target does not sum to one",),
        "github.com/ildoonet/pytorch-randaugment/issues/30",
    ),
    "smoothing with n / (n - 1)": Broken(
        lambda z, t: smoothed(z, (1 - 0.2 * t.size / (t.size - 1)) * t + 0.2 / t.size),
        ("target does not sum to one",),
        "github.com/fastai/fastai/pull/1814",
    ),
    "smoothing with 1 - epsilon for epsilon": Broken(
        lambda z, t: smoothed(z, 0.9 * t + 0.9 / t.size),
        ("target does not sum to one",),
        "github.com/paiml/aprender/pull/2199",
    ),
    "smoothing with the wrong sign": Broken(
        lambda z, t: smoothed(2 * z, 1.1 * t - 0.1 / t.size),
        ("negative target weight",),
        "own",
    ),
    "margin taken from the rivals": Broken(
        lambda z, t: cross_entropy(20 * (z - 0.3 * (1 - t)), t),
        ("margin on the wrong side",),
        "own",
    ),
    "angle taken from the label's": Broken(
        lambda z, t: cross_entropy(
            16
            * jnp.where(
                t > 0, jnp.cos(jnp.arccos(jnp.clip(z, -0.999, 0.999)) - 0.3), z
            ),
            t,
        ),
        ("margin on the wrong side",),
        "own",
        {"domain": (-1, 1)},
    ),
    "epsilon in the normaliser": Broken(
        lambda z, t: (
            jnp.log(jnp.sum(jnp.exp(z - jnp.max(z))) + 0.01)
            + jnp.max(z)
            - jnp.sum(t * z)
        ),
        ("probability lost",),
        "own",
    ),
    "normaliser without the label": Broken(
        lambda z, t: logsumexp(z, b=1 - t) - jnp.sum(t * z),
        ("unbounded below",),
        "github.com/amazon-science/sccl/issues/27",
    ),
    "z-loss subtracted": Broken(
        lambda z, t: cross_entropy(z, t) - 1e-2 * logsumexp(z) ** 2,
        ("unbounded below",),
        "own",
    ),
    "one target for all labels": Broken(
        one_target_for_all,
        ("label ignored",),
        "github.com/liuruijin17/LSTR/issues/50",
    ),
    "classes counted from the end": Broken(
        lambda z, t: cross_entropy(z, t[::-1]),
        ("wrong label convention",),
        "own",
    ),
    "class number added to the logits": Broken(
        lambda z, t: (jnp.argmax(t) - jnp.sum(softmax(z) * jnp.arange(t.size))) ** 2,
        ("labels as numbers",),
        "own",
        {"num_classes": 10},
    ),
    "hinge of one logit with labels 0 and 1": Broken(
        hinge_with_zeros,
        ("targets of -1 and 1",),
        "github.com/bfortuner/ml-glossary/pull/113",
        {"num_classes": 1},
    ),
    "logistic loss of targets 0 and 1": Broken(
        lambda z, t: jnp.sum(softplus(-t * z)),
        ("targets of -1 and 1",),
        "github.com/bfortuner/ml-glossary/pull/113",
    ),
    "a weight of 0": Broken(
        lambda z, t: (1 - t[2]) * cross_entropy(z, t),
        ("label not taught",),
        "own",
        {"num_classes": 10},
    ),
    "negative weight of a label": Broken(negative_weight, ("wrong sign",), "own"),
    "softmax over one unit": Broken(
        lambda logits, labels: -jnp.mean(jnp.sum(labels * log_softmax(logits), axis=1)),
        ("softmax over one unit",),
        "github.com/keras-team/keras/issues/500",
        {"num_classes": 1},
    ),
}
"""Losses by what is wrong with their formula."""
