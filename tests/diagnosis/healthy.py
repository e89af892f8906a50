"""Healthy losses after public code and papers, each with its source and the design it follows.

None is a copy: each is the formula of its source for one example, [n] logits and target [n]
or a label, in which a diagnosis takes it.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.nn import log_softmax, logsumexp, sigmoid, softmax, softplus
from jax.scipy.special import digamma

N = 5
COUNTS = np.round(5000 * 0.01 ** (np.arange(N) / (N - 1)))
"""Examples of every class in the long-tailed CIFAR-10 of imbalance 100 (Cui 2019)."""


class Healthy(NamedTuple):
    """A healthy loss.

    Attributes:
        loss: Loss of one example.
        source: Where its formula comes from.
        design: Design by which it is recognised, if it is one of those.
        normalizer: Normalizer by which it predicts.
    """

    loss: Callable[..., Array]
    source: str
    design: str = ""
    normalizer: str | None = "softmax"


def weight_of(t: Array) -> Array:
    """The class-balanced weight of the label."""
    weights = (1 - 0.9999) / (1 - 0.9999**COUNTS)
    return jnp.sum(t * jnp.asarray(N * weights / weights.sum(), t.dtype))


def cross_entropy(z: Array, t: Array) -> Array:
    return -jnp.sum(t * log_softmax(z))


def class_balanced(z: Array, t: Array) -> Array:
    return weight_of(t) * cross_entropy(z, t)


def class_balanced_focal(z: Array, t: Array) -> Array:
    log_p = jnp.sum(t * log_softmax(z))
    focal = -((-jnp.expm1(log_p)) ** 2) * log_p
    return weight_of(t) * focal


def logit_adjusted(z: Array, t: Array) -> Array:
    prior = jnp.asarray(np.log(COUNTS / COUNTS.sum()), z.dtype)
    return cross_entropy(z + prior, t)


def label_distribution_aware_margin(z: Array, t: Array) -> Array:
    margins = COUNTS**-0.25
    margins = jnp.asarray(0.5 * margins / margins.max(), z.dtype)
    return cross_entropy(30 * (z - margins * t), t)


def weighted_margin(z: Array, t: Array) -> Array:
    return weight_of(t) * label_distribution_aware_margin(z, t)


def easy_angular_margin(cosines: Array, label: Array) -> Array:
    cosine = jnp.clip(cosines[label], -1 + 1e-7, 1 - 1e-7)
    moved = jnp.cos(jnp.arccos(cosine) + 0.4)
    kept = jnp.where(cosine > 0, moved, cosine)
    return -log_softmax(30 * cosines.at[label].set(kept))[label]


def vector_scaling(z: Array, t: Array) -> Array:
    scales = jnp.asarray((COUNTS / COUNTS.max()) ** 0.15, z.dtype)
    prior = jnp.asarray(1.25 * np.log(COUNTS / COUNTS.sum()), z.dtype)
    return cross_entropy(scales * z + prior, t)


def scaled_cosine_margin(cosines: Array, t: Array) -> Array:
    return cross_entropy(64 * (cosines - 0.35 * t), t)


def additive_angular_margin(cosines: Array, label: Array, m: float = 0.5) -> Array:
    cosine = jnp.clip(cosines[label], -1 + 1e-7, 1 - 1e-7)
    moved = cosine * float(np.cos(m)) - jnp.sqrt(1 - cosine**2) * float(np.sin(m))
    guarded = jnp.where(
        cosine > float(np.cos(np.pi - m)), moved, cosine - float(np.sin(np.pi - m)) * m
    )
    return -log_softmax(64 * cosines.at[label].set(guarded))[label]


def normalised_softmax(z: Array, t: Array) -> Array:
    return cross_entropy(20 * z / jnp.sqrt(jnp.sum(z**2) + 1e-12), t)


def logit_norm(z: Array, t: Array) -> Array:
    return cross_entropy(z / (jnp.linalg.norm(z) + 1e-7) / 0.04, t)


def bi_tempered(z: Array, t: Array, t1: float = 0.8, t2: float = 1.2) -> Array:
    """With fixed-point iterations for the normalizer, as in the authors' code."""
    top = jnp.max(z)

    def weight(a: Array) -> Array:
        return jnp.maximum(1 + (1 - t2) * a, 1e-30) ** (1 / (1 - t2))

    a = z - top
    scaled = a
    for _ in range(5):
        scaled = a * jnp.sum(weight(scaled)) ** (1 - t2)
    total = jnp.sum(weight(scaled))
    p = weight(a + (total ** (t2 - 1) - 1) / (1 - t2) * 1.0)

    def log_t1(x: Array) -> Array:
        return (x ** (1 - t1) - 1) / (1 - t1)

    entropy = jnp.sum(t * (log_t1(t + 1e-10) - log_t1(p)))
    return entropy - jnp.sum(t ** (2 - t1) - p ** (2 - t1)) / (2 - t1)


