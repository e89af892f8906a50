"""Healthy losses whose formula is not that of the textbook."""

import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax, logsumexp, relu, sigmoid, softmax, softplus

from .broken_formulas import COUNTS, cross_entropy, dice, label_probability, smoothed
from .case import Healthy


def sphere_face(cosines: Array, t: Array) -> Array:
    """The angle of the label times 4, continued so that it falls throughout."""
    angle = jnp.arccos(jnp.clip(cosines, -1 + 1e-6, 1 - 1e-6))
    part = jnp.floor(4 * angle / jnp.pi)
    moved = (1 - 2 * (part % 2)) * jnp.cos(4 * angle) - 2 * part
    mixed = (5 * cosines + moved) / 6
    return cross_entropy(30 * jnp.where(t > 0, mixed, cosines), t)


def asymmetric(z: Array, t: Array) -> Array:
    """Easy negatives, with probabilities below 0.05, are left out."""
    positive = softplus(-z)
    shifted = relu(sigmoid(z) - 0.05)
    negative = -(shifted**4) * jnp.log1p(-shifted)
    return jnp.sum(t * positive + (1 - t) * negative)


def margin_based_smoothing(z: Array, t: Array) -> Array:
    return cross_entropy(z, t) + 0.1 * jnp.sum(relu(jnp.max(z) - z - 10))


def logit_clip(z: Array, t: Array) -> Array:
    norm = jnp.sqrt(jnp.sum(z**2) + 1e-12)
    return cross_entropy(z * jnp.minimum(1, 20 / norm), t)


def squentropy(z: Array, t: Array) -> Array:
    return cross_entropy(z, t) + jnp.sum((1 - t) * z**2) / (t.size - 1)


def rescaled_square(z: Array, t: Array) -> Array:
    return jnp.mean((1 - t) * z**2 + 3 * t * (z - 5) ** 2)


def asymmetric_generalised(z: Array, t: Array) -> Array:
    return (2**0.5 - (1 + label_probability(z, t)) ** 0.5) / 0.5


def normalised_with_reverse(z: Array, t: Array) -> Array:
    log_p = log_softmax(z)
    normalised = jnp.sum(t * log_p) / jnp.sum(log_p)
    return normalised + 4 * (1 - label_probability(z, t))


def class_dependent_temperature(z: Array, t: Array) -> Array:
    counts = jnp.asarray(COUNTS, z.dtype)
    return cross_entropy(z * (counts / counts[0]) ** 0.3, t)


def balanced_softmax(z: Array, t: Array) -> Array:
    return cross_entropy(z + jnp.log(jnp.asarray(COUNTS, z.dtype)), t)


def distances_of_classes(z: Array, t: Array) -> Array:
    """The logarithm of 1 - p is that of the other classes' sum."""
    n = t.size
    others = jnp.where(jnp.eye(n, dtype=bool), -jnp.inf, z[None])
    log_complement = logsumexp(others, axis=1) - logsumexp(z)
    numbers = jnp.arange(n, dtype=z.dtype)
    return -jnp.sum(jnp.abs(numbers - jnp.sum(t * numbers)) ** 2 * log_complement)


def complement_entropy(z: Array, t: Array) -> Array:
    rivals = jnp.where(t > 0, -jnp.inf, z)
    q = softmax(rivals)
    log_q = jnp.where(t > 0, 0.0, log_softmax(rivals))
    return cross_entropy(z, t) + jnp.sum(q * log_q) / (t.size - 1)


def divergence(z: Array, teacher: Array) -> Array:
    """Distillation, with the factor that keeps the gradient's size."""
    kept = softmax(teacher / 3)
    return 9 * jnp.sum(kept * (log_softmax(teacher / 3) - log_softmax(z / 3)))


def sphere_of_cosines(z: Array, t: Array) -> Array:
    return cross_entropy(64 * (z - 0.35 * t), t)


def jensen_shannon(z: Array, t: Array) -> Array:
    """Between target and prediction, half and half; the logarithm of p where the target is 0."""
    log_p = log_softmax(z)
    p = jnp.exp(log_p)
    log_half = jnp.log(jnp.where(t > 0, (p + t) / 2, 1))
    of_prediction = p * (log_p - jnp.where(t > 0, log_half, log_p - jnp.log(2.0)))
    return (jnp.sum(of_prediction) - jnp.sum(t * log_half)) / 2


