"""The spline and the search for a minimum beside those of SciPy."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax

from logitscape._src.base.softmax import log_softmax_rows, logistic, softmax_rows
from logitscape._src.properties.minimum import minimum
from logitscape._src.properties.spline import cubic_spline

pytestmark = pytest.mark.quick

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "a parabola": lambda x: (x - 0.3) ** 2,
    "a kink": lambda x: abs(x - 0.1) ** 0.5 + 0.1 * math.sin(9 * x),
    "almost a kink": lambda x: math.sqrt((x + 0.2) ** 2 + 1e-8) * (1 + 0.1 * x),
    "a slope": lambda x: math.exp(x),
    "waves": lambda x: math.cos(20 * x) + 0.01 * x,
    "constant": lambda x: 1.0,
}


@pytest.mark.parametrize("count", [2, 3, 4, 5, 9, 97])
def test_the_spline_is_that_of_scipy(count: int) -> None:
    random = np.random.default_rng(count)
    x = np.sort(random.normal(size=count))
    y = random.normal(size=count)
    at = np.linspace(x[0], x[-1], 211)
    expected = CubicSpline(x, y)(at)
    error = np.abs(cubic_spline(x, y, at) - expected).max()
    assert error <= 1e-12 * np.abs(expected).max()


def test_the_spline_of_a_cubic_polynomial_is_exact() -> None:
    x = np.array([-1.0, 0.0, 0.5, 2.0, 3.0])
    at = np.linspace(-1, 3, 50)
    spline = cubic_spline(x, x**3 - 2 * x, at)
    np.testing.assert_allclose(spline, at**3 - 2 * at, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("low", [-1.0, -0.35, 0.2])
def test_the_search_asks_for_the_same_points_as_that_of_scipy(
    name: str, low: float
) -> None:
    ours = list[float]()
    theirs = list[float]()

    def noting(places: list[float]) -> Callable[[float], float]:
        def function(x: float) -> float:
            places.append(float(x))
            return FUNCTIONS[name](x)

        return function

    found = minimum(noting(ours), low, low + 0.9, 1e-10)
    expected = minimize_scalar(
        noting(theirs),
        bounds=(low, low + 0.9),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert ours == theirs
    assert found == expected.x


def test_softmax_in_numpy_is_that_of_scipy() -> None:
    z = np.random.default_rng(0).normal(size=(40, 7)) * np.logspace(-3, 3, 40)[:, None]
    np.testing.assert_allclose(log_softmax_rows(z), log_softmax(z, axis=1), rtol=1e-14)
    np.testing.assert_allclose(softmax_rows(z), softmax(z, axis=1), rtol=1e-14)
    np.testing.assert_allclose(logistic(z), expit(z), rtol=1e-14, atol=1e-300)
