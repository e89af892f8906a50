"""Every fault of a broken loss is named, with a witness; a healthy loss raises no alarm."""

import jax
import numpy as np
import pytest

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.questions import (
    consistency,
    design,
    identity,
    mistakes,
)
from logitscape._src.diagnosis.questions.known_designs import known_designs
from logitscape._src.diagnosis.questions.recognition import recognition
from logitscape._src.diagnosis.subjects import subject
from tests.diagnosis import broken
from tests.diagnosis.collection.asking import answers_about as answers_of
from tests.shares import share

N = 10
WITHOUT_WITNESS = {
    "label smoothing",
    "squared error after softmax",
    "examples influence each other",
}


def answers_about(name: str):
    """The answers to the two questions that name faults."""
    case = broken.BROKEN[name]
    config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
    about = subject(case.loss, num_classes=N, normalizer=case.normalizer)
    return [*mistakes.answers(about, config), *consistency.answers(about, config)]


@pytest.mark.parametrize("name", share(broken.BROKEN, one_in=10))
def test_a_broken_loss_is_named(name: str) -> None:
    with enable_x64(), np.errstate(all="ignore"):
        answers = {answer.verdict: answer for answer in answers_about(name)}
    verdict = broken.BROKEN[name].verdict
    assert verdict in answers
    assert answers[verdict].severity in ("fault", "trade", "note")
    assert verdict in WITHOUT_WITNESS or answers[verdict].witness is not None


@pytest.mark.parametrize("name", share(broken.HEALTHY, one_in=10))
def test_a_healthy_loss_raises_no_alarm(name: str) -> None:
    source, normalizer = broken.HEALTHY[name]
    answers = answers_of(source, {"normalizer": normalizer, "num_classes": N})
    alarms = {
        answer.verdict for answer in answers if answer.severity in ("fault", "trade")
    }
    # A margin has its price, which is no fault.
    assert alarms <= ({"margin"} if "margin" in name else set())


@pytest.mark.parametrize("offset", [0.3, 2.0])
def test_a_margin_is_measured(offset: float) -> None:
    def margin(z, t):
        return broken.plain_cross_entropy(z - offset * t, t)

    config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
    (answer,) = design.answers(subject(margin, num_classes=N), config)
    assert (answer.verdict, answer.severity) == ("margin", "trade")
    assert answer.number == pytest.approx(offset, rel=1e-6)


@pytest.mark.parametrize("epsilon", [1e-9, 1e-7, 1e-3])
@pytest.mark.parametrize("clip", [True, False])
def test_the_epsilon_is_measured(epsilon: float, clip: bool) -> None:
    def loss(z, t):
        p = jax.nn.softmax(z)
        kept = jax.numpy.clip(p, epsilon, 1) if clip else p + epsilon
        return -jax.numpy.sum(t * jax.numpy.log(kept))

    config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
    (answer,) = mistakes.answers(subject(loss, num_classes=N), config)
    assert answer.verdict == (
        "clipped probability" if clip else "epsilon inside the logarithm"
    )
    assert answer.number == pytest.approx(epsilon, rel=1e-6)


def test_the_witness_of_a_clip_shows_a_dead_gradient() -> None:
    config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
    about = subject(broken.clamped_probabilities, num_classes=N)
    (answer,) = mistakes.answers(about, config)
    assert answer.witness is not None
    values = evaluate(about, [answer.witness.logits], [answer.witness.target])
    assert not values.gradient.any()
    assert values.loss > 10


def test_many_classes_raise_no_false_alarm() -> None:
    """As many unknowns as points would fit anything."""
    config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=150), 150)
    for spec in (
        "softmax + cross_entropy",
        "one_vs_rest",
        "softmax + focal",
        "crammer_singer",
        "softmax + brier",
    ):
        verdicts = [
            answer.verdict
            for answer in mistakes.answers(subject(spec, num_classes=150), config)
        ]
        assert verdicts == (
            ["squared error after softmax"]
            if spec == "softmax + brier"
            else ["none recognised"]
        ), spec


WEIGHTS = np.linspace(1, 3, N)


def class_weights(z, t):
    return jax.numpy.sum(t * WEIGHTS) * broken.plain_cross_entropy(z, t)


def logit_adjustment(z, t):
    return broken.plain_cross_entropy(z - np.log(WEIGHTS), t)


def constant(z, t):
    return jax.numpy.zeros((), z.dtype)


def nan_when_equal(z, t):
    return broken.plain_cross_entropy(z, t) + 1e-3 * jax.numpy.linalg.norm(z - z[0])


def nan_for_a_label(z, t):
    return broken.plain_cross_entropy(z, t) + jax.numpy.where(
        t[5] > 0, jax.numpy.nan, 0.0
    )


def deaf_to_a_label(z, t):
    return (1 - t[3]) * broken.plain_cross_entropy(z, t)


@pytest.mark.parametrize(
    ("loss", "verdict", "severity"),
    [
        (constant, "none recognised", "fine"),
        (nan_when_equal, "not finite at equal logits", "fault"),
        (nan_for_a_label, "not finite for a label", "fault"),
        (deaf_to_a_label, "label not taught", "fault"),
        # Labels whose logits the normalizer gives no probability are not labels apart.
        ("relu + cross_entropy", "not finite at equal logits", "trade"),
        ("sparsemax + hellinger", "none recognised", "fine"),
    ],
)
def test_what_is_meant_and_what_is_not(loss, verdict: str, severity: str) -> None:
    config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
    with enable_x64(), np.errstate(all="ignore"):
        (answer,) = mistakes.answers(subject(loss, num_classes=N), config)
    assert (answer.verdict, answer.severity) == (verdict, severity)


def weighted_focal_with_margins(z, t):
    margins = np.linspace(0.1, 0.4, N)
    scores = 5 * (z - t * margins)
    p = jax.numpy.sum(t * jax.nn.softmax(scores))
    weight = jax.numpy.sum(t * WEIGHTS)
    return weight * (1 - p) ** 2 * broken.plain_cross_entropy(scores, t)


@pytest.mark.parametrize(
    ("loss", "phrases"),
    [
        (class_weights, {"class weights": "with class weights from"}),
        (logit_adjustment, {"prior": "with constants from"}),
        (
            weighted_focal_with_margins,
            {
                "class weights": "class weights from",
                "margin": "a margin from 0.1 to 0.4",
            },
        ),
        (
            lambda z, t: broken.plain_cross_entropy(z / 0.07, t),
            {"temperature": "at T = 0.07"},
        ),
    ],
)
def test_a_fact_has_one_place(loss, phrases: dict[str, str]) -> None:
    config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
    about = subject(loss, num_classes=N)
    with enable_x64(), np.errstate(all="ignore"):
        designs = {a.verdict: a for a in design.answers(about, config)}
        (what, *_) = identity.answers(about, config)
        (mistake,) = mistakes.answers(about, config)
        recognised = recognition(about, config)
    assert mistake.verdict == "none recognised"
    prices = {found.name: found.price for found in known_designs(recognised)}
    for name, phrase in phrases.items():
        # The numbers stand in the sentence that says what the loss is, and the price here.
        assert phrase in what.text
        assert designs[name].text == prices.get(name, designs[name].text)
