"""Times to correct against quadrature, closed forms and growth classes; what never corrects itself; discrete steps."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.integrate import quad

import logitscape as ls
from logitscape._src.dynamics.discrete import (
    CAPPED,
    DIVERGED,
    OPTIMIZERS,
    STOPPED,
    steps_to_correct,
)
from logitscape._src.dynamics.flow import (
    AWAY,
    LEAVES,
    OUTSIDE,
    POLE,
    STUCK,
    ZERO,
    flow,
    times_to_correct,
)
from logitscape._src.dynamics.implicit import linearly_implicit
from logitscape._src.dynamics.lanes import evaluator
from logitscape._src.dynamics.trajectories import integrate, runge_kutta
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
    found = growth(MARGINS, across.log_times[across.objectives.index(name)])
    assert found.kind == CLASSES[name]


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
        found = growth(MARGINS, log_times)
        assert found.kind == "polynomial"
        assert found.exponent == pytest.approx(2, abs=0.1)


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
    """Among many classes the squared error first spreads the rival's share, and then creeps: e^(M/2), not e^M."""
    flows = times_to_correct("softmax + brier", [26.0, 28.0, 30.0], "R3", 100)
    assert flows.reached.all()
    np.testing.assert_allclose(np.diff(flows.log_times[0]), 1.01, atol=0.01)
    flows = times_to_correct("softmax + brier", [28.0, 32.0, 36.0], "R3", 3)
    np.testing.assert_allclose(np.diff(flows.log_times[0]), 3.0, atol=0.01)


def test_explicit_and_implicit_steps_agree():
    look = evaluator(
        [ls.objective("softmax + brier"), ls.objective("softmax + cross_entropy")], 0
    )
    z = jnp.array([[[-4.0, 4.0, 0.0, 1.0], [-1.0, 0.0, 3.0, 3.0]]] * 2)
    skip = jnp.zeros((2, 2), bool)
    one, other = (
        jax.jit(partial(integrate, look, step, 500))(look(z), z, skip)
        for step in (runge_kutta, linearly_implicit)
    )
    assert one.done.all()
    assert other.done.all()
    np.testing.assert_allclose(one.log_time, other.log_time, rtol=1e-7)
    np.testing.assert_allclose(one.z, other.z, atol=1e-6)


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
def test_what_never_corrects_itself_says_why(hopeless, name):
    row = hopeless.objectives.index(name)
    assert hopeless.reasons[row, 0] == REASONS[name]
    assert not hopeless.reached[row, 0]
    assert hopeless.times[row, 0] == hopeless.log_times[row, 0] == np.inf


def test_sums_may_lead_out_of_their_domain(hopeless):
    assert (
        hopeless.reasons[hopeless.objectives.index("sum + cross_entropy"), 1] == LEAVES
    )


def test_where_it_ends(hopeless):
    bowl, plateau, half_plane = (
        hopeless.ends[hopeless.objectives.index(name), 0]
        for name in ("bowl", "plateau", "half plane")
    )
    np.testing.assert_allclose(bowl, [0, 2, 1], atol=0.02)
    assert plateau[1] - plateau[0] == pytest.approx(3, abs=1e-9)
    assert half_plane[1] == pytest.approx(2, abs=1e-9)


def absolute(z, t):
    return jnp.sum(jnp.abs(z - t))


def test_kinks_are_followed_in_time():
    """Hinges and absolute values from ties and from nowhere in particular; the true times are known."""
    start = np.r_[-5.0, 5.0, np.zeros(8)]
    flows = flow(
        {"absolute": absolute, "hinge": "crammer_singer", "perceptron": "perceptron"},
        start,
    )
    np.testing.assert_allclose(flows.times[:, 0], 5, rtol=1e-3)


def test_a_user_function_is_followed_like_the_catalogue():
    def own(z, t):
        return -jnp.sum(t * jax.nn.log_softmax(z))

    flows = flow([own, "softmax + cross_entropy"], [[-5.0, 5.0, 0.0], [-1.0, 0.0, 8.0]])
    np.testing.assert_allclose(flows.times[0], flows.times[1], rtol=1e-8)


def test_prediction_is_by_p_and_not_by_z():
    """Far on the left of its minimum Taylor's polynomial rises again: there p and z disagree."""
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
        ValueError, match=r"`flow\(points=...\)` must be at least 2, got 1."
    ):
        flow("softmax + cross_entropy", [0.0, 1.0], points=1)
    with (
        jax.enable_x64(False),
        pytest.raises(RuntimeError, match="`flow` needs float64"),
    ):
        flow("softmax + cross_entropy", [0.0, 1.0])