def symmetric_cross_entropy(z: Array, t: Array) -> Array:
    reverse = -jnp.sum(softmax(z) * jnp.log(jnp.clip(t, 1e-4, 1.0)))
    return 0.1 * cross_entropy(z, t) + reverse


def generalised_cross_entropy(z: Array, t: Array) -> Array:
    # As -expm1: the derivative of p^q is NaN where p is 0.
    return -jnp.expm1(0.7 * jnp.sum(t * log_softmax(z))) / 0.7


def taylor_cross_entropy(z: Array, t: Array) -> Array:
    miss = 1 - jnp.sum(t * softmax(z))
    return miss + miss**2 / 2 + miss**3 / 3


def poly1(z: Array, t: Array) -> Array:
    return cross_entropy(z, t) + 2 * (1 - jnp.sum(t * softmax(z)))


def focal(z: Array, t: Array) -> Array:
    log_p = jnp.sum(t * log_softmax(z))
    return -((-jnp.expm1(log_p)) ** 2) * log_p


def soft_capped(z: Array, t: Array) -> Array:
    return cross_entropy(30 * jnp.tanh(z / 30), t)


def tightly_soft_capped(z: Array, t: Array) -> Array:
    return cross_entropy(8 * jnp.tanh(z / 8), t)


def with_z_loss(z: Array, t: Array) -> Array:
    return cross_entropy(z, t) + 1e-4 * logsumexp(z) ** 2


def contrastive(z: Array, t: Array) -> Array:
    return cross_entropy(z / 0.07, t)


def evidential(z: Array, t: Array) -> Array:
    alpha = softplus(z) + 1
    return jnp.sum(t * (digamma(jnp.sum(alpha)) - digamma(alpha)))


def evidential_squares(z: Array, t: Array) -> Array:
    alpha = softplus(z) + 1
    total = jnp.sum(alpha)
    p = alpha / total
    return jnp.sum((t - p) ** 2 + p * (1 - p) / (total + 1))


def ranked_probability(z: Array, t: Array) -> Array:
    return jnp.sum((jnp.cumsum(softmax(z)) - jnp.cumsum(t)) ** 2)


def soft_ordinal(z: Array, t: Array) -> Array:
    classes = jnp.arange(N, dtype=z.dtype)
    distance = jnp.abs(classes - jnp.sum(t * classes))
    return -jnp.sum(softmax(-distance) * log_softmax(z))


def cumulative_ordinal(z: Array, t: Array) -> Array:
    """Of the first n - 1 logits; the last one is not used."""
    above = 1 - jnp.cumsum(t)[:-1]
    return jnp.sum(softplus(z[:-1]) - above * z[:-1])


def conditional_ordinal(z: Array, t: Array) -> Array:
    """Of the first n - 1 logits, each asked only of labels that passed those before it."""
    above = 1 - jnp.cumsum(t)[:-1]
    asked = jnp.concatenate([jnp.ones(1, z.dtype), above[:-1]])
    return jnp.sum(asked * (softplus(z[:-1]) - above * z[:-1]))


def summed_hinge(z: Array, t: Array) -> Array:
    return jnp.sum((1 - t) * jnp.maximum(0, 1 + z - jnp.sum(t * z)))


def huber_on_logits(z: Array, t: Array) -> Array:
    error = jnp.abs(z - t)
    return jnp.sum(jnp.where(error < 1, error**2 / 2, error - 0.5))


def smoothed(z: Array, t: Array) -> Array:
    return cross_entropy(z, 0.9 * t + 0.1 / N)


def weighted_smoothed(z: Array, t: Array) -> Array:
    return 2 * smoothed(z, t)


def binary_cross_entropies(z: Array, t: Array) -> Array:
    return jnp.sum(softplus(z) - t * z)


def binary_focal(z: Array, t: Array) -> Array:
    """The sum of sigmoid focal losses."""
    signed = jnp.where(t > 0.5, z, -z)
    alpha = jnp.where(t > 0.5, 0.25, 0.75)
    return jnp.sum(alpha * sigmoid(-signed) ** 2 * softplus(-signed))


def mean_absolute_error(z: Array, t: Array) -> Array:
    return jnp.sum(jnp.abs(softmax(z) - t))


def normalised_cross_entropy(z: Array, t: Array) -> Array:
    log_p = log_softmax(z)
    return jnp.sum(t * log_p) / jnp.sum(log_p)


def confidence_penalty(z: Array, t: Array) -> Array:
    log_p = log_softmax(z)
    return cross_entropy(z, t) + 0.1 * jnp.sum(jnp.exp(log_p) * log_p)


def large_margin_in_softmax(z: Array, t: Array) -> Array:
    """With the regularizer on the rivals."""
    rivals = jnp.where(t > 0, -jnp.inf, z)
    q = softmax(rivals)
    log_q = jnp.where(t > 0, 0.0, log_softmax(rivals))
    spread = 0.3 / 2 * jnp.sum((q - 1 / (N - 1) * (1 - t)) * log_q)
    return cross_entropy(z - 0.3 * t, t) + spread


