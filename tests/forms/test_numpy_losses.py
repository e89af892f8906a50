"""A loss and its gradient as functions of NumPy are diagnosed without a program of JAX."""

import jax
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.subjects import subject_of_gradient

N = 4
Z = np.random.default_rng(0).normal(size=(3, N))


def of_label(z, label):
    p = np.exp(z - z.max())
    p /= p.sum()
    return -np.log(p[label]), p - np.eye(len(z))[label]


def of_batch(z, labels):
    both = [of_label(*pair) for pair in zip(z, labels, strict=True)]
    return np.array([loss for loss, _ in both]), np.array([g for _, g in both])


def mean_of_batch(z, labels):
    loss, gradient = of_batch(z, labels)
    return loss.mean(), gradient / len(z)


def of_one_logit(z, t):
    return np.logaddexp(0, z) - t * z, 1 / (1 + np.exp(-z)) - t


def loss_of_target(z, t):
    return np.log(np.exp(z).sum()) - t @ z


def gradient_of_target(z, t):
    return np.exp(z) / np.exp(z).sum() - t


@pytest.mark.parametrize(
    "given",
    [of_label, of_batch, mean_of_batch, (loss_of_target, gradient_of_target)],
)
def test_it_has_the_numbers_of_the_function(given) -> None:
    with enable_x64():
        found = subject_of_gradient(given, num_classes=N)
        values = evaluate(found, Z, 1)
        value, gradient = jax.value_and_grad(found.function)(Z[0], np.eye(N)[1])
    expected = of_batch(Z, [1, 1, 1])
    np.testing.assert_allclose(values.loss, expected[0], rtol=1e-12)
    np.testing.assert_allclose(values.gradient, expected[1], rtol=1e-12)
    # Out of a compiled program too, in all digits.
    np.testing.assert_allclose(value, expected[0][0], rtol=1e-14)
    np.testing.assert_allclose(gradient, expected[1][0], rtol=1e-14)


def test_a_loss_of_one_logit() -> None:
    with enable_x64():
        found = subject_of_gradient(of_one_logit, num_classes=N)
        values = evaluate(found, Z[:, :2], 1)
    loss, slope = of_one_logit(Z[:, 1] - Z[:, 0], 1.0)
    assert found.one_logit
    np.testing.assert_allclose(values.loss, loss)
    np.testing.assert_allclose(values.gradient, np.stack([-slope, slope], 1))


@pytest.fixture(scope="module")
def diagnosis() -> ls.Diagnosis:
    def wrong_sign(z, labels):
        loss, gradient = of_batch(z, labels)
        return loss, -gradient

    # However busy the machine is, everything is asked.
    return ls.diagnose(value_and_grad=wrong_sign, num_classes=3, budget=3600)


def test_a_gradient_that_is_not_that_of_the_loss_is_named(diagnosis) -> None:
    verdicts = [answer.verdict for answer in diagnosis.of("consistency")]
    assert "gradient is not that of the loss" in verdicts
    assert not diagnosis.healthy


def test_what_needs_a_program_is_not_asked(diagnosis) -> None:
    not_asked = [
        answer for answer in diagnosis.answers if answer.verdict == "not asked"
    ]
    assert {answer.question for answer in not_asked} >= {
        "cost",
        "consistency",
        "precision, float16",
    }
    assert all("NumPy" in answer.text for answer in not_asked)
    assert not [a for a in diagnosis.answers if a.verdict == "could not be measured"]
    assert [a for a in diagnosis.of("correction") if a.severity != "undecided"]


def test_its_witnesses_are_of_numpy(diagnosis) -> None:
    code = "\n".join(diagnosis.witnesses())
    assert "np.array(" in code
    assert "jax" not in code
    with np.errstate(all="ignore"):
        exec(code, {"your_function": of_batch, "wrong_sign": of_batch})


@pytest.mark.parametrize("given", [3, (of_label,), (of_label, 3)])
def test_what_is_no_gradient_is_refused(given) -> None:
    with pytest.raises(TypeError, match=r"value_and_grad=\.\.\."):
        subject_of_gradient(given, num_classes=3)


def test_one_of_both_is_given() -> None:
    with pytest.raises(TypeError, match="one of the two"):
        ls.diagnose()
    with pytest.raises(TypeError, match="one of the two"):
        ls.diagnose("softmax + brier", value_and_grad=of_label)
