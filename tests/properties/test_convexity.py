"""Convexity, compared with theory and closed forms; second derivatives, with differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.properties.convexity import convexities
from logitscape._src.properties.second_derivatives import second_derivatives

CONVEX = {
    "softmax + cross_entropy": True,
    "softmax + brier": False,
    "softmax + clipped_cross_entropy": False,
    "sum + cross_entropy": False,
    "sparsemax + brier": False,
    "argmax + mae": False,
    "min_shift + label_smoothing": None,
    "crammer_singer": True,
    "squared_logits": True,
}


@pytest.fixture(scope="module")
def results():
    return convexities(list(CONVEX))


@pytest.mark.parametrize("name", CONVEX)
def test_verdicts(results, name):
    assert results[name].convex is CONVEX[name]


def test_the_witness_bends_down(results):
    brier = results["softmax + brier"]
    function = ls.objective("softmax + brier").function
    hessian = jax.jit(jax.hessian(function))(jnp.array(brier.witness), jnp.eye(3)[0])
    assert np.linalg.eigvalsh(hessian)[0] == pytest.approx(brier.curvature, rel=1e-9)
    assert brier.curvature < -0.4


def test_the_lowest_curvature_is_the_one_of_a_formula():
    """The Hessian of sum + cross_entropy has 1/S^2 everywhere and -1/z_y^2 for the label.

    Among logits of norm 1 and more, its lowest eigenvalue is lowest at z = (1, 0, 0).
    """
    results = convexities(["sum + cross_entropy", "square + exponential"])
    result = results["sum + cross_entropy"]
    assert result.curvature == pytest.approx(-1 - np.sqrt(3), rel=1e-3)
    assert result.witness == pytest.approx((1, 0, 0), abs=1e-2)
    assert result.settled


def test_a_curvature_that_nothing_bounds_is_not_settled(results):
    """With relu, probabilities change arbitrarily fast near z = (0+, 0+, -5)."""
    result = convexities(["relu + cross_entropy"])["relu + cross_entropy"]
    assert result.curvature < -1000
    assert not result.settled


def test_the_search_of_one_objective_does_not_depend_on_the_others(results):
    assert (
        convexities(["softmax + brier"])["softmax + brier"]
        == results["softmax + brier"]
    )


def test_only_chords_show_a_jump(results):
    argmax = results["argmax + mae"]
    function = ls.objective("argmax + mae").function
    ends = jnp.array(argmax.chord)
    a, b, middle = (
        float(function(z, jnp.eye(3)[0])) for z in (*ends, ends.mean(axis=0))
    )
    assert argmax.curvature == 0
    assert middle - (a + b) / 2 == pytest.approx(argmax.excess)


def test_the_curvature_of_squares(results):
    assert results["squared_logits"].curvature == pytest.approx(2)
    assert np.isnan(results["min_shift + label_smoothing"].curvature)
    assert results["min_shift + label_smoothing"].infinite == 1


@pytest.mark.parametrize(
    "spec",
    ["softmax + focal", "taylor + cross_entropy", "square + exponential", "z_loss"],
)
def test_second_derivatives_are_those_of_the_formula(spec):
    """Differences of the gradient share nothing with the rules under test."""
    z, d, y = jnp.array([0.3, 1.4, -0.6]), np.array([[1.0, -2.0, 0.5]]), np.eye(3)[0]
    objective = ls.objective(spec)
    loss, second = jax.jit(partial(second_derivatives, [objective], y, d))(
        z[None, None]
    )
    slope = jax.jit(jax.grad(objective.function))
    ends = (slope(z + step * d[0], jnp.asarray(y)) @ d[0] for step in (1e-5, -1e-5))
    assert float(loss[0, 0]) == pytest.approx(
        float(objective.function(z, jnp.asarray(y)))
    )
    assert float(second[0, 0, 0]) == pytest.approx(
        float(np.subtract(*map(float, ends)) / 2e-5), rel=1e-6
    )
