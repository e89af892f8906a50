"""The class with the largest value, also where many classes are searched in parts."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.base.argmax import first_largest, largest, maximum
from tests.shares import share

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
    x = jnp.asarray(
        np.concatenate([distinct, tied, masked, np.full((1, n), -np.inf)]), dtype
    )
    expected = np.argmax(np.asarray(x, np.float64), -1)
    assert np.array_equal(masks(x), np.arange(n) == expected[:, None])


@pytest.mark.parametrize(
    ("dtype", "n"), share(product(["float32", "bfloat16"], SIZES), one_in=3)
)
def test_one_search_finds_the_largest_and_all_that_tie(n, dtype):
    rng = np.random.default_rng(n)
    x = np.concatenate(
        [
            rng.standard_normal((9, n)),
            rng.integers(-1, 2, (9, n)),
            np.where(rng.random((9, n)) < 0.5, -np.inf, rng.integers(-1, 2, (9, n))),
            np.full((1, n), -np.inf),
        ]
    )
    x = jnp.asarray(x, dtype)
    found = jax.jit(jax.vmap(largest))(x)
    numbers = np.asarray(x, np.float64)
    top = numbers.max(-1, keepdims=True)
    assert np.array_equal(np.asarray(found.value, np.float64), top[:, 0])
    tied = numbers == top
    expected = np.asarray(jnp.asarray(tied / tied.sum(-1, keepdims=True), dtype))
    assert np.array_equal(np.asarray(found.parts), expected)
    assert np.isnan(largest(x[0].at[n // 2].set(jnp.nan)).value)


@pytest.mark.parametrize("n", [3, 33, 1000])
def test_every_place_is_found(n):
    assert masks(jnp.eye(n)).tolist() == np.eye(n, dtype=bool).tolist()


@pytest.mark.parametrize("n", [3, 33, 1000])
def test_where_there_is_nan_one_class_is_named(n):
    assert (
        masks(jnp.zeros((n, n)).at[jnp.arange(n), jnp.arange(n)].set(jnp.nan)).sum(-1)
        == 1
    ).all()
    assert (
        masks(jnp.full((1, n), -jnp.inf).at[0, n // 2].set(jnp.nan)).sum(-1) == 1
    ).all()


@pytest.mark.parametrize("n", [3, 100])
def test_it_has_no_derivative(n):
    def weighed(x):
        return jnp.sum(jnp.where(first_largest(x), 2.0, 3.0) * x)

    x = jnp.linspace(-1, 1, n)
    assert jax.grad(weighed)(x).tolist() == [3.0] * (n - 1) + [2.0]
    assert not np.asarray(jax.hessian(weighed)(x)).any()


@pytest.mark.quick
@pytest.mark.parametrize(
    ("x", "derivative"),
    [
        ([1.0, 3.0, 2.0], [0, 1, 0]),
        ([3.0, 1.0, 3.0], [0.5, 0, 0.5]),
        ([-np.inf, 0.0, -np.inf], [0, 1, 0]),
        ([5.0], [1]),
    ],
)
def test_the_maximum_and_its_derivative(x, derivative):
    x = jnp.array(x)
    assert maximum(x) == max(x)
    assert jax.grad(maximum)(x).tolist() == derivative
    assert jax.jacfwd(maximum)(x).tolist() == derivative
    assert not np.asarray(jax.hessian(maximum)(x)).any()


@pytest.mark.parametrize(
    "compiler_options", [None, {"xla_backend_optimization_level": 0}]
)
def test_the_derivative_of_the_maximum_has_mass_1_where_the_program_computes_its_argument(
    compiler_options,
):
    """`a + s b` may be rounded once in one place and twice in another.

    Then no class is equal to the largest.
    """
    a, b = jnp.array([0.1, 0.2, 0.3]), jnp.array([0.3, -0.7, 1.1])

    def at(s):
        value, gradient = jax.value_and_grad(maximum)(a + s * b)
        return value, gradient, value - jnp.sum((a + s * b) ** 2)

    run = jax.jit(jax.vmap(at), compiler_options=compiler_options)
    assert (np.asarray(run(jnp.linspace(-3, 9, 301))[1]).sum(axis=1) == 1).all()
