"""Calibration errors are those of independent implementations, and their intervals cover."""

import numpy as np
import pytest

import logitscape as ls
from logitscape._src.audit import calibration, temperature
from logitscape._src.audit.reliability import brier_parts
from logitscape._src.audit.smooth_calibration import smooth_calibration_error


def drawn(count: int, seed: int, over: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Confidences from 0.3 to 1, and outcomes that are right less often by `over`."""
    rng = np.random.default_rng(seed)
    f = 1 - 0.7 * rng.random(count) ** 2
    return f, rng.random(count) < f - over * f


def test_the_binned_error_is_unbiased_and_its_interval_covers() -> None:
    for over in (0.0, 0.03, 0.1):
        true = over * np.mean(drawn(100_000, 99)[0])
        found = [
            calibration.binned_error(*drawn(2000, seed, over)) for seed in range(200)
        ]
        # Without a correction the error of perfect calibration is 0.025 here.
        assert abs(np.mean([each.value for each in found]) - true) < 0.008
        assert np.mean([each.low <= true <= each.high for each in found]) > 0.9


def test_the_plain_error_is_that_of_scikit_learn() -> None:
    curve = pytest.importorskip("sklearn.calibration").calibration_curve
    f, y = drawn(20_000, 3, 0.1)
    accuracy, confidence = curve(y, f, n_bins=15, strategy="quantile")
    plain = np.abs(accuracy - confidence).mean()
    # The bias that is taken away is small with so many examples.
    assert abs(calibration.binned_error(f, y).value - plain) < 0.003


@pytest.mark.parametrize("over", [0.0, 0.05, 0.3])
def test_the_smooth_error_is_that_of_its_authors(over: float) -> None:
    relplot = pytest.importorskip("relplot")
    relplot.config.use_logit_scaling = False
    f, y = drawn(5000, 1, over)
    np.testing.assert_allclose(
        smooth_calibration_error(f, y).value, relplot.smECE(f, y), rtol=0.03, atol=2e-3
    )


def test_the_smooth_error_of_what_is_known() -> None:
    """All say 0.8 and are right 60 times in 100: far from the ends the kernel moves no mass."""
    y = np.arange(10_000) % 10 < 6
    found = smooth_calibration_error(np.full(10_000, 0.8), y)
    assert abs(found.value - 0.2) < 0.001
    certain = smooth_calibration_error(np.ones(1000), np.ones(1000, bool))
    assert certain.value < 1e-3


def test_the_parts_of_the_brier_score_add_up() -> None:
    f, y = drawn(50_000, 5, 0.2)
    found = brier_parts(f, y)
    for estimate, _ in found.values():
        assert 0 < estimate.low < estimate.value < estimate.high
    parts = {name: estimate.value for name, (estimate, _) in found.items()}
    whole = parts["reliability"] - parts["resolution"] + parts["uncertainty"]
    assert abs(whole - np.mean((f - y) ** 2)) < 1e-3
    assert abs(parts["reliability"] - np.mean((0.2 * f) ** 2)) < 2e-3


@pytest.mark.parametrize("true", [0.25, 1.0, 4.0])
def test_the_temperature_is_found_with_its_interval(true: float) -> None:
    hits = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(1000, 4))
        y = (z + rng.gumbel(size=z.shape)).argmax(1)
        inverse = temperature.fitted(true * z, y, 1.0)
        found = temperature.interval(true * z, y, inverse)
        value, slope, _ = temperature.surprisal(true * z, y, inverse)
        assert abs(slope.mean()) < 1e-6
        assert value.mean() <= temperature.surprisal(true * z, y, 1.0)[0].mean() + 1e-12
        hits += found.low <= true <= found.high
    assert hits >= 17


def test_derivatives_in_the_temperature_are_differences_and_masks_take_no_part() -> (
    None
):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)
    z[:, 3] = -np.inf
    step = 1e-5
    low, middle, high = (
        temperature.surprisal(z, y, 1.3 + k * step) for k in (-1, 0, 1)
    )
    np.testing.assert_allclose((high[0] - low[0]) / (2 * step), middle[1], atol=1e-8)
    np.testing.assert_allclose((high[1] - low[1]) / (2 * step), middle[2], atol=1e-8)


def test_the_class_that_is_off_has_the_largest_error() -> None:
    rng = np.random.default_rng(0)
    z = 2 * rng.normal(size=(20_000, 4)).astype(np.float32)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    y = (p.cumsum(1) > rng.random((len(p), 1))).argmax(1)
    even = ls.audit(z, y).to_xarray().calibration_error.values
    assert even.shape == (4,)
    assert even.max() < 0.01
    z[:, 2] += 1
    off = ls.audit(z, y)
    errors = off.to_xarray().calibration_error.values
    assert errors.argmax() == 2
    mean_error = off["classwise_ece"].estimate.value
    assert abs(errors.mean() - mean_error) < 0.01
