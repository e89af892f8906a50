"""Label noise, calibration, mixability and collapse agree with closed forms and with their laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.nn import log_softmax

import logitscape as ls

GAPS = np.array([0.01, 0.1, 0.5, 0.9])
Q = 0.7


def entropy_gap(b):
    return ((1 + b) * np.log1p(b) + (1 - b) * np.log1p(-b)) / 2


def power_gap(b):
    s = 1 / (1 - Q)
    mean = ((1 + b) ** s + (1 - b) ** s) / 2
    return (mean ** (1 - Q) - 1) / (Q * 2**Q)


def odds(z: Array, t: Array) -> Array:
    return jnp.exp(-z @ (2 * t - 1))


def usual(z: Array, t: Array) -> Array:
    return -log_softmax(z) @ t


def normalised(z: Array, t: Array) -> Array:
    return log_softmax(z) @ t / jnp.sum(log_softmax(z))


def weighted(z: Array, t: Array) -> Array:
    weights = jnp.arange(1.0, z.size + 1)
    return (weights @ t) * usual(z, t)


def unhinged(z: Array, t: Array) -> Array:
    return jnp.mean(z) - z @ t


def nowhere(z: Array, t: Array) -> Array:
    return jnp.sum(z * t) * jnp.nan


def scaled(loss, factor: float):
    return lambda z, t: factor * loss(z, t) + 3.0


# Label noise


@pytest.mark.parametrize("n", [3, 7])
@pytest.mark.parametrize(
    ("loss", "low", "high"),
    [
        ("softmax + mae", lambda n: 2 * n - 2, lambda n: 2 * n - 2),
        ("sum + mae", lambda n: 2 * n - 2, lambda n: 2 * n - 2),
        (normalised, lambda n: 1, lambda n: 1),
        (unhinged, lambda n: 0, lambda n: 0),
        (
            f"softmax + generalized_cross_entropy(q={Q})",
            lambda n: (n - n ** (1 - Q)) / Q,
            lambda n: (n - 1) / Q,
        ),
        ("softmax + brier", lambda n: n - 1, lambda n: 2 * n - 2),
        ("softmax + cross_entropy", lambda n: n * np.log(n), lambda n: np.inf),
        # A logarithm grows slowly.
        ("sum + cross_entropy", lambda n: n * np.log(n), lambda n: np.inf),
        ("crammer_singer", lambda n: n, lambda n: np.inf),
    ],
)
def test_the_sum_over_labels_has_the_bounds_of_theory(loss, low, high, n: int) -> None:
    found = ls.noise_symmetry(loss, num_classes=n)
    assert found.low == pytest.approx(low(n), abs=1e-9)
    assert found.high == pytest.approx(high(n), abs=1e-9)
    assert found.is_symmetric == (low(n) == high(n))


def test_a_factor_and_a_constant_move_the_bounds_alike() -> None:
    plain = ls.noise_symmetry("softmax + brier")
    moved = ls.noise_symmetry(scaled(ls.objective("softmax + brier"), 0.5))
    assert moved.low == pytest.approx(plain.low / 2 + 9)
    assert moved.spread == pytest.approx(plain.spread / 2)


def test_noise_raises_the_clean_risk_by_no_more_than_the_bound() -> None:
    """By minimising the noisy risk of one distribution over a grid of logits."""
    loss, n, shares = ls.objective("softmax + brier"), 3, np.array([0.5, 0.3, 0.2])
    found = ls.noise_symmetry(loss, num_classes=n)
    random = np.random.default_rng(0)
    z = jnp.asarray(3 * random.standard_normal((4000, n)))
    with_label = jax.vmap(jax.vmap(loss.function, (None, 0)), (0, None))
    losses = np.asarray(with_label(z, jnp.eye(n)))
    for noise in (0.1, 0.3, 0.5):
        noisy = (1 - noise) * shares + noise / (n - 1) * (1 - shares)
        learned = np.argmin(losses @ noisy)
        excess = (losses @ shares)[learned] - (losses @ shares).min()
        assert 0 <= excess <= found.excess_risk(noise)


@pytest.mark.parametrize("noise", [-0.1, 2 / 3, 1.0, float("nan")])
def test_a_share_of_noise_out_of_range_is_refused(noise: float) -> None:
    with pytest.raises(ValueError, match=r"at least 0 and below 2/3"):
        ls.NoiseSymmetry(0.0, 1.0, 3).excess_risk(noise)


def test_no_noise_does_no_harm_to_any_loss() -> None:
    assert ls.NoiseSymmetry(0.0, np.inf, 3).excess_risk(0) == 0


# Calibration


@pytest.mark.parametrize(
    ("loss", "excess", "exponent"),
    [
        ("softmax + cross_entropy", entropy_gap, 2),
        ("taylor + cross_entropy", entropy_gap, 2),
        (f"softmax + generalized_cross_entropy(q={Q})", power_gap, 2),
        ("softmax + brier", lambda b: b**2 / 2, 2),
        ("sparsemax_loss", lambda b: b**2 / 4, 2),
        ("softmax + mae", lambda b: b, 1),
        ("crammer_singer", lambda b: b, 1),
        (odds, lambda b: 2 * (1 - np.sqrt(1 - b**2)) / 2, 2),
    ],
)
def test_the_calibration_function_is_that_of_theory(loss, excess, exponent) -> None:
    found = ls.calibration_function(loss, gaps=GAPS.tolist())
    assert np.allclose(found.excess, excess(GAPS), rtol=1e-5)
    assert found.exponent == pytest.approx(exponent, abs=0.01)
    assert found.coefficient == pytest.approx(excess(0.001) / 0.001**exponent, rel=0.05)
    assert found.is_calibrated


def test_a_factor_scales_the_calibration_function() -> None:
    plain = ls.calibration_function(usual)
    tripled = ls.calibration_function(scaled(usual, 3.0))
    assert np.allclose(tripled.excess, 3 * np.array(plain.excess), rtol=1e-5)
    assert tripled.exponent == pytest.approx(plain.exponent, abs=1e-3)


def test_weighted_classes_are_calibrated_beyond_their_ratio_only() -> None:
    """With the weights 1 and 2, shares of 2/3 and 1/3 are told apart, and no nearer ones."""
    found = ls.calibration_function(weighted, gaps=[0.1, 0.3, 0.36, 0.8])
    assert found.excess[:2] == (0, 0)
    assert min(found.excess[2:]) > 0
    assert not found.is_calibrated


@pytest.mark.parametrize(
    ("loss", "message"),
    [(unhinged, "falls without bound"), (nowhere, "nowhere finite")],
)
def test_losses_without_a_least_risk_are_refused(loss, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ls.calibration_function(loss)


@pytest.mark.parametrize("gaps", [[], [0.0], [1.0], [-0.1, 0.5], [float("nan")]])
def test_gaps_out_of_range_are_refused(gaps: list[float]) -> None:
    with pytest.raises(ValueError, match="numbers, each greater than 0 and"):
        ls.calibration_function(usual, gaps=gaps)


# Mixability


@pytest.mark.parametrize("n", [2, 4])
@pytest.mark.parametrize(
    ("loss", "eta"),
    [
        ("softmax + cross_entropy", 1),
        ("softmax + brier", 1),
        ("sparsemax_loss", 2),
        ("softmax + spherical_score", np.sqrt(2)),
        ("entmax_loss", np.sqrt(2)),
        ("crammer_singer", 0),
        ("softmax + mae", 0),
    ],
)
def test_the_mixability_constant_is_that_of_theory(loss, eta: float, n: int) -> None:
    assert ls.mixability(loss, num_classes=n) == pytest.approx(eta, rel=5e-3)


def test_yes_or_no_for_each_class_and_a_rest_have_their_constants() -> None:
    """Two log losses for each class, and one that all logits lower for ever as they rise."""
    for loss, eta in (
        ("one_vs_rest", 0.5),
        ("softmax_one + cross_entropy", 1),
        ("sigmoid + cross_entropy", 1),
    ):
        assert ls.mixability(loss) == pytest.approx(eta, rel=5e-3), loss


def test_it_belongs_to_the_loss_and_not_to_the_normalizer() -> None:
    for normalizer in ("sum", "spherical"):
        eta = ls.mixability(f"{normalizer} + brier")
        assert eta == pytest.approx(1, rel=5e-3), normalizer


def test_a_factor_divides_the_mixability_constant() -> None:
    assert ls.mixability(scaled(usual, 4.0)) == pytest.approx(0.25, rel=1e-3)
    # Of the weights 1, 2 and 3 the largest counts.
    assert ls.mixability(weighted) == pytest.approx(1 / 3, rel=5e-3)


def test_without_least_risks_there_is_no_mixability() -> None:
    with pytest.raises(ValueError, match="no expected loss is least"):
        ls.mixability(nowhere)


# Collapse


def test_the_label_is_lost_where_its_probability_rounds_to_one() -> None:
    """Where p - 1 = -(n - 1) e^-margin is less than the last digit of 1, or a half of it."""
    for dtype, digits in (("float32", 24), ("bfloat16", 8)):
        margin = ls.collapse_margin(usual, dtype=dtype)
        assert digits * np.log(2) - 0.1 <= margin <= (digits + 1) * np.log(2), dtype


def test_an_accurate_form_keeps_the_gradient_up_to_underflow() -> None:
    margin = ls.collapse_margin("softmax + cross_entropy")
    assert margin == pytest.approx(np.log(2.0**126), abs=1)


def test_a_temperature_scales_the_margin() -> None:
    def cold(z: Array, t: Array) -> Array:
        return usual(z / 0.1, t)

    assert ls.collapse_margin(cold) == pytest.approx(
        ls.collapse_margin(usual) / 10, rel=0.03
    )


@pytest.mark.parametrize(
    ("loss", "base"), [("crammer_singer", 0.0), ("sum + cross_entropy", 1.0)]
)
def test_what_ends_by_its_formula_or_never_does_not_collapse(loss, base) -> None:
    assert ls.collapse_margin(loss, base=base) == np.inf


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"dtype=.*'float32', 'bfloat16', 'float16'"):
        ls.collapse_margin(usual, dtype="float64")


@pytest.mark.parametrize("ask", [ls.noise_symmetry, ls.mixability, ls.collapse_margin])
def test_one_class_is_refused(ask) -> None:
    with pytest.raises(ValueError, match="num_classes"):
        ask("softmax + brier", num_classes=1)


def test_the_switch_for_64_bits_does_not_matter() -> None:
    loss = "softmax + brier"

    def all_facts():
        return (
            ls.noise_symmetry(loss),
            ls.calibration_function(loss, gaps=[0.1]),
            ls.mixability(loss),
            ls.collapse_margin(loss),
        )

    before = all_facts()
    jax.config.update("jax_enable_x64", False)
    try:
        assert all_facts() == before
    finally:
        jax.config.update("jax_enable_x64", True)
