"""Flows that never correct themselves, with their reasons, and flows along kinks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.dynamics.flow import flow
from logitscape._src.dynamics.reasons import AWAY, LEAVES, OUTSIDE, POLE, STUCK, ZERO


def wrong_way(z, t):
    return jnp.sum(t * jax.nn.log_softmax(z))


def bowl(z, t):
    return (
        jnp.sum((z - jnp.array([0.0, 2.0, 1.0])) ** 2 * jnp.array([1.0, 3.0, 0.5]))
        + 0 * t[0]
    )


def half_plane(z, t):
    return jnp.where(z[1] > 2, z[1] ** 2 - z[0], jnp.nan) + 0 * t[0]


def cliff(z, t):
    return jnp.where(z[1] > 2, z[1], jnp.inf) + 0 * t[0]


def plateau(z, t):
    return jnp.maximum(z[1] - z[0], 3.0) + 0 * t[0]


SOURCES = {
    "sparsemax + brier": "sparsemax + brier",
    "argmax + mae": "argmax + mae",
    "relu + brier": "relu + brier",
    "sparsemax + cross_entropy": "sparsemax + cross_entropy",
    "sum + cross_entropy": "sum + cross_entropy",
    "cliff": cliff,
    "half plane": half_plane,
    "bowl": bowl,
    "plateau": plateau,
    "wrong way": wrong_way,
}
REASONS = {
    "sparsemax + brier": ZERO,
    "argmax + mae": ZERO,
    "relu + brier": ZERO,
    "sparsemax + cross_entropy": POLE,
    "sum + cross_entropy": OUTSIDE,
    "cliff": POLE,
    "half plane": LEAVES,
    "bowl": STUCK,
    "plateau": STUCK,
    "wrong way": AWAY,
}


@pytest.fixture(scope="module")
def hopeless():
    return flow(SOURCES, [[-5.0, 5.0, 0.0], [1.0, 31.0, 0.1]])


@pytest.mark.parametrize("name", REASONS)
def test_a_flow_that_never_corrects_itself_has_a_reason(hopeless, name):
    row = hopeless.objectives.index(name)
    assert hopeless.reasons[row, 0] == REASONS[name]
    assert not hopeless.reached[row, 0]
    assert hopeless.times[row, 0] == hopeless.log_times[row, 0] == np.inf


def test_sums_may_lead_out_of_their_domain(hopeless):
    assert (
        hopeless.reasons[hopeless.objectives.index("sum + cross_entropy"), 1] == LEAVES
    )


def test_flows_end_at_the_known_points(hopeless):
    def end(name):
        return hopeless.ends[hopeless.objectives.index(name), 0]

    np.testing.assert_allclose(end("bowl"), [0, 2, 1], atol=0.02)
    assert end("plateau")[1] - end("plateau")[0] == pytest.approx(3, abs=1e-9)
    assert end("half plane")[1] == pytest.approx(2, abs=1e-9)


def absolute(z, t):
    return jnp.sum(jnp.abs(z - t))


def test_kinks_are_followed_in_time():
    """Hinges and absolute values, from a start with ties; the true times are known."""
    start = np.r_[-5.0, 5.0, np.zeros(8)]
    flows = flow(
        {"absolute": absolute, "hinge": "crammer_singer", "perceptron": "perceptron"},
        start,
    )
    np.testing.assert_allclose(flows.times[:, 0], 5, rtol=1e-3)
