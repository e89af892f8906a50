"""The quadratic bound on cross-entropy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.formulas import central_difference, hot

pytestmark = pytest.mark.quick


@pytest.mark.lengthy
def test_spherical_bound_bounds_cross_entropy_from_above() -> None:
    bound, exact = (
        ls.objective("spherical_bound"),
        ls.objective("softmax + cross_entropy"),
    )
    rng = np.random.default_rng(0)
    for n in (2, 3, 10, 100):
        rows, target = (
            jnp.asarray(
                rng.normal(size=(4, n)) * np.array([[0.0], [0.1], [1.0], [30.0]])
            ),
            hot(0, n),
        )
        of = lambda z, t=target: bound(z, t)
        of_one = lambda z, t=target, of=of: (
            of(z) - exact(z, t),
            jax.grad(of)(z),
            central_difference(of, z),
        )
        gaps, gradients, differences = jax.jit(jax.vmap(of_one))(rows)
        assert np.all(gaps >= -1e-12)
        np.testing.assert_allclose(gradients, differences, atol=2e-6)
