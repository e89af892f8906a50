"""What `training` measures: pairs, sizes of the batch, and how far training is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

import logitscape as ls

from .training_jax import MAPPED, OfBatch, cosface, squared_miss, textbook, z_loss

NUMBERS = 2 * 10**6
MIN_EXAMPLES = 8
CLASSES = (3, 10, 100, 1000, 10_000, 50_257, 128_256)
MARGIN = 10
"""By how much the label's logit is the largest where training is late."""

OF_LABEL = (
    "exponential",
    "generalized_cross_entropy",
    "mae",
    "hellinger",
    "focal",
    "poly1",
    "symmetric_cross_entropy",
    "clipped_cross_entropy",
    "partially_huberised_cross_entropy",
)
OF_ALL = (
    "spherical_score",
    "tsallis_score",
    "label_smoothing",
    "kl",
    "normalized_cross_entropy",
    "confidence_penalty",
    "jensen_shannon",
)
WITH_EXPONENTIAL = (
    "softmax(inverse_temperature=2)",
    "softmax_one",
    "softplus",
    "sigmoid",
    "sigsoftmax",
    "evidential(evidence='softplus')",
    "evidential(evidence='exp')",
)
WITHOUT_EXPONENTIAL = (
    "sum",
    "abs",
    "relu",
    "square",
    "spherical",
    "taylor",
    "stablemax",
    "evidential",
    "power(exponent=3)",
    "power(exponent=-2)",
)
OTHERS = ("tempered", "softpick", "sigmoid_attention")
"""Normalizers that weigh no class by itself, which have no rule."""
COMPILED = ("softmax + cross_entropy", "taylor + cross_entropy")
"""Pairs that `torch.compile` is measured on too: it takes half a minute for each size."""
POSITIVE = ("sum", "relu", "softpick")
"""Normalizers of logits that are not below 0, or that give those nothing."""


@dataclass(frozen=True)
class Row:
    """A loss in logitscape's form and in the textbook's.

    Attributes:
        name: Pair, or what else is measured.
        group: Class of pairs that it belongs to.
        ours: Function of logits [m, n] and labels [m], to be compiled.
        textbook: The same in the textbook's form.
        takes_marks: Whether they take marks, [m, n], in place of labels.
    """

    name: str
    group: str
    ours: Callable[..., Any]
    textbook: Callable[..., Any]
    takes_marks: bool = False

    @property
    def is_positive(self) -> bool:
        """Whether the logits must not be negative."""
        return self.name.startswith(POSITIVE)


@dataclass(frozen=True)
class Batch:
    """Logits [m, n] in single precision, and labels [m] or marks [m, n]."""

    logits: NDArray[Any]
    labels: NDArray[Any]


def rows() -> list[Row]:
    """Every loss that is measured."""
    found = [_pair("softmax", loss, "softmax + loss of p_y") for loss in OF_LABEL]
    found.insert(0, _pair("softmax", "cross_entropy", "softmax + cross_entropy"))
    found += [_pair("softmax", loss, "softmax + loss of all p") for loss in OF_ALL]
    found.append(_pair("softmax", "brier", "softmax + brier"))
    for kind, normalizers in (
        ("with an exponential", WITH_EXPONENTIAL),
        ("without an exponential", WITHOUT_EXPONENTIAL),
    ):
        for loss in ("cross_entropy", "brier"):
            group = f"others {kind} + {loss}"
            found += [_pair(normalizer, loss, group) for normalizer in normalizers]
    found += [
        _pair(x, "cross_entropy", "others without a rule + cross_entropy")
        for x in OTHERS
    ]
    found += [
        _pair(f"{logit_map} > softmax", "cross_entropy", "a logit map + softmax")
        for logit_map in MAPPED
    ]
    return found + _own_formulas() + _losses_of_logits() + _values_and_gradients()


