"""Ties among the largest logits are broken alike in every form of a loss."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("spec", ["top_k_entropy(k=2)", "top_k_hinge(k=2)"])
@pytest.mark.parametrize("zeros", [(-0.0, 0.0), (0.0, -0.0)])
def test_zeros_of_both_signs_tie(spec: str, zeros: tuple[float, float]) -> None:
    z, label = jnp.array([*zeros, -1.0, 3.0]), 3
    of_label = jax.grad(ls.per_example(spec))(z, jnp.asarray(label))
    of_target = jax.grad(ls.objective(spec))(z, jnp.eye(4)[label])
    np.testing.assert_allclose(of_label, of_target, atol=1e-15)
    positive = jnp.array([0.0, 0.0, -1.0, 3.0])
    np.testing.assert_allclose(
        of_target, jax.grad(ls.objective(spec))(positive, jnp.eye(4)[label]), atol=1e-15
    )
