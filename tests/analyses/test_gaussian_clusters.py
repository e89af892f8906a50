"""The helpers of the study of Gaussian clusters: its minimiser, its theory and its statistics."""

import numpy as np
import pytest

from analyses.gaussian_clusters.minimise import minimise
from analyses.gaussian_clusters.theory import SLOPES, bayes, grid, ideal, softmax

pytestmark = pytest.mark.quick

ETA = np.array([[0.6, 0.3, 0.1], [0.02, 0.9, 0.08]])


def rosenbrock(x):
    a, b = x.T
    slope = np.stack([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)], axis=1)
    return (1 - a) ** 2 + 100 * (b - a * a) ** 2, slope


def kinked(x):
    a, b = x.T
    return abs(a) + 3 * abs(b - a), np.stack(
        [np.sign(a) - 3 * np.sign(b - a), 3 * np.sign(b - a)], axis=1
    )


@pytest.mark.parametrize(("function", "minimum"), [(rosenbrock, 1.0), (kinked, 0.0)])
def test_minimises_every_lane(function, minimum):
    found = minimise(
        function, np.random.default_rng(0).standard_normal((6, 2)), most=200
    )
    assert np.abs(found.points - minimum).max() < 1e-4
    assert (found.values == function(found.points)[0]).all()


def test_no_step_leads_out_of_the_domain_and_bad_starts_stay():
    def barrier(x):
        with np.errstate(invalid="ignore", divide="ignore"):
            return (x - np.log(x))[:, 0], 1 - 1 / x

    found = minimise(barrier, np.array([[5.0], [-1.0], [1e-3]]), most=100)
    assert found.points[[0, 2]] == pytest.approx(1, abs=1e-5)
    assert found.points[1] == -1


def test_lanes_do_not_see_each_other():
    starts = np.random.default_rng(1).standard_normal((4, 2))
    together = minimise(rosenbrock, starts, most=200)
    alone = minimise(rosenbrock, starts[2:3], most=200)
    assert (alone.points[0] == together.points[2]).all()


@pytest.mark.parametrize("loss", [*SLOPES, "label_smoothing", "reverse_kl", "brier"])
def test_what_a_loss_asks_for_is_a_distribution(loss):
    assert ideal(loss, ETA).sum(axis=1) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("loss", "power"),
    [
        ("cross_entropy", 1),
        ("exponential", 1 / 2),
        ("hellinger", 2),
        ("generalized_cross_entropy", 10 / 3),
    ],
)
def test_some_losses_ask_for_powers(loss, power):
    assert ideal(loss, ETA) == pytest.approx(softmax(power * np.log(ETA)), abs=1e-9)


def test_the_grid_has_the_moments_of_the_clusters():
    points, weights = grid()
    assert weights.sum() == pytest.approx(1)
    assert weights @ bayes(points) == pytest.approx([0.5, 0.3, 0.2], abs=1e-7)
    assert weights @ (points**2).sum(axis=1) == pytest.approx(2 + 1.5**2, abs=1e-5)


def test_holm():
    from analyses.shared.intervals import holm

    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
