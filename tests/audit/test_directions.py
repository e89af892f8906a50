"""The numbers about mean gradients and ranks have intervals that resampling confirms."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import logitscape as ls
from logitscape._src.audit import streaming
from logitscape._src.audit.estimates import NORMAL
from logitscape._src.audit.ranks import rank_correlation

RNG = np.random.default_rng(5)
AGAINST = ["softmax + brier"]


def correlated(rho: float, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    a, noise = RNG.normal(size=(2, 400))
    b = rho * a + np.sqrt(1 - rho**2) * noise
    return a.round(decimals), b.round(decimals)


@pytest.mark.parametrize("decimals", [0, 9])
@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_ranks_vary_as_in_resampled_examples(rho: float, decimals: int) -> None:
    a, b = correlated(rho, decimals)
    found = rank_correlation(a, b)
    assert found.value == pytest.approx(spearmanr(a, b)[0])
    draws = RNG.integers(0, len(a), (300, len(a)))
    half = NORMAL * np.std([spearmanr(a[each], b[each])[0] for each in draws])
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.2)


def test_ranks_of_equal_numbers_have_no_correlation() -> None:
    assert np.isnan(rank_correlation(np.ones(9), np.arange(9.0)).value)
    assert np.isnan(rank_correlation(np.ones(1), np.ones(1)).value)
    same = rank_correlation(np.arange(9.0), np.arange(9.0) ** 3)
    assert same.low == same.value == same.high == pytest.approx(1)


def drawn(m: int, pull: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    z = 2 * RNG.normal(size=(m, 5))
    y = RNG.integers(0, 5, m)
    z[np.arange(m), y] += 1.5
    z[:, 0] += pull
    return z.astype(np.float32), y


def test_intervals_of_mean_gradients_are_as_wide_as_samples_differ() -> None:
    found = [ls.audit(*drawn(600, 1.0), against=AGAINST) for _ in range(10)]
    norms = [each["norm"].estimate for each in found]
    cosines = [each.alternatives[1].cosine_of_sum for each in found]
    for estimates in (norms, cosines):
        spread = NORMAL * np.std([each.value for each in estimates], ddof=1)
        half = np.mean([each.value - each.low for each in estimates])
        assert 0.4 < half / spread < 3
        assert all(each.low <= each.value <= each.high for each in estimates)


def test_what_chance_alone_gives_is_in_the_interval_of_the_norm() -> None:
    """At random labels the mean gradient of even probabilities is 0 but for chance."""
    z = np.zeros((3000, 5), np.float32)
    norm = ls.audit(z, RNG.integers(0, 5, 3000))["norm"].estimate
    assert norm.low == 0
    assert norm.value > 0


def test_a_sample_of_gradients_gives_nearly_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    z, y = drawn(6000, 1.0)
    whole = ls.audit(z, y, against=AGAINST)
    monkeypatch.setattr(streaming, "SAMPLE_NUMBERS", 7000)
    some = ls.audit(z, y, against=AGAINST)
    assert len(some.measured.part.gradients) == pytest.approx(700, rel=0.1)
    for a, b in (
        (some["norm"].estimate, whole["norm"].estimate),
        (some.alternatives[1].cosine_of_sum, whole.alternatives[1].cosine_of_sum),
    ):
        assert a.value == b.value
        assert a.value - a.low == pytest.approx(b.value - b.low, rel=0.2)


def test_an_alternative_that_is_not_defined_everywhere_has_a_direction() -> None:
    z, y = drawn(500)
    found = ls.audit(z + 1.5, y, against=["sum + cross_entropy"]).alternatives[1]
    assert 0 < found.undefined.value < 1
    assert -1 <= found.cosine_of_sum.low <= found.cosine_of_sum.value
    assert found.cosine_of_sum.value <= found.cosine_of_sum.high <= 1
