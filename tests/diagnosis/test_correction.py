"""Every verdict about correction, for losses of the catalog and for functions of a user."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.questions.correction import answers
from logitscape._src.diagnosis.subjects import subject


def of(source, num_classes=10, reference="softmax + cross_entropy", **options):
    corrected = subject(source, num_classes=num_classes, **options)
    compared = subject(reference, num_classes=num_classes)
    (answer,) = answers(
        corrected, DiagnosisConfig(reference=compared, num_classes=num_classes)
    )
    json.dumps(dict(answer.details), allow_nan=False)
    return corrected, answer


@pytest.mark.parametrize(
    "source",
    [
        "softmax + label_smoothing",
        "crammer_singer",
        "sparsemax_loss",
        "one_vs_rest",
        optax.losses.softmax_cross_entropy_with_integer_labels,
    ],
)
def test_healthy_losses_correct_themselves(source):
    _, answer = of(source)
    assert (answer.verdict, answer.severity, answer.witness) == (
        "corrects itself",
        "fine",
        None,
    )
    assert 0.1 < answer.number < 10


def test_the_time_of_cross_entropy_is_the_closed_form():
    _, answer = of("softmax + cross_entropy", num_classes=2)
    assert answer.number == pytest.approx(1)
    assert answer.details["time"] == pytest.approx((11 - np.exp(-10)) / 2, rel=1e-6)
    assert "1 times that of softmax + cross_entropy" in answer.text


def double(z, label):
    return -jax.nn.log_softmax(jax.nn.softmax(z))[label]


@pytest.mark.parametrize("source", ["softmax + brier", "softmax + mae", double])
def test_saturating_losses_are_slow(source):
    corrected, answer = of(source)
    assert (answer.verdict, answer.severity) == ("slow to correct", "trade")
    assert answer.number > 100
    assert 0 < np.linalg.norm(evaluate(corrected, answer.witness.logits).gradient) < 0.1


def test_a_dead_gradient_never_corrects_itself():
    corrected, answer = of("sparsemax + brier")
    assert (answer.verdict, answer.severity) == ("never corrects itself", "fault")
    assert "its gradient is exactly 0 there" in answer.text
    assert not np.any(evaluate(corrected, answer.witness.logits).gradient)


def test_a_pole_never_corrects_itself():
    corrected, answer = of("sparsemax + cross_entropy", num_classes=3)
    assert (answer.verdict, answer.severity) == ("never corrects itself", "fault")
    assert answer.witness.expression == "loss"
    assert np.isinf(evaluate(corrected, answer.witness.logits).loss)


def bowl(z, target):
    return jnp.sum((z - jnp.array([0.0, 1.0, 0.0])) ** 2) + 0 * target[0]


def test_a_stationary_point_never_corrects_itself():
    corrected, answer = of(bowl, num_classes=3)
    assert (answer.verdict, answer.details["reason"]) == (
        "never corrects itself",
        "stuck at a stationary point while wrong",
    )
    assert np.abs(evaluate(corrected, answer.witness.logits).gradient).max() < 0.01


def fenced(z, target):
    return jnp.where(z[1] > 2, z[1], jnp.nan) + 0 * target[0]


def test_a_flow_out_of_the_domain_never_corrects_itself():
    corrected, answer = of(fenced, num_classes=3)
    assert (answer.verdict, answer.details["reason"]) == (
        "never corrects itself",
        "leaves the domain",
    )
    assert np.isnan(evaluate(corrected, answer.witness.logits).loss)


def wrong_sign(z, target):
    return jnp.sum(target * jax.nn.log_softmax(z))


def test_a_wrong_sign_never_corrects_itself():
    corrected, answer = of(wrong_sign)
    assert (answer.verdict, answer.severity) == ("never corrects itself", "fault")
    assert evaluate(corrected, answer.witness.logits).gradient[0, 0] > 0


@pytest.mark.parametrize("source", ["sum + cross_entropy", "square + cross_entropy"])
def test_starts_are_moved_into_the_domain_and_made_wrong(source):
    _, answer = of(source)
    assert answer.verdict == "corrects itself"
    assert answer.details["start"][:3] == [1.0, 11.0, 6.0]
    assert "shifted by 6" in answer.method


def test_what_is_defined_nowhere_is_undecided():
    _, answer = of(lambda z, target: jnp.nan * z[0], num_classes=3, name="nothing")
    assert (answer.verdict, answer.severity) == ("undecided", "undecided")


def test_a_reference_that_is_dead_itself_is_no_measure():
    _, answer = of(
        "softmax + cross_entropy", num_classes=3, reference="sparsemax + brier"
    )
    assert answer.verdict == "undecided"
    assert "sparsemax + brier is no measure" in answer.text
