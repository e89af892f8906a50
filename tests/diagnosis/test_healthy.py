"""Healthy losses have no fault, and the designs among them are recognised with their numbers."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.nn import log_softmax, one_hot

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.answers import Answer, Witness
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.designs.design import Design, predicts
from logitscape._src.diagnosis.designs.recognition import designs_of, explained
from logitscape._src.diagnosis.questions import QUESTIONS
from logitscape._src.diagnosis.subject import Subject
from logitscape._src.diagnosis.subjects import subject
from tests.diagnosis import broken, healthy
from tests.diagnosis.collection.asking import TOPICS
from tests.diagnosis.healthy import HEALTHY, N, cross_entropy
from tests.shares import share

CONFIG = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)


def subject_of(name: str) -> Subject:
    case = HEALTHY[name]
    return subject(case.loss, num_classes=N, normalizer=case.normalizer)


def answers_about(about: Subject, topics: list[str]) -> list[Answer]:
    """The answers as a diagnosis gives them, with what the designs explain."""
    answers = list[Answer]()
    with enable_x64(), np.errstate(all="ignore"):
        for topic in topics:
            found = list(QUESTIONS[topic](about, CONFIG))
            answers += explained(found, about, CONFIG)
    return answers


def designs(loss, normalizer: str | None = "softmax") -> dict[str, Design]:
    with enable_x64(), np.errstate(all="ignore"):
        about = subject(loss, num_classes=N, normalizer=normalizer)
        return {design.name: design for design in designs_of(about, CONFIG)}


@pytest.mark.parametrize("name", share(HEALTHY, one_in=16))
def test_a_healthy_loss_has_no_fault(name: str) -> None:
    topics = list(TOPICS)
    if HEALTHY[name].design:
        # Its gradient may fade, so that a correction takes long.
        topics.append("correction")
    answers = answers_about(subject_of(name), topics)
    faults = [
        (answer.question, answer.verdict, answer.text)
        for answer in answers
        if answer.severity == "fault"
    ]
    assert not faults


@pytest.mark.parametrize(
    "name", share((name for name in HEALTHY if HEALTHY[name].design), one_in=10)
)
def test_a_design_is_recognised(name: str) -> None:
    case = HEALTHY[name]
    assert case.design in designs(case.loss, case.normalizer)


@pytest.mark.parametrize(
    "name",
    ["plain_cross_entropy", "batched_cross_entropy", "z_loss", "one_vs_rest"],
)
def test_what_has_no_design_gets_none(name: str) -> None:
    assert not designs(*broken.HEALTHY[name])


@pytest.mark.parametrize("cap", [3.0, 17.3, 50.0])
def test_the_soft_cap_is_measured(cap: float) -> None:
    found = designs(lambda z, t: cross_entropy(cap * jnp.tanh(z / cap), t))
    assert found["soft cap"].number == pytest.approx(cap, rel=1e-3)


@pytest.mark.parametrize("temperature", [0.01, 0.05, 0.5, 20.0])
def test_the_temperature_is_measured(temperature: float) -> None:
    found = designs(lambda z, t: cross_entropy(z / temperature, t))
    assert list(found) == ["temperature"]
    assert found["temperature"].number == pytest.approx(temperature, rel=1e-5)


@pytest.mark.parametrize("power", [1.0, 0.3])
def test_a_prior_is_measured_whatever_the_loss_does_with_p(power: float) -> None:
    prior = np.linspace(-1.5, 2.0, N)

    def loss(z: Array, t: Array) -> Array:
        p = jnp.exp(jnp.sum(t * log_softmax(z + prior)))
        return (1 - p**power) / power

    assert designs(loss)["prior"].number == pytest.approx(3.5, rel=1e-4)


@pytest.mark.parametrize("margin", [0.1, 0.35])
@pytest.mark.parametrize("scale", [1.0, 64.0])
def test_a_margin_is_measured_at_any_scale(margin: float, scale: float) -> None:
    found = designs(lambda z, t: cross_entropy(scale * (z - margin * t), t))
    assert found["margin"].number == pytest.approx(margin, rel=1e-4)


def test_class_weights_are_measured_of_any_symmetric_loss() -> None:
    weights = np.linspace(1.0, 4.0, N)

    def loss(z: Array, t: Array) -> Array:
        return jnp.sum(t * weights) * jnp.sum((z - t) ** 2)

    found = designs(loss, None)["class weights"]
    assert found.number == pytest.approx(4.0)


def test_a_weight_of_0_is_no_design() -> None:
    assert "class weights" not in designs(lambda z, t: (1 - t[1]) * cross_entropy(z, t))


def minimum(eta: list[float], z: list[float]) -> Answer:
    """A missed top label at one minimum of an expected loss."""
    return Answer(
        question="top label",
        verdict="top label missed",
        severity="fault",
        text="",
        method="",
        details={"cases": [{"eta": tuple(eta), "z": tuple(z)}]},
    )


def test_weights_explain_only_the_prediction_that_they_cause() -> None:
    explains = predicts(lambda eta: eta * np.array([1.0, 1.0, 4.0]), lambda z: z)
    shares = [0.5, 0.3, 0.2]
    assert explains(minimum(shares, [0.0, 0.0, 1.0]))
    assert not explains(minimum(shares, [0.0, 1.0, 0.0]))


def teaches_the_next_label(z: Array, t: Array) -> Array:
    """Class weights, and labels that are off by one."""
    return jnp.sum(t * np.linspace(1, 3, N)) * cross_entropy(z, jnp.roll(t, 1))


def weighted_clip(z: Array, t: Array) -> Array:
    p = jnp.exp(jnp.sum(t * log_softmax(z)))
    return -jnp.sum(t * np.linspace(1, 3, N)) * jnp.log(jnp.maximum(p, 1e-6))


def capped_and_stopped(z: Array, t: Array) -> Array:
    """A soft cap, and then a relu that stops everything below 0."""
    return cross_entropy(30 * jnp.tanh(jnp.maximum(z, 0) / 30), t)


@pytest.mark.parametrize(
    ("loss", "topic"),
    [
        (teaches_the_next_label, "common mistakes"),
        (weighted_clip, "gradient"),
        (capped_and_stopped, "common mistakes"),
    ],
)
def test_a_design_does_not_excuse_another_fault(loss, topic: str) -> None:
    about = subject(loss, num_classes=N, normalizer="softmax")
    assert "fault" in {answer.severity for answer in answers_about(about, [topic])}


def test_angles_explain_nothing_between_minus_1_and_1() -> None:
    design = designs(healthy.additive_angular_margin)["angular margin"]
    inside = Answer(
        question="gradient when wrong",
        verdict="dies",
        severity="fault",
        text="",
        method="",
        witness=Witness((0.5, -0.9, 0.0), tuple(map(float, one_hot(0, 3))), ""),
    )
    assert not design.explains(inside)