def batch(n: int, numbers: int, is_late: bool, is_positive: bool) -> Batch:
    """A batch of standard normal logits, with random labels or confident and right.

    Args:
        n: Number of classes.
        numbers: Number of logits, about.
        is_late: Whether the label's logit is the largest by 10.
        is_positive: Whether to take the logits' magnitudes, and 0.01 more.
    """
    logits, labels = _early(n, numbers)
    if is_positive:
        logits = np.abs(logits) + np.float32(0.01)
    if is_late:
        logits[np.arange(len(labels)), labels] = logits.max(-1) + MARGIN
    return Batch(logits, labels)


def batch_of_marks(n: int, numbers: int, is_late: bool) -> Batch:
    """The same with marks, the label's and those of about a tenth of all classes."""
    logits, labels = _early(n, numbers)
    marks = np.random.default_rng(n + 1).random(logits.shape, np.float32) < 0.1
    marks[np.arange(len(labels)), labels] = True
    if is_late:
        logits += np.where(marks, np.float32(MARGIN), 0)
    return Batch(logits, marks.astype(np.float32))


def _early(n: int, numbers: int) -> tuple[NDArray[Any], NDArray[Any]]:
    random = np.random.default_rng(n)
    m = max(MIN_EXAMPLES, numbers // n)
    logits = random.standard_normal((m, n), dtype=np.float32)
    return logits, random.integers(0, n, m, dtype=np.int32)


def training_step(of_batch: OfBatch) -> Callable[[Array, Array], Any]:
    """Mean loss and its gradient, as a function of logits [m, n] and labels [m]."""

    def step(logits: Array, labels: Array) -> tuple[Array, Array]:
        return jax.value_and_grad(lambda z: of_batch(z, labels).mean())(logits)

    return step


def _pair(normalizer: str, loss: str, group: str) -> Row:
    pair = f"{normalizer} + {loss}"
    ours = training_step(ls.per_example(pair))
    return Row(pair, group, ours, training_step(textbook(normalizer, loss)))


def _own_formulas() -> list[Row]:
    """A normalizer and a loss that a user writes."""

    def one_plus_square(logits: Array) -> ls.Probs:
        return ls.normalize(jnp.log1p(logits**2))

    def missed(probs: ls.Probs, target: Array) -> Array:
        return (1 - jnp.sum(probs.p * target)) ** 2

    normalizer = ls.compose(one_plus_square, "cross_entropy")
    loss = ls.compose("softmax", missed)
    by_hand = training_step(textbook("1 + z^2", "cross_entropy"))
    return [
        Row(
            "1 + z^2 + cross_entropy",
            "a user's normalizer",
            training_step(ls.per_example(normalizer)),
            by_hand,
        ),
        Row(
            "softmax + (1 - p)^2",
            "a user's loss",
            training_step(ls.per_example(loss)),
            training_step(squared_miss),
        ),
    ]


def _losses_of_logits() -> list[Row]:
    return [
        Row(name, name, training_step(ls.per_example(name)), training_step(by_hand))
        for name, by_hand in (("z_loss", z_loss), ("cosface", cosface))
    ]


def _values_and_gradients() -> list[Row]:
    """`ls.value_and_grad`, beside the textbook's form of one example under `jax.vmap`."""
    found = []
    for normalizer, loss in (
        ("softmax", "cross_entropy"),
        ("softmax", "brier"),
        ("taylor", "cross_entropy"),
        ("spherical", "brier"),
    ):
        pair = f"{normalizer} + {loss}"
        by_vmap = partial(_of_every_example, textbook(normalizer, loss))
        name = f"value_and_grad: {pair}"
        found.append(Row(name, "value_and_grad", ls.value_and_grad(pair), by_vmap))
    return found


def _of_every_example(of_batch: OfBatch, logits: Array, labels: Array) -> Any:
    def of_example(z: Array, label: Array) -> Array:
        return of_batch(z[None], label[None])[0]

    return jax.vmap(jax.value_and_grad(of_example))(logits, labels)