SYNTHETIC = {
    "bounded": lambda m: 3 - 2 * np.exp(-m / 2),
    "logarithmic": lambda m: 2 * np.log(m + 1) + 5,
    "linear": lambda m: 4 * m - 3,
    "polynomial": lambda m: 0.1 * m**2.5 + 3 * m,
    "exponential": lambda m: 2 * m * np.exp(0.7 * m) + 10,
}


@pytest.mark.parametrize("kind", SYNTHETIC)
def test_growth_by_construction(kind):
    assert growth(MARGINS, np.log(SYNTHETIC[kind](MARGINS))).kind == kind


def test_constants_of_growth():
    def of(function):
        return growth(MARGINS, np.log(function(MARGINS)))

    assert of(SYNTHETIC["bounded"]).coefficient == pytest.approx(3, rel=1e-6)
    assert of(SYNTHETIC["linear"]).coefficient == pytest.approx(4, rel=1e-6)
    assert of(lambda m: m**3).exponent == pytest.approx(3, rel=1e-6)
    assert str(of(lambda m: m**3)) == "polynomial, M^3.00"
    assert str(of(lambda m: np.exp(0.5 * m))) == "exponential, e^(0.50 M)"


def test_growth_that_is_linear_but_for_a_logarithm():
    found = growth(MARGINS, np.log(2 * MARGINS - 3 * np.log(MARGINS) + 1))
    assert found.kind == "linear"
    assert found.coefficient == pytest.approx(2, rel=1e-6)
    assert growth(MARGINS, np.log(MARGINS**1.1)).kind == "polynomial"


def test_times_that_fall_are_bounded():
    found = growth(MARGINS, -np.log(MARGINS))
    assert (found.kind, found.coefficient) == ("bounded", pytest.approx(0, abs=1e-9))


def test_never_from_where():
    log_times = np.where(MARGINS < 12, np.log(MARGINS), np.inf)
    found = growth(MARGINS, log_times)
    assert (found.kind, found.never_from) == ("never", 12)
    assert str(found) == "never from M = 12"


def test_growth_that_cannot_be_told():
    assert growth(MARGINS, np.full(30, np.nan)).kind == "undetermined"
    assert growth(MARGINS, np.log(2 + np.sin(MARGINS))).kind == "undetermined"
    with pytest.raises(
        ValueError,
        match=r"`growth\(margins, log_times\)` must be positive increasing margins",
    ):
        growth([2.0, 1.0], [0.0, 0.0])


def by_hand(spec, z, optimizer, most=10_000):
    gradient = jax.jit(jax.grad(ls.objective(spec).function))
    target, state = jnp.eye(len(z))[0], optimizer.init(z)
    for count in range(most):
        if int(jnp.argmax(z)) == 0:
            return count
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimizer.update(gradient(z, target), state, z)
        z = optax.apply_updates(z, updates)
    return -1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_a_plain_loop(name):
    optimizer = OPTIMIZERS[name](0.3)
    starts = np.array([[-1.0, 1.0, 0.0], [-2.0, 0.5, 0.3], [1.0, 0.0, 0.0]])
    steps = steps_to_correct("softmax + brier", starts, optimizer)
    assert steps.counts[0].tolist() == [
        by_hand("softmax + brier", jnp.array(z), optimizer) for z in starts
    ]
    assert steps.reached.all()


def test_normalised_steps_do_not_mind_saturation():
    specs, start = ["softmax + mae", "softmax + cross_entropy"], [-5.0, 5.0]
    slow, normal = steps_to_correct(specs, start, OPTIMIZERS["sgd"](0.1)).counts[:, 0]
    assert slow > 100 * normal
    slow, normal = steps_to_correct(specs, start, OPTIMIZERS["adam"](0.1)).counts[:, 0]
    assert slow < 2 * normal


def test_small_steps_of_descent_take_the_time_of_the_flow():
    time = flow("softmax + cross_entropy", [-5.0, 5.0]).times[0, 0]
    count = steps_to_correct(
        "softmax + cross_entropy", [-5.0, 5.0], OPTIMIZERS["sgd"](1e-3)
    ).counts[0, 0]
    assert count * 1e-3 == pytest.approx(time, rel=1e-2)


def test_steps_that_lead_nowhere_say_why():
    start, run = [-5.0, 5.0, 0.0], OPTIMIZERS["sgd"](0.1)
    steps = steps_to_correct(
        ["sparsemax + brier", "sum + cross_entropy", "softmax + mae"],
        start,
        run,
        most=50,
    )
    assert steps.reasons[:, 0].tolist() == [STOPPED, DIVERGED, CAPPED]
    assert steps.counts[:, 0].tolist() == [-1, -1, -1]
    with pytest.raises(
        ValueError, match=r"`steps_to_correct\(most=...\)` must be at least 1, got 0."
    ):
        steps_to_correct("softmax + mae", start, run, most=0)
