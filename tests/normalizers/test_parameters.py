"""Parameters of the normalizers: derivatives, and values out of range."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.formulas import LOGITS, one_sided
from tests.shares import share

PARAMETERS = [
    ("softmax", "inverse_temperature", 1.3),
    ("softmax", "inverse_temperature", 0.0),
    ("spherical", "epsilon", 0.7),
    ("softmax_one", "sink", 0.7),
    ("power", "exponent", 2.0),
    ("power", "exponent", 0.0),
    ("power", "exponent", -1.5),
    ("eps_softmax", "amount", 0.0),
    ("eps_softmax", "amount", 2.5),
    ("t_softmax", "width", 1.5),
    ("r_softmax", "rate", 0.25),
    ("sparsegen", "sparsity", -0.5),
    ("sparsehourglass", "q", 0.3),
    ("normmax", "alpha", 2.0),
    ("budget", "total", 1.5),
    ("softpick", "epsilon", 0.5),
    ("entmax", "alpha", -0.5),
    ("entmax", "alpha", 0.5),
    ("tempered", "temperature", 1.0),
    ("tempered", "temperature", 2.5),
    ("entmax", "alpha", 1.0),
    ("entmax", "alpha", 1.5),
    ("entmax", "alpha", 1.9),
]


@pytest.mark.parametrize(("name", "parameter", "value"), share(PARAMETERS, one_in=4))
def test_normalizers_are_differentiable_in_their_parameters(
    name: str, parameter: str, value: float
) -> None:
    z = jnp.array([0.3, 1.0, 0.8])
    p = lambda x: ls.NORMALIZERS[name](z, **{parameter: x}).p
    forward, reverse = jax.jit(lambda x: (jax.jacfwd(p)(x), jax.jacrev(p)(x)))(
        jnp.asarray(value)
    )
    np.testing.assert_allclose(forward, one_sided(p, value), atol=1e-8)
    np.testing.assert_allclose(reverse, forward, rtol=1e-12)
    assert np.any(np.abs(forward) > 1e-4)
    values = jnp.asarray([value, value + 0.25])
    np.testing.assert_allclose(
        jax.jit(jax.vmap(p))(values), np.stack([p(x) for x in values]), rtol=1e-13
    )


def test_a_traced_parameter_out_of_range_gives_nan() -> None:
    p = jax.vmap(lambda a: ls.NORMALIZERS["entmax"](LOGITS["three"], alpha=a).p)(
        jnp.array([-3.5, 1.5])
    )
    assert np.all(np.isnan(p[0]))
    assert np.all(np.isfinite(p[1]))


def test_a_temperature_never_makes_finite_logits_nan() -> None:
    z = jnp.array([1e10, 1.00000001e10, 0.0], jnp.float32)
    f = lambda c: ls.NORMALIZERS["softmax"](z, inverse_temperature=c).p
    for c in (0.0, 1 / 0.7, 1e5, 1e30):
        assert np.all(np.isfinite(f(c)))
        assert np.all(np.isfinite(jax.jit(f)(jnp.asarray(c))))


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("softmax", {"inverse_temperature": 1e39}, r"got 1e\+39 \(in float32, inf\)"),
        (
            "spherical",
            {"epsilon": 1e-50},
            r"greater than 0, got 1e-50 \(in float32, 0.0\)",
        ),
        ("softmax", {"inverse_temperature": float("nan")}, "got nan"),
    ],
)
def test_a_parameter_that_the_dtype_cannot_hold_is_refused(
    name: str, parameters: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ls.NORMALIZERS[name](jnp.zeros(3, jnp.float32), **parameters)