def balanced_label_smoothing(z: Array, t: Array) -> Array:
    return weight_of(t) * smoothed(z, t)


def distilled(z: Array, t: Array) -> Array:
    return 4.0**2 * cross_entropy(z / 4.0, t)


HEALTHY: dict[str, Healthy] = {
    "class-balanced": Healthy(
        class_balanced, "Cui et al. 2019, class-balanced-loss", "class weights"
    ),
    "class-balanced focal": Healthy(
        class_balanced_focal, "Cui et al. 2019, class-balanced-loss", "class weights"
    ),
    "logit-adjusted": Healthy(
        logit_adjusted, "Menon et al. 2021, logit_adjustment", "prior"
    ),
    "LDAM": Healthy(
        label_distribution_aware_margin, "Cao et al. 2019, LDAM-DRW", "margin"
    ),
    "LDAM-DRW": Healthy(weighted_margin, "Cao et al. 2019, LDAM-DRW", "margin"),
    "ArcFace, easy margin": Healthy(
        easy_angular_margin, "Deng et al. 2019, insightface", "angular margin"
    ),
    "VS": Healthy(vector_scaling, "Kini et al. 2021, VS loss", "prior"),
    "CosFace": Healthy(scaled_cosine_margin, "Wang et al. 2018, CosFace", "margin"),
    "ArcFace": Healthy(
        additive_angular_margin, "Deng et al. 2019, insightface", "angular margin"
    ),
    "ArcFace, small margin": Healthy(
        partial(additive_angular_margin, m=0.2),
        "Deng et al. 2019, insightface",
        "angular margin",
    ),
    "NormFace": Healthy(
        normalised_softmax, "Wang et al. 2017, NormFace", "norm-invariant"
    ),
    "LogitNorm": Healthy(logit_norm, "Wei et al. 2022, LogitNorm", "norm-invariant"),
    "bi-tempered": Healthy(bi_tempered, "Amid et al. 2019, bi-tempered-loss"),
    "SCE": Healthy(symmetric_cross_entropy, "Wang et al. 2019, symmetric CE"),
    "GCE": Healthy(generalised_cross_entropy, "Zhang and Sabuncu 2018, GCE", "bounded"),
    "Taylor CE": Healthy(
        taylor_cross_entropy, "Feng et al. 2020, Taylor CE", "bounded"
    ),
    "MAE": Healthy(mean_absolute_error, "Ghosh et al. 2017, MAE", "bounded"),
    "NCE": Healthy(normalised_cross_entropy, "Ma et al. 2020, active-passive losses"),
    "poly1": Healthy(poly1, "Leng et al. 2022, PolyLoss"),
    "focal": Healthy(focal, "Lin et al. 2017, RetinaNet"),
    "soft cap": Healthy(soft_capped, "Gemma 2, final_logit_softcapping", "soft cap"),
    "tight soft cap": Healthy(
        tightly_soft_capped, "tighter than Gemma 2's", "soft cap"
    ),
    "z-loss": Healthy(with_z_loss, "Chowdhery et al. 2022, PaLM"),
    "CLIP": Healthy(contrastive, "Radford et al. 2021, CLIP", "temperature"),
    "distillation": Healthy(distilled, "Hinton et al. 2015", "temperature"),
    "evidential": Healthy(evidential, "Sensoy et al. 2018, with softplus", "", None),
    "evidential squares": Healthy(
        evidential_squares, "Sensoy et al. 2018, with softplus", "", None
    ),
    "RPS": Healthy(ranked_probability, "Epstein 1969; Hou et al. 2016, squared EMD"),
    "SORD": Healthy(soft_ordinal, "Diaz and Marathe 2019, SORD", "ordinal targets"),
    "CORN": Healthy(
        conditional_ordinal, "Shi et al. 2021, CORN", "ordinal thresholds", None
    ),
    "Weston-Watkins": Healthy(
        summed_hinge, "Weston and Watkins 1999", "hinge", "softmax"
    ),
    "cumulative": Healthy(
        cumulative_ordinal, "Cao et al. 2020, CORAL", "ordinal thresholds", None
    ),
    "Huber": Healthy(huber_on_logits, "Huber 1964, of logits", "", None),
    "label smoothing": Healthy(smoothed, "Szegedy et al. 2016"),
    "weighted label smoothing": Healthy(weighted_smoothed, "the same, twice"),
    "balanced label smoothing": Healthy(
        balanced_label_smoothing, "both of the above", "class weights"
    ),
    "BCE": Healthy(binary_cross_entropies, "BCEWithLogitsLoss", "", None),
    "sigmoid focal": Healthy(binary_focal, "torchvision sigmoid_focal_loss", "", None),
    "confidence penalty": Healthy(confidence_penalty, "Pereyra et al. 2017"),
    "LM-softmax": Healthy(
        large_margin_in_softmax, "Kobayashi 2019, large margin in softmax"
    ),
}
"""Healthy losses, by name."""
