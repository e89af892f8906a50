"""Lipschitz and smoothness constants and bounds of the values agree with closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import bounds
from logitscape._src.diagnosis.subjects import subject
from tests.shares import share

N = 5
THEORY = {
    "softmax + cross_entropy": ("unbounded above", "Lipschitz", "smooth"),
    "softmax + label_smoothing": ("unbounded above", "Lipschitz", "smooth"),
    "softmax + brier": ("bounded", "Lipschitz", "smooth"),
    "softmax + mae": ("bounded", "Lipschitz", "smooth"),
    "softmax + clipped_cross_entropy": ("bounded", "Lipschitz", "smooth"),
    "softmax + exponential": (
        "unbounded above",
        "gradient unbounded",
        "curvature unbounded",
    ),
    "spherical + cross_entropy": ("unbounded above", "Lipschitz", "smooth"),
    "sum + cross_entropy": ("pole", "gradient unbounded", "curvature unbounded"),
    "sparsemax + cross_entropy": ("infinite losses", "gradient unbounded", "kinked"),
    "relu + cross_entropy": ("infinite losses", "gradient unbounded", "kinked"),
    "crammer_singer": ("unbounded above", "Lipschitz", "kinked"),
    "weston_watkins": ("unbounded above", "Lipschitz", "kinked"),
    "sparsemax_loss": ("unbounded above", "Lipschitz", "smooth"),
    "one_vs_rest": ("unbounded above", "Lipschitz", "smooth"),
    "z_loss": ("unbounded above", "gradient unbounded", "curvature unbounded"),
    "squared_logits": ("unbounded above", "gradient unbounded", "smooth"),
}
CONSTANTS = {
    "softmax + cross_entropy": (2**0.5, 0.5),
    "softmax(inverse_temperature=3) + cross_entropy": (3 * 2**0.5, 4.5),
    "softmax + mae": (0.5**0.5, None),
    "one_vs_rest": (N**0.5, 0.25),
    "weston_watkins": (((N - 1) ** 2 + N - 1) ** 0.5, None),
    "spherical(epsilon=0.01) + cross_entropy": (10.0, 200.0),
    "squared_logits": (None, 2.0),
}
SEVERITIES = {
    "bounded": "note",
    "pole": "note",
    "infinite losses": "fault",
    "constant": "fault",
    "unbounded below": "fault",
    "gradient unbounded": "note",
    "kinked": "note",
    "curvature unbounded": "note",
    "jumps": "trade",
}


def wrong_sign(z, label):
    return jax.nn.log_softmax(z)[label]


def straight_through(z, t):
    p = jax.nn.softmax(z)
    hard = jax.nn.one_hot(jnp.argmax(z), z.size, dtype=z.dtype)
    return jnp.sum((p + jax.lax.stop_gradient(hard - p) - t) ** 2)


def constant(z, t):
    return jnp.sum(0 * z * t) + 1


def undefined(z, t):
    return jnp.sum(z * t) * jnp.nan


def root(z, t):
    """A pole of the gradient away from the origin."""
    return jnp.sqrt(jnp.abs(z[0] - 0.7)) + 0 * jnp.sum(t)


def diagnose(source, n=N):
    of = subject(source, num_classes=n)
    answers = bounds.answers(of, DiagnosisConfig(of, n))
    assert {answer.question for answer in answers} == {"bounds"}
    return {answer.verdict: answer for answer in answers}


@pytest.mark.parametrize("spec", share(THEORY, one_in=2))
def test_verdicts_are_those_of_theory(spec):
    answers = diagnose(spec)
    assert set(answers) == set(THEORY[spec])
    for verdict, answer in answers.items():
        assert answer.severity == SEVERITIES.get(verdict, "fine")
        assert answer.severity == "fine" or answer.witness is not None


@pytest.mark.parametrize("spec", CONSTANTS)
def test_constants_are_found(spec):
    answers = diagnose(spec)
    lipschitz, smooth = CONSTANTS[spec]
    if lipschitz is not None:
        assert answers["Lipschitz"].number == pytest.approx(lipschitz, rel=0.01)
    if smooth is not None:
        assert answers["smooth"].number == pytest.approx(smooth, rel=0.02)


def test_the_bound_of_brier_is_2():
    answers = diagnose("softmax + brier")["bounded"]
    assert (answers.details["low"], answers.number) == (
        pytest.approx(0, abs=1e-12),
        pytest.approx(2),
    )
    assert (
        float(
            ls.objective("softmax + brier")(
                jnp.array(answers.witness.logits), jnp.array(answers.witness.target)
            )
        )
        > 1
    )


def test_witnesses_show_it():
    pole = diagnose("sum + cross_entropy")["pole"].witness
    assert (
        float(
            ls.objective("sum + cross_entropy")(
                jnp.array(pole.logits), jnp.array(pole.target)
            )
        )
        == np.inf
    )
    low = diagnose(wrong_sign)["unbounded below"].witness
    assert float(wrong_sign(jnp.array(low.logits), np.argmax(low.target))) < -50


def test_a_jump_is_no_lipschitz_constant():
    for source in (straight_through, "argmax + mae"):
        answers = diagnose(source)
        assert set(answers) == {"bounded", "jumps"}
        assert answers["jumps"].number == pytest.approx(2)


def test_constant_and_undefined_losses():
    assert "constant" in diagnose(constant)
    assert set(diagnose(undefined)) == {"undecided"}


def test_a_pole_of_the_gradient_is_closed_in_on():
    answers = diagnose(root, 3)
    assert answers["gradient unbounded"].number > 1e3
    assert answers["gradient unbounded"].severity == "note"
