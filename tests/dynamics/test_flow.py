"""Times to correct against quadrature, closed forms and growth classes."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.dynamics.explicit import runge_kutta
from logitscape._src.dynamics.flow import flow, times_to_correct
from logitscape._src.dynamics.implicit import linearly_implicit
from logitscape._src.dynamics.lanes import evaluator, shared_lanes
from logitscape._src.dynamics.path import as_text, of_text
from logitscape._src.dynamics.stepwise import integrate_stepwise
from logitscape._src.dynamics.trajectories import integrate
from logitscape._src.properties.growth import growth

MARGINS = np.arange(1.0, 31.0)

PULLS = {
    "cross_entropy": lambda p: 1.0,
    "exponential": lambda p: 1 / p,
    "brier": lambda p: 4 * p * (1 - p),
    "mae": lambda p: 2 * p,
    "hellinger": lambda p: np.sqrt(p) / 2,
    "generalized_cross_entropy": lambda p: p**0.7,
}
"""w(p) = -psi'(p) p of L = psi(p_y)."""

CLASSES = {
    "softmax + exponential": "bounded",
    "squared_logits": "logarithmic",
    "softmax + cross_entropy": "linear",
    "crammer_singer": "linear",
    "sparsemax_loss": "linear",
    "softmax + brier": "exponential",
    "softmax + mae": "exponential",
    "softmax + hellinger": "exponential",
    "softmax + clipped_cross_entropy": "exponential",
    "sparsemax + brier": "never",
    "argmax + brier": "never",
}


@pytest.fixture(scope="module")
def softmaxes():
    return times_to_correct([f"softmax + {loss}" for loss in PULLS], MARGINS)


@pytest.fixture(scope="module")
def across():
    return times_to_correct(list(CLASSES), MARGINS)


@pytest.mark.parametrize("loss", PULLS)
def test_times_are_those_of_quadrature(softmaxes, loss):
    """dm/dt = 2 w(p) (1 - p) with p = sigmoid(m), for two classes."""

    def slowness(m):
        return 1 / (2 * PULLS[loss](1 / (1 + np.exp(-m))) / (1 + np.exp(m)))

    pieces = [quad(slowness, -m, 1 - m, epsrel=1e-11)[0] for m in MARGINS]
    row = softmaxes.objectives.index(f"softmax + {loss}")
    np.testing.assert_allclose(softmaxes.times[row], np.cumsum(pieces), rtol=1e-6)
    assert softmaxes.reached[row].all()
    assert set(softmaxes.reasons[row]) == {""}


def test_the_closed_form_of_cross_entropy(softmaxes):
    np.testing.assert_allclose(
        softmaxes.times[0], (MARGINS + 1 - np.exp(-MARGINS)) / 2, rtol=1e-7
    )


@pytest.mark.parametrize("name", CLASSES)
def test_growth_classes(across, name):
    row = across.objectives.index(name)
    assert growth(MARGINS, across.log_times[row]).kind == CLASSES[name]


def test_rates_of_growth(across):
    rates = {
        name: growth(MARGINS, log_t).rate
        for name, log_t in zip(across.objectives, across.log_times, strict=True)
    }
    assert rates["softmax + brier"] == pytest.approx(1, abs=1e-3)
    assert rates["softmax + mae"] == pytest.approx(1, abs=1e-3)
    assert rates["softmax + hellinger"] == pytest.approx(0.5, abs=1e-3)
    assert rates["softmax + clipped_cross_entropy"] == pytest.approx(1, abs=0.01)


def test_normalizers_without_an_exponential_take_quadratic_time():
    specs = [
        "sum + cross_entropy",
        "spherical + cross_entropy",
        "taylor + cross_entropy",
    ]
    flows = times_to_correct(specs, MARGINS, "R1", base=1.0)
    for log_times in flows.log_times:
        law = growth(MARGINS, log_times)
        assert law.kind == "polynomial"
        assert law.exponent == pytest.approx(2, abs=0.1)


def test_scale_invariant_normalizers_conserve_the_norm():
    flows = flow("square + cross_entropy", [[1.0, 5.0, 2.0], [3.0, 4.0, 0.5]])
    np.testing.assert_allclose(
        np.linalg.norm(flows.ends[0], axis=1),
        np.linalg.norm(flows.starts, axis=1),
        rtol=1e-8,
    )


def test_times_beyond_the_range_of_floats_have_logarithms():
    flows = flow("softmax + mae", [[-200.0, 200.0], [-350.0, 350.0]])
    np.testing.assert_allclose(
        flows.log_times[0], [400 - np.log(4), 700 - np.log(4)], rtol=1e-9
    )


def test_many_classes_on_every_ray():
    starts = np.zeros((6, 100))
    starts[:, :2] = [[0, 2], [0, 20], [-2, 0], [-20, 0], [-1, 1], [-10, 10]]
    flows = flow(["softmax + cross_entropy", "crammer_singer"], starts)
    assert flows.reached.all()
    assert (flows.times[:, 1::2] > flows.times[:, ::2]).all()


def test_stiff_flows_are_followed_to_their_end():
    """Among many classes, the squared error first spreads the rival's probability and then creeps.

    The time grows like e^(M/2), not like e^M.
    """
    flows = times_to_correct("softmax + brier", [26.0, 28.0, 30.0], "R3", 100)
    assert flows.reached.all()
    np.testing.assert_allclose(np.diff(flows.log_times[0]), 1.01, atol=0.01)
    flows = times_to_correct("softmax + brier", [28.0, 32.0, 36.0], "R3", 3)
    np.testing.assert_allclose(np.diff(flows.log_times[0]), 3.0, atol=0.01)


