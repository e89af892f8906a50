"""The largest class, found in parts where there are many."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape.largest import first_largest

SIZES = (1, 2, 3, 10, 31, 32, 33, 39, 40, 41, 100, 257, 1000, 4099)


def masks(x):
    return np.asarray(jax.jit(jax.vmap(first_largest))(x))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_it_is_where_numpy_finds_it(n, dtype):
    rng = np.random.default_rng(n)
    distinct = rng.standard_normal((20, n))
    tied = rng.integers(-1, 2, (20, n))
    masked = np.where(rng.random((20, n)) < 0.5, -np.inf, rng.integers(-1, 2, (20, n)))
    x = jnp.asarray(np.concatenate([distinct, tied, masked, np.full((1, n), -np.inf)]), dtype)
    expected = np.argmax(np.asarray(x, np.float64), -1)
    assert np.array_equal(masks(x), np.arange(n) == expected[:, None])


@pytest.mark.parametrize("n", [3, 33, 1000])
def test_every_place_is_found(n):
    assert masks(jnp.eye(n)).tolist() == np.eye(n, dtype=bool).tolist()


@pytest.mark.parametrize("n", [3, 33, 1000])
def test_where_there_is_nan_one_class_is_named(n):
    assert (masks(jnp.zeros((n, n)).at[jnp.arange(n), jnp.arange(n)].set(jnp.nan)).sum(-1) == 1).all()
    assert (masks(jnp.full((1, n), -jnp.inf).at[0, n // 2].set(jnp.nan)).sum(-1) == 1).all()


@pytest.mark.parametrize("n", [3, 100])
def test_it_has_no_derivative(n):
    def weighed(x):
        return jnp.sum(jnp.where(first_largest(x), 2.0, 3.0) * x)

    x = jnp.linspace(-1, 1, n)
    assert jax.grad(weighed)(x).tolist() == [3.0] * (n - 1) + [2.0]
    assert not np.asarray(jax.hessian(weighed)(x)).any()
