"""Products of equal probabilities, until they underflow."""

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .formats import Array

LONGEST_PRODUCT = 10_000
"""Number of factors that are multiplied."""


def powers(p: float, dtype: str) -> Array:
    """p, p^2, p^3, ... by repeated multiplication with gradual underflow, as in IEEE 754.

    They are computed in the format, and returned in float64.
    """
    # By NumPy, as XLA may flush subnormal numbers to 0.
    factor = np.array(p, dtype)
    product = np.array(1, dtype)
    products = np.empty(LONGEST_PRODUCT)
    for i in range(LONGEST_PRODUCT):
        product = product * factor
        products[i] = product
    return products


def powers_in_jax(p: float, dtype: str) -> Array:
    """The same, multiplied by JAX, which may flush subnormal numbers to 0."""
    return np.asarray(_powers_program(dtype)(p)).astype(float)


@cache
def _powers_program(dtype: str) -> Callable[[float], Any]:
    def step(product: Any, factor: Any) -> Any:
        return product * factor, product * factor

    def program(p: float) -> Any:
        factors = jnp.full(LONGEST_PRODUCT, p).astype(dtype)
        _, products = jax.lax.scan(step, jnp.ones((), dtype), factors)
        return products

    return jax.jit(program)


def first(condition: Array) -> int:
    """The number of factors with which a condition first holds; -1 if it never does."""
    return int(np.argmax(condition)) + 1 if condition.any() else -1