def test_explicit_and_implicit_steps_agree():
    specs = ["softmax + brier", "softmax + cross_entropy"]
    evaluate = evaluator([ls.objective(spec) for spec in specs], 0)
    z = jnp.array([[[-4.0, 4.0, 0.0, 1.0], [-1.0, 0.0, 3.0, 3.0]]] * 2)
    skip = jnp.zeros((2, 2), bool)

    def followed(stepper):
        run = jax.jit(partial(integrate, evaluate, stepper, 500))
        return run(evaluate(z), z, skip)

    explicit = followed(runge_kutta)
    implicit = followed(linearly_implicit)
    assert explicit.done.all()
    assert implicit.done.all()
    np.testing.assert_allclose(explicit.log_time, implicit.log_time, rtol=1e-7)
    np.testing.assert_allclose(explicit.z, implicit.z, atol=1e-6)


def test_a_user_function_is_followed_like_the_catalog():
    def cross_entropy(z, t):
        return -jnp.sum(t * jax.nn.log_softmax(z))

    flows = flow(
        [cross_entropy, "softmax + cross_entropy"], [[-5.0, 5.0, 0.0], [-1.0, 0.0, 8.0]]
    )
    np.testing.assert_allclose(flows.times[0], flows.times[1], rtol=1e-8)


def test_prediction_is_by_p_and_not_by_z():
    """Far to the left of its minimum Taylor's polynomial rises again: there p and z disagree."""
    flows = flow("taylor + cross_entropy", [-9.0, 5.0])
    assert (flows.times[0, 0], flows.reasons[0, 0]) == (0, "")
    assert flows.log_times[0, 0] == -np.inf
    np.testing.assert_array_equal(flows.ends[0, 0], [-9.0, 5.0])


def test_paths_lead_from_start_to_end():
    flows = flow(
        ["softmax + cross_entropy", "softmax + brier"],
        [[-3.0, 3.0, 1.0], [1.0, -1.0, 0.0]],
        points=9,
    )
    assert flows.paths.shape == (2, 2, 9, 3)
    np.testing.assert_array_equal(
        flows.paths[:, :, 0], np.broadcast_to(flows.starts, (2, 2, 3))
    )
    np.testing.assert_allclose(flows.paths[:, :, -1], flows.ends, atol=1e-6)
    distances = np.linalg.norm(np.diff(flows.paths, axis=2), axis=-1)
    assert (distances <= flows.lengths[..., None] / 8 + 1e-9).all()


def test_label_and_rival_may_be_any():
    flows = times_to_correct("softmax + cross_entropy", [4.0], "R3", 3, label=2)
    np.testing.assert_array_equal(flows.starts, [[2.0, 0.0, -2.0]])
    assert flows.times[0, 0] == pytest.approx(
        times_to_correct("softmax + cross_entropy", [4.0], "R3", 3).times[0, 0]
    )


@pytest.mark.parametrize("starts", [[[np.nan, 0.0]], [1.0], [], [[[0.0, 1.0]]]])
def test_starts_must_be_logits(starts):
    with pytest.raises(
        ValueError,
        match=r"`flow\(starts\)` must be finite logits \[m, n\] with n >= 2, got",
    ):
        flow("softmax + cross_entropy", starts)


def test_other_arguments_are_checked():
    with pytest.raises(
        ValueError, match=r"`flow\(label=...\)` must lie between 0 and 1, got 2."
    ):
        flow("softmax + cross_entropy", [0.0, 1.0], label=2)
    with pytest.raises(
        ValueError, match=r"`flow\(points=...\)` must be a whole number, at least 2 and"
    ):
        flow("softmax + cross_entropy", [0.0, 1.0], points=1)
    with (
        enable_x64(False),
        pytest.raises(RuntimeError, match="`flow` needs float64"),
    ):
        flow("softmax + cross_entropy", [0.0, 1.0])


def test_flows_step_by_step_are_those_of_one_program() -> None:
    """Smooth flows, one that slides along a kink, and one that has no gradient."""
    pairs = ("softmax + brier", "crammer_singer", "argmax + cross_entropy")
    objectives = [ls.objective(pair) for pair in pairs]
    with enable_x64():
        lanes = shared_lanes(np.array([[-3.0, 3.0, 0.0], [2.5, 8.5, 6.0]]), len(pairs))
        evaluate = jax.jit(evaluator(objectives, 0))
        inputs = (evaluate(lanes), lanes, np.zeros(lanes.shape[:2], bool))
        whole = jax.jit(partial(integrate, evaluate, runge_kutta, 40))(*inputs)
        parts = integrate_stepwise(evaluate, 40, *inputs[1:])
        again = of_text(as_text(parts))
    # Rounding decides how long a step is, so that two paths agree as far as steps are accurate.
    for name in ("z", "log_time", "length", "stuck", "done"):
        one, other = (np.asarray(getattr(path, name)) for path in (whole, parts))
        np.testing.assert_allclose(other, one, rtol=1e-7, atol=1e-7, err_msg=name)
    for other, read in zip(*map(jax.tree.leaves, (parts, again)), strict=True):
        np.testing.assert_array_equal(read, other)
        assert read.dtype == other.dtype
