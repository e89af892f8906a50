"""The gradient when wrong and when right agrees with theory on the rays."""

import jax
import numpy as np
import optax
import pytest

import logitscape as ls
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import gradient
from logitscape._src.diagnosis.rays import ray
from logitscape._src.diagnosis.subject import subject
from tests.diagnosis import broken

N = 5
REFERENCE = subject("softmax + cross_entropy", num_classes=N)
SETTING = DiagnosisConfig(REFERENCE, N)


def answers_about(source, **given):
    return gradient.answers(subject(source, num_classes=N, **given), SETTING)


@pytest.mark.parametrize(
    ("spec", "verdict", "severity"),
    [
        ("softmax + cross_entropy", "constant", "fine"),
        ("crammer_singer", "constant", "fine"),
        ("sparsemax_loss", "constant", "fine"),
        ("one_vs_rest", "constant", "fine"),
        ("squared_logits", "grows", "note"),
        ("softmax + exponential", "explodes", "trade"),
        ("softmax + brier", "fades exponentially", "trade"),
        ("softmax + mae", "fades exponentially", "trade"),
        ("spherical + cross_entropy", "becomes right when pushed down", "trade"),
        ("sparsemax + brier", "dies", "fault"),
        ("argmax + brier", "dies", "fault"),
        ("sparsemax + cross_entropy", "infinite", "fault"),
        ("sum + brier", "leaves the domain", "trade"),
    ],
)
def test_verdict_when_wrong(spec: str, verdict: str, severity: str) -> None:
    wrong, _ = answers_about(spec)
    assert (wrong.verdict, wrong.severity) == (verdict, severity)
    assert (wrong.witness is None) == (severity == "fine")


def test_the_wrong_sign_rewards_being_wrong() -> None:
    wrong, _ = answers_about(lambda z, t: -REFERENCE.function(z, t), name="negated")
    assert (wrong.verdict, wrong.severity) == ("rewards being wrong", "fault")


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ("softmax + cross_entropy", "fades"),
        ("crammer_singer", "ends"),
        ("sparsemax_loss", "ends"),
        ("squared_logits", "grows"),
        ("softmax + label_smoothing", "stays"),
    ],
)
def test_verdict_when_right(spec: str, verdict: str) -> None:
    assert answers_about(spec)[1].verdict == verdict


def test_numbers_are_those_of_theory() -> None:
    """Brier's slope on R1 is about `2 n e^{-s}` far out."""
    wrong, right = answers_about("softmax + brier")
    assert wrong.number == pytest.approx(2 * N * np.exp(-20.0), rel=0.01)
    of_r1 = wrong.details["rays"][0]
    assert of_r1["law"] == f"{2 * N:#.3g} e^(-1.00 s)"
    assert 3 < of_r1["working_range"][1] < 10
    assert 80 < of_r1["dead_from"] < 110
    assert right.details["rays"][0]["ray"] == "R2"


def test_a_restricted_domain_is_looked_at_where_it_is_defined() -> None:
    assert (
        ray(subject("sum + brier", num_classes=N), "R1", "wrong", N).origin.tolist()
        == [1.0] * N
    )
    assert ray(REFERENCE, "R1", "wrong", N).origin.tolist() == [0.0] * N


def test_the_witness_shows_it() -> None:
    wrong, _ = answers_about("sparsemax + brier")
    assert wrong.witness is not None
    z, t = np.asarray(wrong.witness.logits), np.asarray(wrong.witness.target)
    assert not np.any(jax.grad(ls.objective("sparsemax + brier"))(z, t))
    assert np.argmax(z) != np.argmax(t)


def test_what_only_rounding_made_zero_has_faded() -> None:
    """As with the textbook's squared error, whose `p - t` loses all digits from s = 37 on."""
    for loss in (broken.squared_error_after_softmax, broken.double_softmax):
        wrong, _ = answers_about(loss)
        assert (wrong.verdict, wrong.severity) == ("fades exponentially", "trade")
        assert "e^(-1.00 s)" in wrong.text


def test_noise_far_out_is_no_law() -> None:
    """The textbook's cosine cancels to noise from s = 1e7 on; before, its slope falls like s^-3."""
    wrong, _ = answers_about(optax.losses.cosine_distance)
    assert wrong.details["rays"][1]["law"].endswith("s^-3.00")
