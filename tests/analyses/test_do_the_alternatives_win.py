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
    fast, expected = jax.jit(
        jax.vmap(
            lambda each: (entmax(each, ALPHAS[spec]).p, ls.normalizer(spec)(each).p)
        )
    )(z)
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

    def value_and_gradient(each):
        return jax.jit(
            jax.value_and_grad(lambda logits: ls.per_example(each)(logits, y).sum())
        )(z)

    (ours, slope), (theirs, expected) = (
        value_and_gradient(objective(pair)),
        value_and_gradient(pair),
    )
    np.testing.assert_allclose(ours, theirs, rtol=2e-6)
    np.testing.assert_allclose(slope, expected, atol=2e-6)


def test_an_objective_is_made_once():
    assert objective("sparsemax_loss") is objective("sparsemax_loss")
    assert objective("softmax + brier") is ls.objective("softmax + brier")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_counts_make_a_distribution(share):
    every = Examples(np.repeat([[0], [1], [2]], 3, axis=0), np.tile(np.arange(3), 3))
    sums = label_probabilities(DATA, every, share).reshape(3, 3).sum(axis=1)
    np.testing.assert_allclose(sums, 1)


def test_without_a_share_or_after_an_unseen_token_the_unigrams_are_left():
    np.testing.assert_allclose(unigrams(DATA), np.array([2, 3, 2]) / 7)
    unseen = Examples(np.array([[2]]), np.array([1]))
    np.testing.assert_allclose(label_probabilities(DATA, unseen, 0.9), 3 / 7)
    np.testing.assert_allclose(
        label_probabilities(DATA, DATA.test, 0.9)[0], 0.9 * 2 / 3 + 0.1 * 3 / 7
    )


def test_the_paired_difference_is_that_of_the_t_test():
    ours, theirs = np.random.default_rng(0).normal(size=(2, 12))
    found, expected = difference(ours, theirs), ttest_1samp(ours - theirs, 0)
    interval = expected.confidence_interval(0.95)
    np.testing.assert_allclose(
        found, [np.mean(ours - theirs), interval.low, interval.high, expected.pvalue]
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
