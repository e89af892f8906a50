"""A function that is compiled in one piece, and still gives what it gives without `jax.jit`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.step_by_step import step_by_step

Z = jnp.array([3.0, -1.0, 0.5])
T = jnp.array([0.0, 1.0, 0.0])


@pytest.mark.parametrize("spec", ["softmax + brier", "crammer_singer", "sum + focal"])
def test_values_and_gradients_are_those_without_jit(spec) -> None:
    differentiate = jax.value_and_grad(ls.objective(spec))
    for z in (Z, jnp.abs(Z), 40 * Z):
        here, there = step_by_step(differentiate, z, T), differentiate(z, T)
        for one, other in zip(
            jax.tree.leaves(here), jax.tree.leaves(there), strict=True
        ):
            np.testing.assert_allclose(one, other, rtol=1e-6)


def test_operations_are_not_joined() -> None:
    """Compiled whole, the product of two exponentials is the exponential of a sum."""

    def product(z):
        return jnp.exp(z) * jnp.exp(-z)

    z = jnp.array([1000.0, -2000.0])
    assert np.isnan(np.asarray(step_by_step(product, z))).all()


def test_rules_of_differentiation_are_kept() -> None:
    @jax.custom_jvp
    def tripled(x):
        return x

    tripled.defjvps(lambda dx, _, x: 3 * dx)
    assert float(step_by_step(jax.grad(tripled), 2.0)) == 3
    assert float(step_by_step(tripled, 2.0)) == 2


def test_half_precision_is_rounded_after_every_operation() -> None:
    def sum_of_small(x):
        return (x + 1) - 1

    x = jnp.bfloat16(1e-3)
    assert float(step_by_step(sum_of_small, x)) == float(sum_of_small(x)) == 0
