"""Checks of parameters that have one number for each class, such as a prior or class counts."""

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .conversion import array_of
from .messages import quoted
from .special import nan_unless
from .types import Vector

ClassParameter: TypeAlias = object
"""Numbers of the classes, known or traced: an array, or a tuple or list of numbers.

It is any object, as what is none of these gets an error that says so.
"""

SUM_TOLERANCE = 1e-3
"""By how much the sum of a distribution may differ from 1: it is written in a few digits."""


def positive_of_classes(
    function_name: str,
    name: str,
    value: ClassParameter,
    logits: Vector,
    *,
    sums_to_one: str = "",
) -> Array:
    """One finite number above 0 for each class, [n]; NaN if they are traced and out of range.

    Args:
        function_name: Name of the function that has the parameter, for the messages.
        name: Name of the parameter.
        value: The numbers, known or traced.
        logits: Logits, [n], whose dtype the numbers get.
        sums_to_one: What to do otherwise, if they must sum to 1: a sentence for the message.

    Raises:
        ValueError: If the numbers are known and not such ones, or their number is not n.
    """
    argument = f"`{function_name}({name}=...)`"
    numbers = _as_vector(argument, value)
    if numbers.size != logits.size:
        raise ValueError(
            f"{argument} must have one number for each of the {logits.size} classes, "
            f"got {numbers.size}."
        )
    if isinstance(numbers, jax.core.Tracer):
        return _nan_out_of_range(jnp.asarray(numbers, logits.dtype), bool(sums_to_one))
    known = np.asarray(numbers, np.float64)
    # Rounding to the dtype can turn 1e39 into infinity, and 1e-50 into 0.
    with np.errstate(over="ignore"):
        rounded = np.asarray(known, logits.dtype)
    wrong = np.flatnonzero(~((rounded > 0) & np.isfinite(rounded)))
    if wrong.size:
        raise ValueError(
            f"{argument} must be finite numbers greater than 0, "
            f"got {known[wrong[0]]:g} for class {wrong[0]}."
        )
    if sums_to_one and abs(known.sum() - 1) > SUM_TOLERANCE:
        raise ValueError(
            f"{argument} must sum to 1, got a sum of {known.sum():g}. {sums_to_one}"
        )
    return jnp.asarray(rounded)


def _as_vector(argument: str, value: Any) -> Any:
    if isinstance(value, jax.core.Tracer):
        array: Any = value
    else:
        # Rows of different lengths are none, masked entries, and more than memory holds.
        try:
            array = array_of(argument, value)
        except TypeError:
            array = np.asarray(None)
    is_real = jnp.issubdtype(array.dtype, jnp.integer) or jnp.issubdtype(
        array.dtype, jnp.floating
    )
    if not is_real or array.ndim != 1:
        raise ValueError(
            f"{argument} must be a vector of one number for each class, such as "
            f"(0.5, 0.3, 0.2), got {quoted(value)}."
        )
    return array


def _nan_out_of_range(numbers: Array, is_distribution: bool) -> Array:
    is_valid = jnp.all((numbers > 0) & jnp.isfinite(numbers))
    if is_distribution:
        is_valid &= jnp.abs(jnp.sum(numbers) - 1) <= SUM_TOLERANCE
    return nan_unless(is_valid, numbers)
