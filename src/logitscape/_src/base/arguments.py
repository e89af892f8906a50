"""Checks of the arguments of public functions, with messages that say how to put them right.

Shapes and dtypes are known even while JAX traces a function, so that they are always checked.
Values are not: a traced parameter or target out of its range cannot be refused, and makes the
result NaN instead.
"""

from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .conversion import ERRORS, is_endless, refusal
from .half_precision import wide_dtype
from .messages import DELETED, is_deleted


def vector(function_name: str, name: str, value: ArrayLike) -> Array:
    """The value as an array, checked to be a floating-point vector of at least one entry.

    Args:
        function_name: Name of the public function, for the messages.
        name: Name of the argument.
        value: Value of the argument.

    Raises:
        TypeError: If it is not an array of floating-point numbers.
        ValueError: If it is not a vector, or empty.
    """
    array = numbers(function_name, f"{name}, ...", value)
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise TypeError(
            f"`{function_name}({name}, ...)` must be floating point, got {array.dtype}; "
            "convert with `.astype(float)`."
        )
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"`{function_name}({name}, ...)` must be one example of shape [n] with n >= 1, "
            f"got shape {array.shape}; "
            "use `jax.vmap`, `ls.per_example` or `ls.drop_in` for more."
        )
    return array


def numbers(function_name: str, argument: str, value: Any) -> Array:
    """The value as an array.

    Args:
        function_name: Name of the public function, for the message.
        argument: The argument as it is written in a call, such as "logits, ...".
        value: Value of the argument.

    Raises:
        TypeError: If it cannot be converted to an array.
    """
    if isinstance(value, list | tuple) and is_endless(value):
        raise TypeError(
            f"`{function_name}({argument})` must be numbers, got a list that holds lists without "
            "end."
        )
    if is_deleted(value):
        raise TypeError(
            f"`{function_name}({argument})` must be numbers, got {DELETED}."
        )
    try:
        return jnp.asarray(value)
    except ERRORS as error:
        raise refusal(f"`{function_name}({argument})`", value, error) from error


def are_one_hot(targets: Any) -> Any:
    """Whether all targets, [..., n], are one-hot."""
    is_unit = (targets == 0) | (targets == 1)
    return is_unit.all() & (targets.sum(axis=-1) == 1).all()


def is_distribution(target: Any) -> Any:
    """Whether no entry of the target [n] is negative and their sum is 1, within rounding.

    The tolerance is the square root of the dtype's epsilon, or of float32's if that is larger.
    """
    is_floating = jnp.issubdtype(target.dtype, jnp.floating)
    dtype = target.dtype if is_floating else jnp.float32
    # Targets are often computed in float32 before they are stored in a wider dtype.
    epsilon = max(jnp.finfo(dtype).eps, jnp.finfo(jnp.float32).eps)  # type: ignore[no-untyped-call]
    tolerance = float(epsilon) ** 0.5
    # With many classes a sum in half precision may stop growing before it reaches 1.
    wide = target.astype(wide_dtype(dtype))
    return (wide >= 0).all() & (abs(wide.sum() - 1) <= tolerance)
