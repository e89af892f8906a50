"""The answers about label noise, calibration, mixability and collapse; the numbers have tests of
their own in `tests/properties/test_report_card.py`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.nn import log_softmax, softmax

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.answers import Answer
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.domain import Domain
from logitscape._src.diagnosis.questions import QUESTIONS
from logitscape._src.diagnosis.subjects import subject, subject_of_gradient
from logitscape._src.diagnosis.within import within
from tests.diagnosis.collection.asking import REPORT_CARD as CARD

N = 4
CONFIG = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)


def usual(z: Array, t: Array) -> Array:
    return -log_softmax(z) @ t


def weighted(z: Array, t: Array) -> Array:
    return (jnp.arange(1.0, z.size + 1) @ t) * usual(z, t)


def hinge(z: Array, t: Array) -> Array:
    return jnp.max(z + 1 - t) - z @ t


def of_four_classes(z: Array, t: Array) -> Array:
    return usual(z + jnp.arange(4.0), t)


def in_numpy(z, t):
    p = np.exp(z - z.max())
    p /= p.sum()
    return -np.log(p @ t), p - t


@jax.custom_vjp
def fused(z: Array, t: Array) -> Array:
    """A kernel with a backward pass of its own, as fused losses have."""
    return usual(z, t)


fused.defvjp(
    lambda z, t: (fused(z, t), (z, t)),
    lambda kept, g: (g * (softmax(kept[0]) - kept[1]), jnp.zeros_like(kept[1])),
)


def card(about) -> dict[str, Answer]:
    with enable_x64(), np.errstate(all="ignore"):
        answers = {}
        for topic in CARD:
            (answers[topic],) = QUESTIONS[topic](about, CONFIG)
    return answers


def verdicts(about) -> tuple[str, ...]:
    return tuple(answer.verdict for answer in card(about).values())


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (
            "softmax + cross_entropy",
            (
                "not robust to label noise",
                "quadratic",
                "mixable",
                "collapses by underflow",
            ),
        ),
        (
            usual,
            ("not robust to label noise", "quadratic", "mixable", "collapses early"),
        ),
        (
            "softmax + mae",
            (
                "robust to label noise",
                "linear",
                "not mixable",
                "collapses by underflow",
            ),
        ),
        (
            "sum + generalized_cross_entropy",
            (
                "partly robust to label noise",
                "quadratic",
                "mixable",
                "does not collapse",
            ),
        ),
        (
            hinge,
            ("not robust to label noise", "linear", "not mixable", "does not collapse"),
        ),
        (
            weighted,
            (
                "not robust to label noise",
                "not calibrated",
                "mixable",
                "collapses early",
            ),
        ),
    ],
)
def test_the_card_of_a_loss(loss, expected: tuple[str, ...]) -> None:
    answers = card(subject(loss, num_classes=N))
    assert tuple(answer.verdict for answer in answers.values()) == expected
    # They are facts, and alarm nobody.
    assert {answer.severity for answer in answers.values()} <= {"fine", "note"}


def test_an_early_collapse_has_a_witness_and_the_margins_of_both_dtypes() -> None:
    answer = card(subject(usual, num_classes=N))["collapse margin"]
    assert answer.witness is not None
    assert answer.witness.logits[0] == answer.number
    margins = {name: each["margin"] for name, each in answer.details.items()}
    assert margins["bfloat16"] < 9 < 16 < margins["float32"] < 19


def test_what_cannot_be_asked_says_why() -> None:
    fixed = card(subject(of_four_classes, num_classes=N))
    assert "two classes" in fixed["calibration exponent"].text
    assert fixed["mixability"].verdict == "mixable"
    cosines = within(subject(usual, num_classes=N), Domain(-1.0, 1.0))
    found = card(cosines)
    assert "from -1 to 1" in found["mixability"].text
    # Within these logits the sum over the labels has bounds.
    assert found["noise robustness"].verdict == "partly robust to label noise"


def test_a_loss_of_numpy_has_a_card_but_for_its_curvature() -> None:
    with enable_x64():
        about = subject_of_gradient(
            in_numpy, num_classes=N, normalizer="softmax", form=None, name=None
        )
    answers = card(about)
    assert answers["noise robustness"].verdict == "not robust to label noise"
    assert answers["calibration exponent"].verdict == "quadratic"
    assert answers["mixability"].verdict == "not asked"


def test_a_loss_without_second_derivatives_has_the_rest_of_the_card() -> None:
    answers = card(subject(fused, num_classes=N))
    assert answers["mixability"].verdict == "undecided"
    assert "no second derivatives" in answers["mixability"].text
    others = {answers[topic].verdict for topic in CARD if topic != "mixability"}
    assert not others & {"undecided", "could not be measured"}
