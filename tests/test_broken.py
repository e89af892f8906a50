"""Every broken loss is named, with a witness; no healthy one raises an alarm."""

import broken
import jax
import numpy as np
import pytest

import logitscape as ls
from logitscape._wide import wide
from logitscape.diagnosis import consistency, mistakes
from logitscape.diagnosis.evaluation import evaluate
from logitscape.diagnosis.setting import Setting
from logitscape.diagnosis.subject import subject

N = 10
WITHOUT_WITNESS = {"scaled", "label smoothing", "squared error after softmax", "examples influence each other"}


def found(name: str):
    """The answers of the two questions that name what is broken, and only alarms or notes."""
    each = broken.BROKEN[name]
    setting = Setting(subject("softmax + cross_entropy", num_classes=N), N)
    about = subject(each.loss, num_classes=N, normalizer=each.normalizer)
    return [answer for ask in (mistakes.answers, consistency.answers) for answer in ask(about, setting)]


@pytest.mark.parametrize("name", broken.BROKEN)
def test_a_broken_loss_is_named(name: str) -> None:
    with wide(), np.errstate(all="ignore"):
        answers = {each.verdict: each for each in found(name)}
    verdict = broken.BROKEN[name].verdict
    assert verdict in answers
    assert answers[verdict].severity in ("serious", "warning", "note")
    assert verdict in WITHOUT_WITNESS or answers[verdict].witness is not None


@pytest.mark.parametrize("name", broken.HEALTHY)
def test_a_healthy_loss_raises_no_alarm(name: str) -> None:
    source, normalizer = broken.HEALTHY[name]
    diagnosis = ls.diagnose(source, normalizer=normalizer)
    alarms = [(each.question, each.verdict, each.text) for each in diagnosis.answers if each.severity in ("serious", "warning")]
    unanswered = [each.text for each in diagnosis.answers if "Could not be measured" in each.text]
    assert not alarms
    assert not unanswered


@pytest.mark.parametrize("offset", [0.3, 2.0])
def test_a_margin_is_measured(offset: float) -> None:
    def margin(z, t):
        return broken.plain_cross_entropy(z - offset * t, t)

    setting = Setting(subject("softmax + cross_entropy", num_classes=N), N)
    (answer,) = mistakes.answers(subject(margin, num_classes=N), setting)
    assert (answer.verdict, answer.severity) == ("margin added", "note")
    assert answer.number == pytest.approx(offset, rel=1e-6)


@pytest.mark.parametrize("epsilon", [1e-9, 1e-7, 1e-3])
@pytest.mark.parametrize("clip", [True, False])
def test_the_epsilon_is_measured(epsilon: float, clip: bool) -> None:
    def loss(z, t):
        p = jax.nn.softmax(z)
        kept = jax.numpy.clip(p, epsilon, 1) if clip else p + epsilon
        return -jax.numpy.sum(t * jax.numpy.log(kept))

    setting = Setting(subject("softmax + cross_entropy", num_classes=N), N)
    (answer,) = mistakes.answers(subject(loss, num_classes=N), setting)
    assert answer.verdict == ("clipped probability" if clip else "epsilon inside the logarithm")
    assert answer.number == pytest.approx(epsilon, rel=1e-6)


def test_the_witness_of_a_clip_shows_a_dead_gradient() -> None:
    setting = Setting(subject("softmax + cross_entropy", num_classes=N), N)
    about = subject(broken.clamped_probabilities, num_classes=N)
    (answer,) = mistakes.answers(about, setting)
    assert answer.witness is not None
    values = evaluate(about, [answer.witness.logits], [answer.witness.target])
    assert not values.gradient.any()
    assert values.loss > 10
