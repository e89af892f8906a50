"""Invariances of losses and probabilities are those of their formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import invariances
from logitscape._src.diagnosis.questions.probability_invariances import (
    probability_invariances,
)
from logitscape._src.diagnosis.subjects import subject

SHIFT, ALIKE, ORDERED = (
    "shift invariant",
    "treats classes alike",
    "argmax p is argmax z",
)
P_SHIFT, P_SCALE, P_SIGN, P_ALIKE = (
    "p shift invariant",
    "p scale invariant",
    "p sign invariant",
    "p treats classes alike",
)
HOLDS = {
    "softmax + cross_entropy": {SHIFT, P_SHIFT, ORDERED},
    "softmax + focal": {SHIFT, P_SHIFT, ORDERED},
    "crammer_singer": {SHIFT, P_SHIFT, P_SCALE, ORDERED},
    "sparsemax_loss": {SHIFT, P_SHIFT, ORDERED},
    "one_vs_rest": {ORDERED},
    "squared_logits": {P_SHIFT, P_SCALE, ORDERED},
    "z_loss": {P_SHIFT, ORDERED},
    "softmax_one + cross_entropy": {ORDERED},
    "sum + cross_entropy": {P_SCALE, ORDERED},
    "square + brier": {P_SCALE, P_SIGN},
    "spherical + cross_entropy": {P_SIGN},
    "taylor + cross_entropy": set(),
    "argmax + mae": {SHIFT, P_SHIFT, P_SCALE, ORDERED},
}
SEVERITIES = {
    "not shift invariant": "note",
    "treats classes differently": "note",
    "p not shift invariant": "note",
    P_SCALE: "note",
    P_SIGN: "note",
    "p treats classes differently": "note",
    "p does not sum to 1": "note",
    "argmax p is not always argmax z": "note",
    "undecided": "undecided",
}


def weighted(z, label):
    return -(jnp.arange(1.0, 6.0, dtype=z.dtype) * jax.nn.log_softmax(z))[label]


def careful(z, label):
    return -jax.nn.log_softmax(z)[label]


def first_of_ties(z, t):
    """Jumps, and decides ties by the order of the classes, which is no fault."""
    return 1 - jnp.sum(t * jax.nn.one_hot(jnp.argmax(z), z.size, dtype=z.dtype))


def undefined(z, t):
    return jnp.sum(z * t) * jnp.nan


def biased(z):
    return jax.nn.softmax(z + jnp.arange(z.size, dtype=z.dtype))


def diagnose(source, normalizer=None, n=5):
    of = subject(source, num_classes=n, normalizer=normalizer)
    answers = invariances.answers(of, DiagnosisConfig(of, n))
    for answer in answers:
        assert answer.question == (
            "order" if "argmax" in answer.verdict else answer.question
        )
        assert answer.severity == SEVERITIES.get(answer.verdict, "fine")
        assert (
            answer.witness is not None
            or answer.severity in ("fine", "undecided")
            or answer.verdict in (P_SCALE, P_SIGN)
        )
    return {answer.verdict: answer for answer in answers}


@pytest.mark.parametrize("spec", HOLDS)
def test_what_it_does_not_notice(spec):
    answers = diagnose(spec)
    holding = {SHIFT, ALIKE, ORDERED, P_SHIFT, P_SCALE, P_SIGN, P_ALIKE}
    assert set(answers) & holding == HOLDS[spec] | {ALIKE, P_ALIKE}
    assert len(answers) == 7 + ("p does not sum to 1" in answers)


def test_witnesses_can_be_checked():
    answers = diagnose("spherical + cross_entropy")
    shift, order = (
        answers["not shift invariant"].witness,
        answers["argmax p is not always argmax z"].witness,
    )
    objective = ls.objective("spherical + cross_entropy")
    z, t = jnp.array(shift.logits), jnp.array(shift.target)
    assert abs(float(objective(z, t)) - float(objective(z + 3, t))) > 0.1
    z = jnp.array(order.logits)
    assert int(jnp.argmax(objective.predict(z).p)) != int(jnp.argmax(z))


def test_class_weights_are_told():
    different = diagnose(weighted, "softmax")["treats classes differently"]
    z, label = (
        jnp.array(different.witness.logits),
        int(np.argmax(different.witness.target)),
    )
    permuted = [
        float(weighted(jnp.roll(z, 1), (label + 1) % 5)),
        float(weighted(z[::-1], 4 - label)),
    ]
    assert np.abs(np.array(permuted) - float(weighted(z, label))).max() > 0.1


def test_a_normalizer_that_prefers_a_class():
    answers = diagnose(careful, biased)
    assert {
        "p treats classes differently",
        "argmax p is not always argmax z",
        ALIKE,
    } <= set(answers)


def test_ties_are_no_matter():
    assert {ALIKE, SHIFT} <= set(diagnose(first_of_ties))


def test_without_a_normalizer():
    answers = diagnose(careful)
    assert set(answers) == {SHIFT, ALIKE, "undecided"}
    assert "normalizer=" in answers["undecided"].text


def test_undefined_losses():
    assert set(diagnose(undefined)) == {"undecided"}


def test_leaving_the_domain_counts():
    def root(z, t):
        return jnp.sum(t * jnp.sqrt(2 - z))

    answers = diagnose(root)["not shift invariant"]
    assert "nan" in answers.witness.shows


def test_a_normalizer_for_a_fixed_number_of_classes():
    answers = diagnose(careful, lambda z: jax.nn.softmax(z + jnp.zeros(5, z.dtype)))
    assert {ORDERED, "undecided"} <= set(answers)


@pytest.mark.parametrize(
    ("normalizer", "is_told"),
    [("softmax", False), ("softmax_one", True), ("softpick", True), ("budget", True)],
)
def test_what_does_not_sum_to_1_is_said(normalizer: str, is_told: bool) -> None:
    with enable_x64():
        about = subject(f"{normalizer} + cross_entropy", num_classes=3)
        verdicts = {answer.verdict for answer in probability_invariances(about)}
    assert ("p does not sum to 1" in verdicts) == is_told
