"""Logits, targets and numerical derivatives that the tests of the formulas share."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import logitscape as ls

LOGITS = {
    "three": jnp.array([0.3, 1.7, 0.9]),
    "signs": jnp.array([-1.2, 0.8, 2.1, -0.3]),
}


SUBSTOCHASTIC = {"softmax_one", "softpick"}
"""Normalizers whose probabilities sum to less than 1."""


UNNORMALIZED = {"sigmoid_attention", "budget"}
"""Normalizers whose parts sum to any number."""


def hot(k: int, n: int) -> Array:
    return jax.nn.one_hot(k, n, dtype=jnp.float64)


def central_difference(f: Callable[[Array], Array], z: Array) -> Array:
    h = 1e-6
    up, down = (jax.vmap(lambda e, h=h: f(z + h * e))(jnp.eye(z.size)) for h in (h, -h))
    return jnp.moveaxis(up - down, 0, -1) / (2 * h)


def one_sided(f: Callable[[Array], Array], x: float) -> Array:
    """Second order, from the right: limits such as alpha = 1 have no left side."""
    h = 1e-5
    at = np.asarray(jax.jit(jax.vmap(f))(x + h * jnp.arange(3.0)))
    return (-3 * at[0] + 4 * at[1] - at[2]) / (2 * h)


def every_normalizer(test):
    return pytest.mark.parametrize("name", list(ls.NORMALIZERS))(test)
