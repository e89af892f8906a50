"""Losses of kinds that a fifth round of unseen ones had missed, or that had raised an alarm."""

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import log_sigmoid, log_softmax, one_hot, relu, sigmoid, softplus

from .broken_programs import rows
from .case import Broken, Healthy

COSINES = {"domain": (-1.0, 1.0), "num_classes": 10}
ONE_LOGIT = {"num_classes": 1}
YES_OR_NO = {"form": "multi-label"}


def _unit(x: Array) -> Array:
    return x / jnp.linalg.norm(x, axis=-1, keepdims=True)


def _similarities(a: Array, b: Array) -> Array:
    both = jnp.concatenate([_unit(a), _unit(b)])
    return both @ both.T / 0.5


def _of_pairs(similarities: Array) -> Array:
    """The mean over the rows of two views, whose matches are n rows apart."""
    count = len(similarities)
    matches = (jnp.arange(count) + count // 2) % count
    log_p = log_softmax(similarities)
    return -jnp.mean(log_p[jnp.arange(count), matches])


def diagonal_left_in(a: Array, b: Array) -> Array:
    return _of_pairs(_similarities(a, b))


def diagonal_masked(a: Array, b: Array) -> Array:
    s = _similarities(a, b)
    return _of_pairs(jnp.where(jnp.eye(len(s), dtype=bool), -1e9, s))


def margin_in_degrees(
    cosines: Array, labels: Array, s: float = 30.0, m: float = 28.6
) -> Array:
    t = one_hot(labels, cosines.shape[1])
    angles = jnp.arccos(jnp.clip(cosines, -1 + 1e-6, 1 - 1e-6))
    return rows(s * jnp.cos(angles + m * t), labels).mean()


def column_and_row(logits: Array, labels: Array) -> Array:
    return jnp.mean((sigmoid(logits.reshape(-1, 1)) - labels.reshape(-1)) ** 2)


def column_and_row_of_logits(logits: Array, labels: Array) -> Array:
    z, y = logits.reshape(-1, 1), labels.reshape(-1)
    return jnp.mean(softplus(z) - y * z)


def one_minus_logit(logits: Array, levels: Array) -> Array:
    each = log_sigmoid(logits) * levels + log_sigmoid(1 - logits) * (1 - levels)
    return -jnp.mean(jnp.sum(each, 1))


def sigmoid_in_the_head(logits: Array, targets: Array) -> Array:
    p = sigmoid(logits)
    return jnp.mean(softplus(p) - targets * p)


def sigmoid_of_one_logit(logit: Array, target: Array) -> Array:
    p = sigmoid(logit)
    return jnp.mean(softplus(p) - target * p)


def dice_of_predictions(logits: Array, labels: Array) -> Array:
    n = logits.shape[-1]
    predicted, t = one_hot(logits.argmax(-1), n), one_hot(labels, n)
    return 1 - jnp.mean(jnp.sum(predicted * t, -1))


def smoothing_not_used(
    logits: Array, labels: Array, label_smoothing: float = 0.1
) -> Array:
    return rows(logits, labels).mean()


def smoothing_by_logits(logits: Array, labels: Array) -> Array:
    return jnp.mean(0.9 * rows(logits, labels) - 0.1 * logits.mean(-1))


def rivals_kept_above(similarities: Array) -> Array:
    """A margin of 0 that is meant for distances."""
    matches = jnp.eye(len(similarities), dtype=bool)
    return jnp.mean(jnp.where(matches, relu(1 - similarities), relu(-similarities)))


def log_of_sigmoid(chosen: Array, rejected: Array) -> Array:
    return -jnp.mean(jnp.log(sigmoid(chosen - rejected)))


def rejected_first(chosen: Array, rejected: Array) -> Array:
    return -jnp.mean(log_sigmoid(rejected - chosen))


def bradley_terry(chosen: Array, rejected: Array) -> Array:
    return -jnp.mean(log_sigmoid(chosen - rejected))


def squared_preference(chosen: Array, rejected: Array) -> Array:
    return jnp.mean((chosen - rejected - 1 / (2 * 0.1)) ** 2)


def preference_with_margin(chosen: Array, rejected: Array) -> Array:
    return jnp.mean(softplus(-(2.5 * (chosen - rejected) - 1.4)))


def circle(cosines: Array, labels: Array) -> Array:
    """The weights of the pairs are detached, as in the paper."""
    t = one_hot(labels, cosines.shape[1])
    margin, scale = 0.25, 64.0
    fixed = jax.lax.stop_gradient(cosines)
    of_label = -scale * relu(1 + margin - fixed) * (cosines - (1 - margin))
    of_rivals = scale * relu(fixed + margin) * (cosines - margin)
    rivals = jnp.where(t > 0, -jnp.inf, of_rivals)
    label = jnp.sum(t * of_label, 1)
    return jnp.mean(softplus(jax.nn.logsumexp(rivals, 1) + label))


BROKEN = {
    "diagonal left in the normaliser": Broken(
        diagonal_left_in,
        ("own similarity in the normaliser",),
        "github.com/Lightning-Universe/lightning-bolts/issues/695",
    ),
    "angular margin in degrees": Broken(
        margin_in_degrees, ("angle in degrees",), "own", COSINES
    ),
    "logits [N, 1] beside labels [N]": Broken(
        column_and_row,
        ("labels broadcast",),
        "github.com/pytorch/pytorch/issues/16045",
        ONE_LOGIT,
    ),
    "cross-entropy of [N, 1] beside [N]": Broken(
        column_and_row_of_logits,
        ("labels broadcast",),
        "github.com/LAMDA-Tabular/TALENT/pull/92",
        ONE_LOGIT,
    ),
    "1 - z for -z": Broken(
        one_minus_logit,
        ("no is not 1 - yes",),
        "github.com/Raschka-research-group/coral-cnn/issues/9",
        YES_OR_NO,
    ),
    "sigmoid in the head, every class": Broken(
        sigmoid_in_the_head,
        ("never certain",),
        "github.com/argusswift/YOLOv4-pytorch/issues/89",
        YES_OR_NO,
    ),
    "sigmoid in the head, one logit": Broken(
        sigmoid_of_one_logit,
        ("never certain",),
        "github.com/Turoad/lanedet/issues/32",
        ONE_LOGIT,
    ),
    "dice of predicted classes": Broken(
        dice_of_predictions,
        ("dies", "constant"),
        "github.com/tensorlayer/TensorLayer/issues/891",
        {"num_classes": 10},
    ),
    "smoothing accepted and not used": Broken(
        smoothing_not_used,
        ("has no effect",),
        "github.com/dice-group/dice-embeddings/pull/458",
    ),
    "smoothing by the mean of the logits": Broken(
        smoothing_by_logits,
        ("unbounded below",),
        "github.com/facebookresearch/fairseq/issues/3911",
    ),
    "margin of distances for similarities": Broken(
        rivals_kept_above,
        ("pushes a rival up",),
        "github.com/KevinMusgrave/pytorch-metric-learning/issues/246",
        {"form": "similarities", "domain": (-1.0, 1.0)},
    ),
    "log of the sigmoid of a preference": Broken(
        log_of_sigmoid,
        ("logarithm of a probability",),
        "github.com/deepspeedai/DeepSpeedExamples/pull/501",
    ),
    "preference of what is rejected": Broken(rejected_first, ("wrong sign",), "own"),
}
"""Losses of which the fifth round missed the cause, and their like."""

HEALTHY = {
    "NT-Xent with a masked diagonal": Healthy(
        diagonal_masked,
        ("temperature", "norm-invariant", "not finite at equal logits"),
        "Chen et al. 2020, SimCLR",
    ),
    "scores of two answers": Healthy(
        bradley_terry, (), "Ouyang et al. 2022, reward models", {"normalizer": None}
    ),
    "squared preference": Healthy(
        squared_preference, (), "Azar et al. 2023, IPO", {"normalizer": None}
    ),
    "preference with a margin": Healthy(
        preference_with_margin,
        ("margin", "temperature"),
        "Meng et al. 2024, SimPO",
        {"normalizer": None},
    ),
    "circle loss of cosines": Healthy(
        circle,
        ("parts held constant", "margin", "temperature"),
        "Sun et al. 2020, circle loss",
        COSINES,
    ),
}
"""Healthy losses of the kinds that raised an alarm."""
