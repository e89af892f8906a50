"""Gradients of a negative log likelihood, written as the log of a product and as a sum of logs."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .formats import Array

LOGITS = np.array([0.5, 0.0, -0.5])
SHARES = [0.5, 0.3, 0.2]


def gradient_errors(dtype: str, longest: int) -> dict[str, Array]:
    """Relative errors of the gradient for 1, 2, ... labels, by the form of the likelihood.

    All labels have the same logits. Their gradient is n p - counts.

    Args:
        dtype: Format to compute in.
        longest: Largest number of labels.

    Returns:
        Errors, [longest]; NaN or infinite where the gradient is.
    """
    labels = np.random.default_rng(0).choice(3, longest, p=SHARES)
    counts = np.cumsum(np.eye(3)[labels], axis=0)
    numbers = np.arange(1, longest + 1)
    p = np.exp(LOGITS) / np.exp(LOGITS).sum()
    expected = numbers[:, None] * p - counts
    forms = {"product": _log_of_product, "sum": _sum_of_logs}
    errors = {}
    for name, form in forms.items():
        gradients = _gradients(form(labels, dtype), dtype, numbers)
        differences = np.linalg.norm(gradients - expected, axis=1)
        errors[name] = differences / np.linalg.norm(expected, axis=1)
    return errors


def _gradients(
    function: Callable[[Any, Any], Any], dtype: str, numbers: Array
) -> Array:
    # The number of labels is data and no shape, so that one program serves all numbers.
    program = jax.jit(jax.vmap(jax.grad(function), in_axes=(None, 0)))
    gradients = program(jnp.asarray(LOGITS).astype(dtype), jnp.asarray(numbers))
    return np.asarray(gradients).astype(float)


def _log_of_product(labels: Array, dtype: str) -> Callable[[Any, Any], Any]:
    """-log of the product of the first n labels' probabilities."""
    places = np.arange(len(labels))

    def function(z: Any, n: Any) -> Any:
        factors = jax.nn.softmax(z)[labels]
        return -jnp.log(jnp.prod(jnp.where(places < n, factors, jnp.ones((), dtype))))

    return function


def _sum_of_logs(labels: Array, dtype: str) -> Callable[[Any, Any], Any]:
    """-sum of the logarithms of the first n labels' probabilities."""
    places = np.arange(len(labels))

    def function(z: Any, n: Any) -> Any:
        terms = jax.nn.log_softmax(z)[labels]
        return -jnp.sum(jnp.where(places < n, terms, jnp.zeros((), dtype)))

    return function
