"""Losses with an answer for every class: what is asked of them, and what they are called."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.formulas.answer_rows import OF_ANSWERS, OF_MARKS
from logitscape._src.diagnosis.questions import gradient, identity, label_use
from logitscape._src.diagnosis.subjects import subject
from tests.shares import share

N = 5
ROWS = 24


def softplus(x):
    return jnp.logaddexp(0, x)


def cross_entropy(z, t):
    return jnp.sum(softplus(z) - t * z)


def asymmetric(z, t):
    p = jax.nn.sigmoid(z)
    q = jnp.maximum(p - 0.1, 0)
    return -jnp.sum(t * jnp.log(p) + (1 - t) * q**3 * jnp.log1p(-q))


def dice(z, t):
    p = jax.nn.sigmoid(z)
    return 1 - (2 * jnp.sum(p * t) + 1) / (jnp.sum(p) + jnp.sum(t) + 1)


def softmax_cross_entropy(z, t):
    return jax.nn.logsumexp(z) - jnp.sum(t * z)


def sigmoid_before_softmax(z, t):
    return softmax_cross_entropy(jax.nn.sigmoid(z), t)


def of_unit_norm(z, t):
    return softmax_cross_entropy(z / jnp.linalg.norm(z), t)


def shares_of_labels(z, t):
    return -jnp.sum(t / jnp.sum(t) * jax.nn.log_softmax(z), -1)


def only_yes(z, t):
    return jnp.sum(t * softplus(-z), -1)


def stopped(z, t):
    few = jnp.sum(t) < 2
    return cross_entropy(jnp.where(few, z, jax.lax.stop_gradient(z)), t)


def asked(source, question, **arguments):
    with enable_x64(), np.errstate(all="ignore"):
        about = subject(source, num_classes=N, **arguments)
        config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
        return about, list(question.answers(about, config))


@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        (cross_entropy, "labels"),
        (lambda z, t: 0.5 * cross_entropy(3 * z, t), "labels"),
        (asymmetric, "labels"),
        (dice, "labels"),
        (lambda z, t: jnp.sum(jnp.maximum(0, 1 - (2 * t - 1) * z)), "labels"),
        (softmax_cross_entropy, "distribution"),
        (sigmoid_before_softmax, "distribution"),
        (of_unit_norm, "distribution"),
        (lambda z, t: jnp.max(z) - t @ z, "distribution"),
        (lambda z, t: jnp.sum((jax.nn.softmax(z) - t) ** 2), "distribution"),
        (lambda z, t: jnp.sum((z - t) ** 2), "distribution"),
    ],
)
def test_the_kind_of_targets_is_found_by_trying(loss, kind: str) -> None:
    about = subject(loss, num_classes=N)
    assert about.targets.name == kind
    assert subject(loss, num_classes=N, normalizer="softmax").targets.name == (
        "distribution"
    )


def test_the_form_can_be_said() -> None:
    about = subject(shares_of_labels, num_classes=N, form="multi-label")
    assert about.targets.name == "labels"
    z, t = jnp.arange(5.0), jnp.array([1.0, 0, 1, 0, 0])
    assert float(about.function(z, t)) == pytest.approx(float(shares_of_labels(z, t)))


@pytest.mark.parametrize("name", [*ls.MULTILABEL_LOSSES, *OF_MARKS])
def test_formulas_in_numpy_are_those_of_the_catalogue(name: str) -> None:
    random = np.random.default_rng(3)
    z = random.normal(size=(ROWS, N)) * np.geomspace(0.3, 6, ROWS)[:, None]
    t = (random.uniform(size=(ROWS, N)) < np.linspace(0, 1, ROWS)[:, None]).astype(
        float
    )
    row = (OF_ANSWERS | OF_MARKS)[name]
    with np.errstate(all="ignore"), enable_x64():
        expected = jax.vmap(ls.objective(name))(jnp.asarray(z), jnp.asarray(t))
        np.testing.assert_allclose(row.function(z, t), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", share([*OF_ANSWERS, *OF_MARKS], one_in=4))
def test_the_catalogue_knows_itself(name: str) -> None:
    _, (known,) = asked(name, identity)
    assert known.text == f"This is {name}."


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (
            lambda z, t: 0.2 * cross_entropy(z, t),
            "sigmoid_cross_entropy, times 0.2",
        ),
        (lambda z, t: cross_entropy(z / 2, t), "sigmoid_cross_entropy at T = 2"),
        (
            asymmetric,
            "asymmetric(gamma_positive=0, gamma_negative=3, shift=0.1)",
        ),
        (dice, "soft_f1(smoothing=1)"),
    ],
)
def test_the_users_own_are_named(loss, sentence: str) -> None:
    _, (known, *_) = asked(loss, identity)
    assert known.text == f"This is {sentence}."


@pytest.mark.parametrize(
    ("loss", "verdict", "severity"),
    [
        ("sigmoid_cross_entropy", "every answer used", "fine"),
        ("lovasz_hinge", "every answer used", "fine"),
        ("soft_f1", "nothing learnt of some examples", "trade"),
        ("soft_f1(smoothing=1)", "every answer used", "fine"),
        ("lsep", "nothing learnt of some examples", "trade"),
        ("supervised_contrastive", "nothing learnt of some examples", "note"),
        ("mil_nce", "not finite for some answers", "trade"),
        (shares_of_labels, "not finite for some answers", "fault"),
        (only_yes, "answers without gradient", "fault"),
        (stopped, "another gradient for some answers", "fault"),
        (lambda z, t: -cross_entropy(z, t), "answer moved away", "fault"),
        (lambda z, t: jnp.sum(z * z) + 0 * jnp.sum(t), "label ignored", "fault"),
    ],
)
def test_what_becomes_of_the_answers(loss, verdict: str, severity: str) -> None:
    form = None if isinstance(loss, str) else "multi-label"
    _, answers = asked(loss, label_use, form=form)
    found = {answer.verdict: answer for answer in answers}
    assert verdict in found
    assert found[verdict].severity == severity
    assert (found[verdict].witness is None) == (severity == "fine")


def test_laws_are_those_of_one_answer_and_of_all() -> None:
    _, (wrong, right) = asked("asymmetric", gradient)
    rays = {ray["ray"]: ray for ray in wrong.details["rays"]}
    # A yes that falls has a constant slope; p(1 - p)^4 kills that of a no that rises.
    assert set(rays) == {
        f"{name}{suffix}"
        for name in ("R1", "R2", "R3")
        for suffix in ("", " with 3 labels")
    }
    assert rays["R2"]["kind"] == rays["R2 with 3 labels"]["kind"] == "constant"
    assert "decay" in rays["R1"]["kind"]
    assert right.verdict in ("fades", "ends")


def test_what_is_about_one_label_is_not_asked() -> None:
    diagnosis = ls.diagnose("sigmoid_brier", num_classes=N, points=20_000)
    for topic in ("proper", "noise robustness", "calibration exponent", "mixability"):
        (answer,) = diagnosis.of(topic)
        assert answer.verdict == "not asked"
        assert "one label among the classes" in answer.text
