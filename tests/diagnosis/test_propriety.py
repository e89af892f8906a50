"""Minimisers of expected losses agree with theory, for the catalog and for broken losses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import propriety
from logitscape._src.diagnosis.questions.cma import cma_es
from logitscape._src.diagnosis.questions.least_expected_loss import distributions
from logitscape._src.diagnosis.subjects import subject
from tests.shares import share

THEORY = {
    "softmax + cross_entropy": "proper",
    "softmax(inverse_temperature=0.1) + cross_entropy": "proper",
    "softmax + brier": "proper",
    "softmax + spherical_score": "proper",
    "softmax + tsallis_score": "proper",
    "sparsemax + brier": "proper",
    "sum + cross_entropy": "proper",
    "relu + tsallis_score": "proper",
    "spherical + cross_entropy": "proper",
    "sparsemax_loss": "proper",
    "entmax_loss": "proper",
    "z_loss": "proper",
    "one_vs_rest": "proper",
    "softmax + generalized_cross_entropy": "over-confident",
    "softmax + hellinger": "over-confident",
    "softmax + poly1": "over-confident",
    "softmax + symmetric_cross_entropy": "over-confident",
    "softmax + focal": "under-confident",
    "softmax + exponential": "under-confident",
    "softmax + label_smoothing": "under-confident",
    "softmax + mae": "goes to a vertex",
    "squared_logits": "goes to a vertex",
    "softmax_one + cross_entropy": "no finite minimiser",
}


def rolled(z, t):
    return -jnp.sum(jnp.roll(t, 1) * jax.nn.log_softmax(z))


def wrong_sign(z, label):
    return jax.nn.log_softmax(z)[label]


def weighted(z, label):
    return -(jnp.arange(1.0, 6.0, dtype=z.dtype) * jax.nn.log_softmax(z))[label]


def undefined(z, t):
    return jnp.sum(z * t) * jnp.nan


def diagnose(source, normalizer=None, n=10):
    of = subject(source, num_classes=n, normalizer=normalizer)
    return propriety.answers(of, DiagnosisConfig(of, n))


@pytest.mark.parametrize("spec", share(THEORY, one_in=3))
def test_the_minimiser_is_where_theory_says(spec):
    proper, top = diagnose(spec)
    assert (proper.question, proper.verdict) == ("proper", THEORY[spec])
    assert proper.severity == ("fine" if THEORY[spec] == "proper" else "note")
    assert (proper.witness is None) == (THEORY[spec] == "proper")
    assert (top.question, top.verdict, top.severity) == (
        "top label",
        "top label recovered",
        "fine",
    )


@pytest.mark.parametrize(("q", "power"), [(0.7, 1 / 0.3), (0.5, 2.0)])
def test_generalized_cross_entropy_sharpens_by_a_power(q, power):
    (proper, _) = diagnose(f"softmax + generalized_cross_entropy(q={q})")
    for case in proper.details["cases"]:
        powers = np.array(case["eta"]) ** power
        np.testing.assert_allclose(case["p"], powers / powers.sum(), atol=1e-5)


def test_label_smoothing_returns_the_mixture():
    (proper, _) = diagnose("softmax + label_smoothing(smoothing=0.2)")
    for case in proper.details["cases"]:
        np.testing.assert_allclose(
            case["p"], 0.8 * np.array(case["eta"]) + 0.2 / 3, atol=1e-5
        )


@pytest.mark.parametrize("spec", ["crammer_singer", "weston_watkins", "perceptron"])
def test_hinge_losses_tie_without_a_majority(spec):
    proper, top = diagnose(spec)
    assert proper.verdict != "proper"
    assert (top.verdict, top.severity) == ("top label tied", "note")
    assert "other class" in top.text


def test_a_shifted_label_misses_the_top_label():
    proper, top = diagnose(rolled, "softmax")
    assert proper.verdict == "improper"
    assert (top.verdict, top.severity) == ("top label missed", "fault")
    p = jax.nn.softmax(jnp.array(top.witness.logits))
    assert int(jnp.argmax(p)) != int(np.argmax(top.witness.target))


def test_a_loss_that_falls_without_bound():
    proper, top = diagnose(wrong_sign, "softmax")
    assert proper.verdict == "goes to a vertex"
    assert top.verdict == "top label missed"


def test_a_function_for_a_fixed_number_of_classes():
    proper, _ = diagnose(weighted, "softmax", n=5)
    case = proper.details["cases"][0]
    expected = np.array(case["eta"]) * np.arange(1, 6)
    np.testing.assert_allclose(case["p"], expected / expected.sum(), atol=1e-5)


def test_what_cannot_be_told():
    for answers in (
        diagnose(rolled),
        diagnose(undefined, "softmax"),
        diagnose("min_shift + cross_entropy"),
    ):
        assert [answer.verdict for answer in answers] == ["undecided"] * 2
    assert "normalizer=" in diagnose(rolled)[0].text


def test_far_too_many_fixed_classes():
    proper, _ = diagnose(
        lambda z, y: -jax.nn.log_softmax(z * jnp.ones(20, z.dtype))[y], "softmax", n=20
    )
    assert "20 classes only" in proper.text


def test_the_same_every_time():
    assert diagnose("softmax + focal") == diagnose("softmax + focal")


@pytest.mark.parametrize("n", [2, 3, 6])
def test_distributions_are_distributions(n):
    etas = distributions(n)
    np.testing.assert_allclose(etas.sum(axis=1), 1)
    assert (etas > 0).all()
    assert len(set(np.argmax(etas, axis=1))) > 1


def test_the_descent_finds_kinked_and_curved_minima_at_once():
    centre = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -4.0]])

    def cost(z):
        distance = z - centre[:, None]
        return np.stack(
            [
                np.abs(distance[0]).sum(axis=1),
                100 * distance[1, :, 0] ** 2 + (distance[1] ** 2).sum(axis=1),
            ]
        )

    z, spread = cma_es(
        cost,
        np.zeros((2, 3)),
        np.broadcast_to(np.eye(3), (2, 3, 3)),
        np.random.default_rng(0),
    )
    np.testing.assert_allclose(z, centre, atol=1e-4)
    assert np.linalg.norm(spread) < 1e-6