HEALTHY = {
    "detached shift": Healthy(
        lambda z, t: logsumexp(z - jnp.mean(z)) - jnp.sum(t * (z - jnp.mean(z))),
        (),
        "centred logits, own",
    ),
    "smoothing over the other classes": Healthy(
        lambda z, t: smoothed(z, 0.9 * t + 0.1 / (t.size - 1) * (1 - t)),
        (),
        "github.com/mindspore-ai/mindspore/issues/73",
    ),
    "hinge with the label in its sum": Healthy(
        lambda z, t: jnp.sum(relu(z - jnp.sum(t * z) + 1)),
        ("hinge",),
        "github.com/lightaime/cs231n/issues/9",
    ),
    "categorical hinge of Keras": Healthy(
        lambda z, t: relu(jnp.max((1 - t) * z) - jnp.sum(t * z) + 1),
        ("hinge",),
        "github.com/keras-team/keras/issues/8083",
    ),
    "constant inside the logarithm": Healthy(
        lambda z, t: -jnp.log(0.07) + cross_entropy(z / 0.07, t),
        ("temperature",),
        "github.com/drboog/Lafite/issues/25",
    ),
    "bits": Healthy(
        lambda z, t: cross_entropy(z, t) / jnp.log(2.0), (), "bits per symbol, own"
    ),
    "factor of temperatures": Healthy(
        lambda z, t: 0.1 / 0.07 * cross_entropy(z / 0.1, t),
        ("temperature",),
        "github.com/HobbitLong/SupContrast/issues/73",
    ),
    "SphereFace": Healthy(
        sphere_face,
        ("angular margin", "margin"),
        "Liu et al. 2017, SphereFace",
        {"domain": (-1, 1)},
    ),
    "CosFace of cosines": Healthy(
        sphere_of_cosines,
        ("margin", "temperature"),
        "Wang et al. 2018, CosFace",
        {"domain": (-1, 1)},
    ),
    "CosFace of unit rows": Healthy(
        sphere_of_cosines,
        ("margin", "temperature", "norm-invariant"),
        "Wang et al. 2018, CosFace",
        {"normalised": True, "num_classes": 10},
    ),
    "asymmetric loss": Healthy(
        asymmetric, ("bounded",), "Ridnik et al. 2021, ASL", {"normalizer": None}
    ),
    "margin-based label smoothing": Healthy(
        margin_based_smoothing, (), "Liu et al. 2022, MbLS"
    ),
    "logits clipped by norm": Healthy(
        logit_clip, ("bounded", "norm-invariant"), "Wei et al. 2023, LogitClip"
    ),
    "squentropy": Healthy(squentropy, (), "Hui et al. 2023, squentropy"),
    "rescaled square loss": Healthy(
        rescaled_square, (), "Hui and Belkin 2021, square loss", {"normalizer": None}
    ),
    "asymmetric generalised": Healthy(
        asymmetric_generalised, ("bounded",), "Zhou et al. 2021, AGCE"
    ),
    "normalised with reverse": Healthy(
        normalised_with_reverse, ("bounded",), "Ma et al. 2020, NCE + RCE"
    ),
    "Jensen-Shannon": Healthy(
        jensen_shannon, ("bounded",), "Englesson and Azizpour 2021, JS"
    ),
    "class-dependent temperature": Healthy(
        class_dependent_temperature,
        ("prior", "temperature", "top label missed"),
        "Ye et al. 2020, CDT",
    ),
    "balanced softmax": Healthy(
        balanced_softmax,
        ("prior", "top label missed"),
        "Ren et al. 2020",
    ),
    "corrected for sampling": Healthy(
        lambda z, t: cross_entropy(
            z - jnp.log(jnp.linspace(0.02, 0.3, t.size, dtype=z.dtype)), t
        ),
        ("prior", "top label missed"),
        "Yi et al. 2019, logQ correction",
        {"num_classes": 10},
    ),
    "distances of classes": Healthy(
        distances_of_classes,
        ("ordinal costs", "top label missed"),
        "Polat et al. 2022, CDW-CE",
    ),
    "complement entropy": Healthy(
        complement_entropy, (), "Chen et al. 2019, complement objective"
    ),
    "cross-entropy and dice": Healthy(
        lambda z, t: cross_entropy(z, t) + 1 - dice(z, t), (), "Isensee et al. 2018"
    ),
    "focal with smoothed target": Healthy(
        lambda z, t: (
            -jnp.sum((0.9 * t + 0.1 / t.size) * (1 - softmax(z)) ** 2 * log_softmax(z))
        ),
        (),
        "Mukhoti et al. 2020, with smoothing",
    ),
    "distillation of logits": Healthy(
        divergence,
        ("temperature",),
        "github.com/philschmid/"
        "knowledge-distillation-transformers-pytorch-sagemaker/issues/1",
    ),
    "steep temperature of CLIP": Healthy(
        lambda z, t: cross_entropy(100 * z, t),
        ("temperature",),
        "github.com/cfoster0/CLAP/issues/28",
        {"domain": (-1, 1)},
    ),
}
"""Healthy losses by their formula."""
