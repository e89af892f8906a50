"""Fits of formulas to losses, by Levenberg and Marquardt's method."""

import numpy as np
import pytest

from logitscape._src.diagnosis.formulas.fits import fit, losses_to_fit

pytestmark = pytest.mark.quick

X = np.linspace(-2.0, 3.0, 40)


def test_parameters_factor_and_constant_are_found() -> None:
    found = fit(
        lambda p: np.exp(p[0] * X), [0.1], losses_to_fit(2 * np.exp(0.7 * X) + 3, 1e-9)
    )
    assert found.deviation < 1e-8
    np.testing.assert_allclose(
        [*found.parameters, found.factor, found.constant], [0.7, 2, 3], rtol=1e-7
    )


@pytest.mark.parametrize("values", [np.sign(X), np.abs(X) ** 9, 1e-300 * X, 1e100 * X])
@pytest.mark.parametrize("start", [0.0, 5.0, 600.0])
def test_a_step_to_where_a_formula_overflows_is_quietly_not_taken(
    values: np.ndarray, start: float
) -> None:
    found = fit(lambda p: X * np.exp(-p[0] * X), [start], losses_to_fit(values, 1e-9))
    assert not np.isnan(found.deviation)
