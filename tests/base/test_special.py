"""Elementary functions and their first three derivatives against mpmath."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf

from logitscape._src.base.exponentials import (
    exp_complement,
    exprel,
    logistic,
    over_expm1,
    softplus,
)
from logitscape._src.base.special import box_cox
from logitscape._src.losses.x_coth import one_less_slope_of_square, x_coth

NEAR = (1e-3, 0.01, 0.1, 0.3, 0.49, 0.51, 0.9, 1.5, 1.9, 2.1, 3.0, 3.9, 4.1, 5.0)
POSITIVE = (*NEAR, 10.0, 17.0, 40.0, 60.0)
# Away from the zeros of the derivatives.
SIGNED = (-60.0, -40.0, -17.0, -3.0, -0.5, 0.5, 3.0, 17.0, 40.0, 60.0)
FAR = (*NEAR, 30.0, 1e3, 1e6)
TOLERANCE = {"float64": 1e-13, "float32": 2e-5}
STEP = mpf(10) ** -30
Q = 0.75  # the same number in every dtype


def exact_x_coth(w: mpf) -> mpf:
    return mp.sqrt(w) / 2 * mp.coth(mp.sqrt(w) / 2)


FUNCTIONS: dict[str, tuple[Callable, Callable, tuple[float, ...]]] = {
    "over_expm1": (over_expm1, lambda x: x / mp.expm1(x), POSITIVE),
    "exprel": (exprel, lambda x: mp.expm1(x) / x, SIGNED),
    "exp_complement": (exp_complement, lambda x: 1 - mp.exp(-x), POSITIVE),
    "logistic": (logistic, lambda x: 1 / (1 + mp.exp(-x)), SIGNED),
    "softplus": (softplus, lambda x: mp.log1p(mp.exp(x)), SIGNED),
    "box_cox": (
        lambda x: box_cox(x, jnp.full_like(x, Q)),
        lambda x: mp.expm1(mpf(Q) * x) / mpf(Q),
        SIGNED,
    ),
    "x_coth": (x_coth, exact_x_coth, FAR),
    "one_less_slope_of_square": (
        one_less_slope_of_square,
        lambda w: 1 - 4 * mp.diff(lambda v: exact_x_coth(v) ** 2, w, h=STEP),
        FAR,
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_values_and_derivatives_keep_their_digits(name: str, dtype: str) -> None:
    function, exact, places = FUNCTIONS[name]
    points = np.array(places, dtype)
    orders = 2 if name == "one_less_slope_of_square" else 4
    for order in range(orders):
        got = np.asarray(jax.jit(jax.vmap(function))(jnp.asarray(points)), "float64")
        with mp.workdps(250):
            want = [float(derivative(exact, mpf(float(x)), order)) for x in points]
        # Each order of the derivative loses about one digit.
        rtol = 10**order * TOLERANCE[dtype] / 10
        np.testing.assert_allclose(got, want, rtol, err_msg=f"order {order}")
        function = jax.grad(function)


def derivative(function: Callable, x: mpf, order: int) -> mpf:
    return mp.diff(function, x, order, h=STEP) if order else function(x)
