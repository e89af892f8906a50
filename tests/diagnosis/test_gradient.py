"""The gradient when wrong and when right agrees with theory on the rays."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import logitscape as ls
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.questions import gradient
from logitscape._src.diagnosis.rays import ray
from logitscape._src.diagnosis.subjects import subject
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


def surprisal(z, t):
    return -jnp.sum(t * jax.nn.log_softmax(z))


def of_directions(z, t):
    return surprisal(16 * z / jnp.linalg.norm(z), t)


def of_centred_directions(z, t):
    centred = z - z.mean()
    return surprisal(8 * centred / jnp.linalg.norm(centred), t)


def of_directions_with_epsilon(z, t):
    return surprisal(16 * z / jnp.sqrt(jnp.sum(z * z) + 1e-12), t)


@pytest.mark.parametrize(
    "loss", [of_directions, of_centred_directions, of_directions_with_epsilon]
)
def test_an_invariance_is_told_instead_of_a_law(loss) -> None:
    wrong, right = answers_about(loss)
    assert wrong.verdict == "size does not matter"
    assert wrong.severity != "fault"
    assert "s^" not in wrong.text
    assert "undecided" not in (wrong.verdict, right.verdict)


def flat_rival(z, t):
    return surprisal(jnp.where(t > 0, z, jnp.minimum(z, 5.0)), t)


def of_the_label_only(z, t):
    return jnp.logaddexp(0.0, 8 - 8 * (z @ t))


def clipped_logits(z, t):
    return surprisal(jnp.clip(z, -10, 10), t)


@pytest.mark.parametrize("loss", [flat_rival, of_the_label_only])
def test_the_pull_on_the_label_counts_before_anything_is_called_dead(loss) -> None:
    wrong, _ = answers_about(loss)
    assert (wrong.verdict, wrong.severity) == ("pulled back off the ray", "note")
    assert "R1" in wrong.text
    gradient = evaluate(
        subject(loss, num_classes=N), [wrong.witness.logits], [wrong.witness.target]
    ).gradient[0]
    assert gradient[0] < -1e-3


def test_what_no_logit_pulls_back_is_dead() -> None:
    wrong, _ = answers_about(clipped_logits)
    assert (wrong.verdict, wrong.severity) == ("dies", "fault")


def test_rounding_has_no_law() -> None:
    """Terms of size 1 that cancel leave 1e-17 behind, in place of what has faded."""

    def cancels(z, t):
        gone = jnp.sum(jax.nn.softmax(z) - jax.nn.softmax(z + 0.1))
        return jnp.sum((jax.nn.softmax(z) - t) ** 2) + gone * jnp.sum(jnp.tanh(z))

    wrong, _ = answers_about(cancels)
    kinds = {law["kind"] for law in wrong.details["rays"]}
    assert not any(kind.endswith("growth") or kind == "constant" for kind in kinds)
