"""Losses that were written later than the others, before a diagnosis had seen any of them."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import log_sigmoid, log_softmax, logsumexp, one_hot, sigmoid, softmax

from .broken_formulas import cross_entropy
from .broken_programs import rows
from .case import Broken, Healthy

WEIGHTS = (0.5, 1.0, 2.0, 4.0, 1.5)


def weight_in_the_factor(logits: Array, labels: Array) -> Array:
    """The probability of the focal factor comes from a cross-entropy with class weights."""
    losses = jnp.asarray(WEIGHTS, logits.dtype)[labels] * rows(logits, labels)
    return jnp.mean((1 - jnp.exp(-losses)) ** 2 * losses)


def focal_of_the_mean(logits: Array, labels: Array) -> Array:
    loss = jnp.mean(rows(logits, labels))
    return (1 - jnp.exp(-loss)) ** 2 * loss


def margin_not_passed_on(cosines: Array, labels: Array) -> Array:
    """What has the margin and the scale is computed, and the cosines are used."""
    sines = jnp.sqrt(jnp.maximum(1 - cosines**2, 1e-9))
    of_label = cosines * jnp.cos(0.5) - sines * jnp.sin(0.5)
    hot = one_hot(labels, cosines.shape[1], dtype=cosines.dtype)
    _ = 30 * (hot * of_label + (1 - hot) * cosines)
    return jnp.mean(rows(cosines, labels))


def logs_of_sigmoids(logits: Array, targets: Array) -> Array:
    p = sigmoid(logits)
    return -jnp.mean(targets * jnp.log(p) + (1 - targets) * jnp.log(1 - p))


def temperature_of_rivals(z: Array, t: Array) -> Array:
    return logsumexp(jnp.where(t > 0.5, z, z / 0.1)) - jnp.sum(t * z)


def distilled_without_logarithm(student: Array, teacher: Array) -> Array:
    p, q = softmax(student), softmax(teacher)
    return jnp.mean(jnp.sum(q * (jnp.log(q) - p), axis=-1))


def _with_rule(
    loss: Callable[[Array, Array], Array],
    derivative: Callable[[Array, Array, Array], Array],
) -> Callable[[Array, Array], Array]:
    """A loss with a rule of its own for its gradient."""
    ruled = jax.custom_vjp(loss)

    def forwards(z: Array, y: Array) -> tuple[Array, tuple[Array, Array]]:
        return loss(z, y), (z, y)

    def backwards(kept: tuple[Array, Array], pulled: Array) -> tuple[Array, None]:
        return derivative(*kept, pulled), None

    ruled.defvjp(forwards, backwards)
    return ruled


def _error(z: Array, y: Array) -> Array:
    return softmax(z) - one_hot(y, z.shape[-1], dtype=z.dtype)


def generalised(z: Array, t: Array, q: float) -> Array:
    return (1 - jnp.sum(t * softmax(z)) ** q) / q


def next_class(logits: Array, labels: Array) -> Array:
    """An index that is off by one, and cut off at the last class."""
    log_p = log_softmax(logits)
    return -jnp.mean(
        jnp.take_along_axis(log_p, labels[:, None] + 1, axis=1, mode="clip")
    )


def zero_for_a_mask(z: Array, y: Array) -> Array:
    masked = z * jnp.array([1.0, 1.0, 1.0, 1.0, 0.0], z.dtype)
    return logsumexp(masked) - masked[y]


BROKEN = {
    "weight inside the focal factor": Broken(
        weight_in_the_factor,
        ("weight inside the factor",),
        "github.com/gokulprasadthekkel/pytorch-multi-class-focal-loss/issues/1",
    ),
    "focal loss of the mean": Broken(
        focal_of_the_mean,
        ("examples influence each other",),
        "github.com/gokulprasadthekkel/pytorch-multi-class-focal-loss/issues/1",
    ),
    "margin computed and not used": Broken(
        margin_not_passed_on,
        ("has no effect",),
        "github.com/MccreeZhao/FR-Loss-on-Mnist/issues/2",
    ),
    "logarithms of sigmoids": Broken(
        logs_of_sigmoids,
        ("logarithm of a probability",),
        "github.com/huggingface/candle/issues/2561",
        {"num_classes": 1},
    ),
    "temperature of the rivals only": Broken(
        temperature_of_rivals,
        ("label scaled otherwise",),
        "github.com/RElbers/info-nce-pytorch/pull/17",
    ),
    "mean of targets times logs": Broken(
        lambda logits, targets: -jnp.mean(log_softmax(logits) * targets),
        ("mean taken inside",),
        "github.com/jax-ml/jax/issues/1023",
    ),
    "distillation without a logarithm": Broken(
        distilled_without_logarithm,
        ("logarithm missing",),
        "github.com/microsoft/ProDA/issues/43",
    ),
    "rule that ignores its cotangent": Broken(
        _with_rule(lambda z, y: logsumexp(z) - z[y], lambda z, y, _: _error(z, y)),
        ("gradient is not that of the loss",),
        "github.com/AI-Hypercomputer/maxtext/pull/4959",
    ),
    "rule that forgets the mean": Broken(
        _with_rule(
            lambda z, y: jnp.mean(rows(z, y)),
            lambda z, y, pulled: pulled * _error(z, y),
        ),
        ("gradient is not that of the loss",),
        "own",
    ),
    "present classes only": Broken(
        lambda logits, targets: (
            -jnp.mean(jnp.sum(targets * log_sigmoid(logits), axis=-1))
        ),
        ("one class only", "same logits for every label"),
        "own",
    ),
    "exponent of 0": Broken(partial(generalised, q=0.0), ("never finite",), "own"),
    "label off by one": Broken(next_class, ("wrong label convention",), "own"),
    "masked by a product": Broken(zero_for_a_mask, ("label differs",), "own"),
}
"""Losses with a fault."""

HEALTHY = {
    "temperature of 0.05": Healthy(
        lambda z, t: cross_entropy(z / 0.05, t),
        ("temperature",),
        "Gao et al. 2021, SimCSE",
    ),
    "logistic loss of signs": Healthy(
        lambda logit, sign: jnp.mean(jax.nn.softplus(-sign * logit)),
        (),
        "Hastie et al. 2009, section 10.6",
        {"num_classes": 1},
    ),
    "distillation at T = 4": Healthy(
        lambda student, teacher: (
            16
            * jnp.mean(
                jnp.sum(softmax(teacher / 4) * -log_softmax(student / 4), axis=-1)
            )
        ),
        ("temperature",),
        "Hinton et al. 2015",
    ),
}
"""Losses without one, of kinds that the other modules do not have."""
