"""What a loss is, and mistakes at any temperature, scale and margin, by their causes."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.answers import Answer
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.designs.label_angles import degrees_of
from logitscape._src.diagnosis.formulas.catalogue_rows import catalogue
from logitscape._src.diagnosis.formulas.loss_rows import (
    OF_LABEL,
    OF_LOGITS,
    OF_PROBABILITIES,
)
from logitscape._src.diagnosis.formulas.normalizer_rows import (
    NORMALIZER_ROWS,
    log_probs,
)
from logitscape._src.diagnosis.questions import identity, label_use, mistakes
from logitscape._src.diagnosis.questions.argument_order import reversed_loss
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.objectives.catalog import (
    LOGIT_LOSSES,
    NORMALIZERS,
    PROBABILITY_LOSSES,
)
from tests.diagnosis import recognised
from tests.diagnosis.collection.asking import answers_about as collected_answers
from tests.oracle.cases import in_domain
from tests.shares import share

N = recognised.N
CONSEQUENCES = {"pushes a rival up": ("dead region",)}
"""Faults that may be named beside their cause."""


def answers_about(source, n: int = N) -> list[Answer]:
    """The answers about label, identity and mistakes, as far as they make sense."""
    with enable_x64(), np.errstate(all="ignore"):
        config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=n), n)
        about = subject(source, num_classes=n)
        found = label_use.answers(about, config)
        for topic, question in (
            (identity.QUESTION, identity),
            (mistakes.QUESTION, mistakes),
        ):
            if not label_use.reason_not_to_ask(topic, found):
                found = [*found, *question.answers(about, config)]
    return found


@pytest.mark.parametrize("name", share(recognised.BROKEN, one_in=10))
def test_the_cause_is_named(name: str) -> None:
    case = recognised.BROKEN[name]
    faults = {
        answer.verdict: answer
        for answer in answers_about(case.loss)
        if answer.severity == "fault"
    }
    assert case.verdict in faults
    # Another cause would mislead.
    assert set(faults) <= {case.verdict, *CONSEQUENCES.get(case.verdict, ())}


@pytest.mark.parametrize("name", share(recognised.SOUND, one_in=10))
def test_a_sound_loss_has_no_fault_and_is_known(name: str) -> None:
    loss, sentence = recognised.SOUND[name]
    answers = answers_about(loss)
    assert not [answer.text for answer in answers if answer.severity == "fault"]
    known = next(answer for answer in answers if answer.question == "identity")
    expected = f"This is {sentence}." if sentence else "It equals none"
    assert known.text.startswith(expected)


def test_the_other_loss_of_a_label_is_named() -> None:
    case = recognised.BROKEN["one label by another loss"]
    (answer,) = [a for a in answers_about(case.loss) if a.verdict == "label differs"]
    assert answer.number == 3
    assert "For label 3 it is softmax + brier" in answer.text


def test_the_temperature_is_told() -> None:
    case = recognised.BROKEN["epsilon at 0.5"]
    (answer,) = [a for a in answers_about(case.loss) if a.severity == "fault"]
    assert answer.number == pytest.approx(1e-3, rel=1e-6)
    assert "2 z in place of the logits" in answer.text


@pytest.mark.parametrize("n", [3, 150])
def test_the_number_of_classes_makes_no_difference(n: int) -> None:
    for loss, verdict in (
        (lambda z, t: -jnp.sum(t * jax.nn.softmax(z / 2)), "logarithm missing"),
        (
            lambda z, t: recognised.cross_entropy(30 * (z + 0.35 * t), t),
            "margin on the wrong side",
        ),
        (recognised.for_label(2, recognised.squared, recognised.cross_entropy), ""),
    ):
        verdicts = {a.verdict for a in answers_about(loss, n) if a.severity == "fault"}
        assert verdicts == {verdict or "label differs"}


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (lambda z, t: recognised.cross_entropy(z / 0.1, t), "at 10 z."),
        (
            lambda z, t: recognised.cross_entropy(z - 0.35 * t, t),
            "with a margin of 0.35 on the label.",
        ),
        (
            lambda z, t: (1 + t[1]) * recognised.cross_entropy(5 * (z - 0.35 * t), t),
            "at 5 z with a margin of 0.35 on the label and class weights from 1 to 2.",
        ),
    ],
)
def test_temperatures_and_margins_of_two_classes_are_known(loss, sentence: str) -> None:
    (answer,) = [a for a in answers_about(loss, 2) if a.question == "identity"]
    assert answer.text.endswith(sentence)


@pytest.mark.parametrize("scale", [1, 16, 64])
def test_a_margin_of_cosines_is_known_inside_their_domain(scale: int) -> None:
    answers = collected_answers(
        lambda z, t: recognised.cross_entropy(scale * (z - 0.35 * t), t),
        {"domain": (-1, 1)},
        ["identity"],
    )
    (answer,) = [a for a in answers if a.question == "identity"]
    assert answer.text.endswith("with a margin of 0.35 on the label.")


@pytest.mark.parametrize(
    "spec",
    [
        "softplus + brier",
        "sum + cross_entropy",
        "entmax(alpha=1.3) + hellinger",
        "softmax + generalized_cross_entropy(q=0.2)",
        "entmax_loss",
        "z_loss(weight=0.01)",
        "weston_watkins",
    ],
)
def test_the_catalogue_knows_itself(spec: str) -> None:
    (answer,) = [a for a in answers_about(spec) if a.question == "identity"]
    assert answer.text.startswith(f"This is {spec}.")


def with_parameters(z, t, *, scale=2.0, margin=0.3):
    return recognised.cross_entropy(scale * z, t)


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        (lambda z, t: recognised.cross_entropy(z - 0.35, t), "0.35"),
        (lambda z, t: jnp.minimum(recognised.cross_entropy(z, t), 300.0), "300"),
        (partial(with_parameters, scale=3.0, margin=0.4), "`margin`"),
        (lambda z, t: recognised.cross_entropy(z - 0.35 * t, t), None),
        (lambda z, t: recognised.cross_entropy(30 * jnp.tanh(z / 30), t), None),
        (lambda z, t: recognised.cross_entropy(jnp.minimum(z, 20.0), t), None),
    ],
)
def test_what_has_no_effect_is_said(loss, named: str | None) -> None:
    with enable_x64(), np.errstate(all="ignore"):
        config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
        answers = identity.answers(subject(loss, num_classes=N), config)
    texts = [a.text for a in answers if a.verdict == "has no effect"]
    assert len(texts) == (0 if named is None else 1)
    assert all(str(named) in text for text in texts)


def test_wrong_order_leaves_other_questions_out() -> None:
    case = recognised.BROKEN["Keras's order"]
    diagnosis = ls.diagnose(case.loss, num_classes=N)
    verdicts = {answer.verdict for answer in diagnosis.answers}
    assert verdicts == {"arguments in the wrong order", "not asked"}
    assert not diagnosis.healthy


@pytest.mark.parametrize("first", ["target", "y_true"])
def test_an_order_that_the_names_tell_is_no_fault(first) -> None:
    names = {"target": lambda target, logits: recognised.cross_entropy(logits, target)}
    names["y_true"] = lambda y_true, y_pred: recognised.cross_entropy(y_pred, y_true)
    answers = answers_about(names[first])
    order = next(a for a in answers if a.question == "label")
    assert (order.verdict, order.severity) == ("arguments in the wrong order", "note")
    assert f"`{first}`" in order.text
    known = next(a for a in answers if a.question == "identity")
    assert known.text == "This is softmax + cross_entropy."


def test_a_loss_that_is_rounded_is_measured_in_float32() -> None:
    def rounded(z, t):
        value = recognised.cross_entropy(z, t)
        return value.astype(jnp.float32)

    with enable_x64():
        about = subject(rounded, num_classes=N)
    assert "float32" in about.refusal
    (answer,) = [a for a in answers_about(rounded) if a.question == "identity"]
    assert answer.verdict == "a known loss"


def rows() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    z = 1.5 * random.standard_normal((8, 4))
    z[::2] = np.abs(z[::2])
    return z, random.integers(4, size=8)


@pytest.mark.parametrize("name", share(NORMALIZERS, one_in=4))
def test_normalizers_in_numpy_are_those_of_the_catalogue(name: str) -> None:
    z, _ = rows()
    expected = jax.vmap(lambda logits: ls.normalizer(name)(logits).p)(z)
    np.testing.assert_allclose(np.exp(log_probs(name, z)), expected, atol=1e-14)


@pytest.mark.parametrize("name", share([*PROBABILITY_LOSSES, *LOGIT_LOSSES], one_in=7))
def test_losses_in_numpy_are_those_of_the_catalogue(name: str) -> None:
    z, labels = rows()
    of_logits = name in LOGIT_LOSSES
    spec = name if of_logits else f"softplus + {name}"
    (known,) = [known for known in catalogue() if known.spec == spec]
    z = np.stack([in_domain(spec, logits) for logits in z])
    expected = jax.vmap(ls.objective(spec))(z, np.eye(4)[labels])
    np.testing.assert_allclose(known.losses(z, labels, {}), expected, atol=1e-13)


def test_nothing_of_the_catalogue_is_missing() -> None:
    assert set(NORMALIZER_ROWS) == set(NORMALIZERS)
    assert {*OF_LABEL, *OF_PROBABILITIES} == set(PROBABILITY_LOSSES)
    assert set(OF_LOGITS) == set(LOGIT_LOSSES)


@pytest.mark.parametrize("seed", range(4))
def test_a_loss_of_labels_that_are_ahead_has_its_arguments_in_order(seed) -> None:
    def log_of_the_lead(z, t):
        return -jnp.log(jnp.sum(t * z) - jnp.max(jnp.where(t > 0, -jnp.inf, z)))

    with enable_x64(), np.errstate(all="ignore"):
        about = subject(log_of_the_lead, num_classes=10)
        reference = subject("softmax + cross_entropy", num_classes=10)
        config = DiagnosisConfig(reference, 10, seed=seed)
        assert reversed_loss(about, config) is None


@pytest.mark.quick
@pytest.mark.parametrize("degrees", [5.0, 20.0, 28.6, 45.0, 57.3])
def test_degrees_are_known_from_the_angle_that_they_make(degrees: float) -> None:
    turned = float(np.angle(np.exp(1j * degrees)))
    assert degrees_of(turned) == pytest.approx(degrees)


@pytest.mark.quick
@pytest.mark.parametrize("radians", [-0.5, -0.3, 0.5, 1.111, 2.005])
def test_a_margin_in_radians_is_none_in_degrees(radians: float) -> None:
    assert degrees_of(radians) is None
