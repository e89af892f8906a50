"""Growth classes of times that are known by construction."""

import numpy as np
import pytest

from logitscape._src.properties.growth import growth

pytestmark = pytest.mark.quick

MARGINS = np.arange(1.0, 31.0)

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
    def law_of(function):
        return growth(MARGINS, np.log(function(MARGINS)))

    assert law_of(SYNTHETIC["bounded"]).coefficient == pytest.approx(3, rel=1e-6)
    assert law_of(SYNTHETIC["linear"]).coefficient == pytest.approx(4, rel=1e-6)
    assert law_of(lambda m: m**3).exponent == pytest.approx(3, rel=1e-6)
    assert str(law_of(lambda m: m**3)) == "polynomial, M^3.00"
    assert str(law_of(lambda m: np.exp(0.5 * m))) == "exponential, e^(0.50 M)"


def test_growth_that_is_linear_but_for_a_logarithm():
    law = growth(MARGINS, np.log(2 * MARGINS - 3 * np.log(MARGINS) + 1))
    assert law.kind == "linear"
    assert law.coefficient == pytest.approx(2, rel=1e-6)
    assert growth(MARGINS, np.log(MARGINS**1.1)).kind == "polynomial"


def test_times_that_fall_are_bounded():
    law = growth(MARGINS, -np.log(MARGINS))
    assert (law.kind, law.coefficient) == ("bounded", pytest.approx(0, abs=1e-9))


def test_the_margin_from_which_on_it_never_corrects():
    log_times = np.where(MARGINS < 12, np.log(MARGINS), np.inf)
    law = growth(MARGINS, log_times)
    assert (law.kind, law.never_from) == ("never", 12)
    assert str(law) == "never from M = 12"


def test_growth_that_is_undetermined():
    assert growth(MARGINS, np.full(30, np.nan)).kind == "undetermined"
    assert growth(MARGINS, np.log(2 + np.sin(MARGINS))).kind == "undetermined"
    with pytest.raises(
        ValueError,
        match=r"`growth\(margins, log_times\)` must be positive increasing margins",
    ):
        growth([2.0, 1.0], [0.0, 0.0])
