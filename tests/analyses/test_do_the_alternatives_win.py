"""The helpers of the study: fast sparse normalizers, counting models, differences, verdicts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import ttest_1samp

import logitscape as ls
from analyses.do_the_alternatives_win.findings import verdict_of
from analyses.do_the_alternatives_win.sparse_at_size import ALPHAS, entmax, objective
from analyses.do_the_alternatives_win.word_counts import label_probabilities, unigrams
from analyses.shared.intervals import difference, holm
from logitscape._src.datasets.dataset import Dataset, Examples

LOGITS = np.random.default_rng(0).standard_normal((3, 40)) * [[1e-3], [1.0], [30.0]]
TOKENS = Examples(np.array([[0], [0], [1], [0]]), np.array([1, 2, 0, 1]))
DATA = Dataset("tokens", 3, 3, TOKENS, TOKENS, TOKENS, source="made up")


@pytest.mark.parametrize("spec", ["sparsemax", "entmax(alpha=1.5)"])
def test_the_fast_form_is_the_normalizer(spec):
    z = jnp.asarray(LOGITS, jnp.float32)
    normalizer = ls.normalizer(spec)
    fast = jax.jit(jax.vmap(lambda logits: entmax(logits, ALPHAS[spec]).p))(z)
    expected = jax.jit(jax.vmap(lambda logits: normalizer(logits).p))(z)
    np.testing.assert_allclose(fast, expected, atol=2e-6)
    np.testing.assert_allclose(fast.sum(axis=1), 1, atol=2e-6)


@pytest.mark.parametrize(
    "pair",
    [
        "sparsemax_loss",
        "entmax_loss(alpha=1.5)",
        "sparsemax + brier",
        "entmax(alpha=1.5) + brier",
    ],
)
def test_the_fast_form_has_the_loss_and_the_gradient_of_the_pair(pair):
    z, y = jnp.asarray(LOGITS[1:], jnp.float32), jnp.array([3, 5], jnp.int32)

    def value_and_gradient(pair_or_objective):
        loss = ls.per_example(pair_or_objective)
        return jax.jit(jax.value_and_grad(lambda logits: loss(logits, y).sum()))(z)

    value, gradient = value_and_gradient(objective(pair))
    expected_value, expected_gradient = value_and_gradient(pair)
    np.testing.assert_allclose(value, expected_value, rtol=2e-6)
    np.testing.assert_allclose(gradient, expected_gradient, atol=2e-6)


def test_a_pair_always_gives_the_same_objective():
    assert objective("sparsemax_loss") is objective("sparsemax_loss")
    assert objective("softmax + brier") is ls.objective("softmax + brier")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_counts_make_a_distribution(share):
    tokens = np.repeat([[0], [1], [2]], 3, axis=0)
    all_pairs = Examples(tokens, np.tile(np.arange(3), 3))
    probabilities = label_probabilities(DATA, all_pairs, share).reshape(3, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_without_a_share_or_after_an_unseen_token_the_unigrams_are_left():
    np.testing.assert_allclose(unigrams(DATA), np.array([2, 3, 2]) / 7)
    unseen = Examples(np.array([[2]]), np.array([1]))
    np.testing.assert_allclose(label_probabilities(DATA, unseen, 0.9), 3 / 7)
    np.testing.assert_allclose(
        label_probabilities(DATA, DATA.test, 0.9)[0], 0.9 * 2 / 3 + 0.1 * 3 / 7
    )


def test_the_paired_difference_is_that_of_the_t_test():
    values, reference = np.random.default_rng(0).normal(size=(2, 12))
    test = ttest_1samp(values - reference, 0)
    interval = test.confidence_interval(0.95)
    mean = np.mean(values - reference)
    np.testing.assert_allclose(
        difference(values, reference), [mean, interval.low, interval.high, test.pvalue]
    )
    assert np.isnan(difference([1.0, np.inf], [0.0, 0.0])).all()
    assert difference([1.0, 1.0], [1.0, 1.0]).p == 1
    assert difference([2.0, 2.0], [1.0, 1.0]).p == 0


def test_holm():
    corrected = holm([0.01, 0.04, np.nan, 0.03])
    np.testing.assert_allclose(corrected, [0.03, 0.06, np.nan, 0.06])


@pytest.mark.parametrize(
    ("signs", "verdict"),
    [
        ((1, 1), "holds"),
        ((1, 0), "holds with a limit"),
        ((-1, 1), "holds with a limit"),
        ((0, 0), "cannot tell"),
        ((0, -1), "does not hold"),
        ((-1, -1), "does not hold"),
    ],
)
def test_verdicts(signs, verdict):
    assert verdict_of(*signs)[0] == verdict
