"""The smooth top-k hinge beside its definition, and its limits."""

from itertools import combinations
from math import exp, log

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.formulas import hot
from tests.oracle.accuracy import measured_logit_loss, reference
from tests.oracle.failures import failures


def by_definition(z, label, k, t):
    """Over all sets of k classes, as equation 7 of arXiv 1802.07595 has it: a set without the label
    has a loss of 1, and those with it are compared with all.
    """
    every = list(combinations(range(len(z)), k))
    sizes = {s: exp((sum(z[j] for j in s)) / (k * t)) for s in every}
    of_all = sum(x * exp((label not in s) / t) for s, x in sizes.items())
    with_label = sum(x for s, x in sizes.items() if label in s)
    return t * (log(of_all) - log(with_label))


def compiled(spec):
    """Value and gradient; eagerly, every step of the tournament is a program."""
    return jax.jit(jax.value_and_grad(ls.objective(spec)))


@pytest.mark.parametrize(("k", "t"), [(1, 1.0), (2, 1.0), (5, 2.0)])
def test_it_is_a_sum_over_all_sets_of_guesses(k: int, t: float) -> None:
    z = np.random.default_rng(k).normal(size=7) * 2
    loss = compiled(f"smooth_top_k_hinge(k={k}, temperature={t})")
    for label in (0, int(z.argmax())):
        value, _ = loss(jnp.asarray(z), hot(label, 7))
        np.testing.assert_allclose(value, by_definition(z, label, k, t), rtol=1e-12)


def test_its_limits() -> None:
    z, target = jnp.array([0.5, 3.0, 1.5, 0.0]), hot(0, 4)
    cold, _ = compiled("smooth_top_k_hinge(k=2, temperature=1e-3)")(z, target)
    np.testing.assert_allclose(cold, 1 + (1.5 - 0.5) / 2, rtol=1e-12)
    one = compiled("smooth_top_k_hinge(k=1)")(z, target)
    with_margin = compiled("cosface(margin=1, scale=1)")(z, target)
    np.testing.assert_allclose(one[0], with_margin[0], rtol=1e-12)
    np.testing.assert_allclose(one[1], with_margin[1], rtol=1e-12)
    value, slope = compiled("smooth_top_k_hinge(k=4)")(z, target)
    assert value == 0
    assert not slope.any()


def test_a_step_moves_no_more_than_the_label_and_its_rivals() -> None:
    """Of classes far apart too, every rival has a positive derivative, and all sum to 0."""
    z = jnp.array([0.0, 60.0, 30.0, 30.0, -20.0])
    _, slope = compiled("smooth_top_k_hinge(k=2)")(z, hot(0, 5))
    assert slope[0] < 0
    assert (slope[1:] > 0).all()
    assert abs(slope.sum()) < 1e-15


@pytest.mark.lengthy
def test_sums_of_many_products_keep_their_digits() -> None:
    """Their logarithms are added and taken from each other, and must not be large."""
    spec, n, dtype = "smooth_top_k_hinge(k=5)", 100, "float32"
    got = measured_logit_loss(spec, n, dtype)
    assert not failures(spec, got, reference(spec, n, dtype), dtype)
