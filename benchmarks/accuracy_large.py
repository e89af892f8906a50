"""Relative errors of softmax cross-entropy with many classes, where the label is far ahead."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import optax

import logitscape as ls

Loss: TypeAlias = Callable[[Any, Any], Any]

FORMULAS: dict[str, Loss] = {
    "`logitscape`": ls.per_example("softmax + cross_entropy"),
    "`-jax.nn.log_softmax(z)[y]`": lambda z, y: (
        -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1)
    ),
    "`optax`, integer labels": optax.softmax_cross_entropy_with_integer_labels,
}


def run(n: int, dtype: str, margin: float) -> dict[str, Any]:
    """Relative errors of the loss, of the label's component and of the worst other one.

    Args:
        n: Number of classes.
        dtype: Dtype of the logits.
        margin: Logit of the label; those of the others are normal random numbers.
    """
    label = n // 3
    random = np.random.default_rng(0).normal(size=n)
    random[label] = margin
    logits = jnp.asarray(random).astype(dtype)
    exact = _exact(np.asarray(logits, "float64"), label)
    return {
        "formulas": {
            name: _errors(formula, logits, label, exact)
            for name, formula in FORMULAS.items()
        }
    }


def _exact(z: np.ndarray[Any, Any], label: int) -> np.ndarray[Any, Any]:
    """The loss and its gradient, [1 + n]: sums of positive numbers, none near 1 minus another."""
    ratios = np.exp(z - z[label])
    rest = math.fsum(np.delete(ratios, label))
    gradient = ratios / (1 + rest)
    gradient[label] = -rest / (1 + rest)
    return np.concatenate([[math.log1p(rest)], gradient])


def _errors(
    formula: Loss, logits: Any, label: int, exact: np.ndarray[Any, Any]
) -> list[float]:
    def mean(z: Any, y: Any) -> Any:
        return jnp.mean(formula(z[None], y))

    # The label as an argument: XLA would spend seconds on what it can compute of a known one.
    labels = jnp.array([label])
    value, gradient = jax.jit(jax.value_and_grad(mean))(logits, labels)
    got = np.concatenate([np.asarray(value)[None], np.asarray(gradient)])
    error = np.abs(got.astype("float64") - exact) / np.abs(exact)
    others = np.delete(error[1:], label)
    return [float(error[0]), float(error[1 + label]), float(others.max())]
