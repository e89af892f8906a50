"""A loss in any known form is recognised, and another one is refused with the remedy."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.nn import log_softmax, one_hot, softmax

import logitscape as ls
from logitscape._src.diagnosis.evaluation import evaluate, hessians, probabilities
from logitscape._src.diagnosis.subjects import subject

pytestmark = pytest.mark.quick

Z = np.random.default_rng(0).normal(size=(5, 4))
EXPECTED = -log_softmax(jnp.asarray(Z), axis=1)[:, 2]


def of_target(z, t):
    return -jnp.sum(t * log_softmax(z))


def of_label(z, y):
    return -log_softmax(z)[y]


def of_batch_one_hot(logits, targets):
    assert logits.ndim == 2
    return -jnp.sum(targets * log_softmax(logits, axis=1), axis=1)


@pytest.mark.parametrize(
    ("source", "form"),
    [
        ("softmax + cross_entropy", "one example"),
        (ls.objective("softmax + cross_entropy"), "one example"),
        (of_target, "one example"),
        (of_label, "one example, label"),
        (optax.softmax_cross_entropy, "one example"),
        (optax.softmax_cross_entropy_with_integer_labels, "batch, labels"),
        (of_batch_one_hot, "batch, one-hot"),
        (ls.per_example("softmax + cross_entropy"), "batch, labels"),
    ],
)
def test_the_form_is_recognised_and_gives_the_same_numbers(source, form) -> None:
    recognised = subject(source, num_classes=4)
    assert recognised.form == form
    values = evaluate(recognised, Z, 2)
    np.testing.assert_allclose(values.loss, EXPECTED, rtol=1e-12)
    expected = softmax(jnp.asarray(Z), axis=1) - one_hot(jnp.full(5, 2), 4)
    np.testing.assert_allclose(values.gradient, expected, rtol=1e-9, atol=1e-12)


def test_a_form_that_is_told_but_not_taken_is_refused() -> None:
    with pytest.raises(TypeError, match="is no loss in the form 'batch, labels'"):
        subject(of_target, num_classes=4, form="batch, labels")


def test_a_form_that_is_told_is_taken() -> None:
    assert (
        subject(optax.softmax_cross_entropy, num_classes=4, form="batch, one-hot").form
        == "batch, one-hot"
    )


def test_what_is_no_loss_is_refused_with_what_was_tried() -> None:
    with pytest.raises(TypeError, match="every form: returned shape"):
        subject(lambda z, t: jnp.zeros((2, 3)), num_classes=4)
    with pytest.raises(TypeError, match="returned a str; return the losses only"):
        subject(lambda z, t: "loss", num_classes=4)


def test_unknown_specs_name_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean 'softmax'"):
        subject("softmaxx + brier", num_classes=4)


@pytest.mark.parametrize("m", [1, 5, 512, 513])
def test_any_number_of_points_goes_through_one_program(m: int) -> None:
    recognised = subject("softmax + brier", num_classes=3)
    z = np.random.default_rng(m).normal(size=(m, 3))
    values = evaluate(recognised, z, np.arange(m) % 3)
    assert values.loss.shape == (m,)
    np.testing.assert_allclose(
        values.loss[-1],
        ls.objective("softmax + brier")(z[-1], one_hot((m - 1) % 3, 3)),
        rtol=1e-12,
    )


def test_hessians_and_probabilities() -> None:
    recognised = subject("softmax + cross_entropy", num_classes=4)
    p = np.asarray(softmax(jnp.asarray(Z), axis=1))
    np.testing.assert_allclose(probabilities(recognised, Z), p, rtol=1e-12)
    expected = np.array([np.diag(each) - np.outer(each, each) for each in p])
    np.testing.assert_allclose(hessians(recognised, Z), expected, atol=1e-12)
    with pytest.raises(TypeError, match="no known normalizer"):
        probabilities(subject(of_target, num_classes=4), Z)


def test_half_precision_is_that_of_the_logits() -> None:
    def records(z, t):
        dtypes.append(z.dtype)
        return jnp.sum(z * t)

    dtypes: list[np.dtype] = []
    recognised = subject(records, num_classes=4)
    evaluate(recognised, Z, 0, dtype="bfloat16")
    assert dtypes[-1] == jax.numpy.bfloat16


def test_what_runs_in_float32_only_is_computed_in_it() -> None:
    def hard_wired(z, t):
        return -jnp.sum(t * jax.lax.add(log_softmax(z), jnp.zeros(4, jnp.float32)))

    recognised = subject(hard_wired, num_classes=4)
    assert recognised.refusal
    np.testing.assert_allclose(evaluate(recognised, Z, 2).loss, EXPECTED, rtol=1e-5)


@pytest.mark.parametrize(
    "normalizer", ["softmax", ls.normalizer("softmax"), ls.NORMALIZERS["softmax"]]
)
def test_a_known_normalizer_is_written_so_that_it_runs_in_a_shell(normalizer) -> None:
    assert (
        subject(of_target, num_classes=3, normalizer=normalizer).predictor
        == "ls.normalizer('softmax')"
    )
