"""Norms of vectors of any size, and vectors divided by them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.base.norm import divided_by_norm, euclidean_norm

pytestmark = pytest.mark.quick


def compiled(function):
    return jax.jit(jax.vmap(function))


@pytest.mark.parametrize("way", [jax.vmap, compiled])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", ["largest", "large", "ordinary", "tiny"])
def test_the_norm_is_right_at_every_size(size, dtype, way) -> None:
    limits = jnp.finfo(dtype)
    length = {
        "largest": 0.7 * float(limits.max),
        "large": 0.1 * float(limits.max),
        "ordinary": 1.0,
        "tiny": 8 * float(limits.tiny),
    }[size]
    rows = length * np.array([[1.0, 0.0, 0.0], [0.0, -0.6, 0.8]])
    x = jnp.asarray(rows, dtype)
    rtol = 4 * float(limits.eps)
    np.testing.assert_allclose(way(euclidean_norm)(x), [length] * 2, rtol)
    units = way(lambda x: divided_by_norm(x, jnp.zeros((), dtype)))(x)
    np.testing.assert_allclose(units, rows / length, rtol)
