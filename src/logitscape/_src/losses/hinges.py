"""What losses of margins have in common: the hinge, and targets that must be one-hot or binary."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.arguments import are_one_hot
from ..base.types import Vector


def hinge(x: Array) -> Array:
    """`max(0, x)` with derivative 0 at 0, and NaN for NaN."""
    # `jnp.maximum` would have the derivative 1/2 at the kink.
    return jnp.where(x <= 0, 0, x)


def of_label(z: Vector, target: Vector) -> Array:
    """The number of the label's class in z, for a one-hot target."""
    # A masked logit of another class must not become 0 times -infinity.
    return jnp.sum(jnp.where(target == 0, 0, target * z))


def one_if_one_hot(function_name: str, target: Vector) -> Array:
    """1, or NaN if the target is traced and not one-hot.

    It multiplies the logits as well as the loss, as neither alone makes both the value and every
    derivative NaN.
    """
    return _one_if(function_name, target, are_one_hot, "a one-hot target")


def one_if_binary(function_name: str, target: Vector) -> Array:
    """1, or NaN if the target is traced and has other numbers than 0 and 1."""
    return _one_if(function_name, target, _are_binary, "a target of 0 and 1")


def _one_if(
    function_name: str, target: Vector, test: Callable[[Any], Any], needed: str
) -> Array:
    # In NumPy where it is known: inside `jax.jit` JAX would trace the test.
    is_known = not isinstance(target, jax.core.Tracer)
    t: Any = np.asarray(target) if is_known else target
    is_fine = test(t)
    if is_known and not is_fine:
        raise ValueError(f"`{function_name}(..., target)` needs {needed}, got {t}.")
    return jnp.where(is_fine, 1, jnp.nan).astype(target.dtype)


def _are_binary(target: Any) -> Any:
    return ((target == 0) | (target == 1)).all()
