"""The Runge-Kutta pair satisfies the conditions for its order."""

import numpy as np
import pytest

from logitscape._src.dynamics.tsitouras import ERROR, STAGES

pytestmark = pytest.mark.quick

NODES = STAGES.sum(axis=1)
WEIGHTS = STAGES[-1]


@pytest.mark.parametrize("power", range(5))
def test_the_next_point_is_exact_for_polynomials_of_degree_five(power: int) -> None:
    assert WEIGHTS @ NODES**power == pytest.approx(1 / (power + 1), abs=1e-13)


@pytest.mark.parametrize("power", range(4))
def test_the_error_estimate_vanishes_for_polynomials_of_degree_four(power: int) -> None:
    assert ERROR @ NODES**power == pytest.approx(0, abs=1e-12)


def test_one_step_of_exponential_growth_is_right_to_order_five() -> None:
    """For y' = y a step multiplies y by 1 + h + h^2/2 + ..., as far as the order goes."""
    taylor = np.array(
        [WEIGHTS @ np.linalg.matrix_power(STAGES, k) @ np.ones(7) for k in range(5)]
    )
    np.testing.assert_allclose(taylor, [1, 1 / 2, 1 / 6, 1 / 24, 1 / 120], atol=1e-13)
