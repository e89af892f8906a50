"""Checks of the parameters of normalizers and losses, such as a temperature or an order."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .messages import is_deleted, quoted
from .special import nan_unless
from .types import Number, Parameter
from .whole_numbers import range_text


def parameter(
    function_name: str,
    name: str,
    value: Parameter,
    dtype: Any,
    *,
    low: Number,
    high: Number = math.inf,
    open: bool = False,
) -> Array:
    """A real parameter as an array of the given dtype; NaN if it is traced and out of range.

    Args:
        function_name: Name of the function that has the parameter, for the messages.
        name: Name of the parameter.
        value: Value of the parameter, known or traced.
        dtype: Dtype of the logits.
        low: Smallest value allowed.
        high: Largest value allowed.
        open: Whether `low` itself is excluded.

    Raises:
        ValueError: If the value is known and is not a finite number from `low` to `high`, also
            after rounding to `dtype`.
    """
    if isinstance(value, jax.core.Tracer):
        return _nan_out_of_range(jnp.asarray(value, dtype), low, high, open)
    argument = f"`{function_name}({name}=...)`"
    bounds = range_text(low, high, open)
    if not _is_number(value):
        raise ValueError(f"{argument} must be a number, {bounds}, got {quoted(value)}.")
    if not _is_finite(value):
        raise ValueError(
            f"{argument} must be finite and {bounds}, got {quoted(value)}."
        )
    if not _is_within(value, low, high, open):
        raise ValueError(f"{argument} must be {bounds}, got {quoted(value)}.")
    # Rounding can turn 1e39 into infinity, and 1e-50 into 0. NumPy warns of the former.
    with np.errstate(over="ignore"):
        # In NumPy, as JAX would trace the comparison that follows inside `jax.jit`.
        rounded = np.asarray(value, dtype)
    if not _is_within(rounded, low, high, open):
        raise ValueError(
            f"{argument} must be {bounds}, got {quoted(value)} (in {rounded.dtype}, {rounded})."
        )
    return jnp.asarray(value, dtype)


def is_known_to_be(number: Number, value: Parameter) -> bool:
    """Whether a parameter is known while the program is traced, and equal to this number."""
    if isinstance(value, jax.core.Tracer) or not _is_number(value):
        return False
    return bool(value == number)


def _nan_out_of_range(number: Array, low: Number, high: Number, open: bool) -> Array:
    above = number > low if open else number >= low
    # Without an upper bound the comparison with `high` alone would let infinity pass.
    return nan_unless(above & (number <= high) & jnp.isfinite(number), number)


def _is_within(value: Any, low: Number, high: Number, open: bool) -> bool:
    if not _is_finite(value):
        return False
    above = value > low if open else value >= low
    return bool(above and value <= high)


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer larger than every float
        return False


def known_whole(value: Parameter) -> int | None:
    """A whole number that is known while the program is traced; None for any other."""
    if isinstance(value, jax.core.Tracer) or not _is_number(value):
        return None
    if not _is_finite(value) or value != int(value):
        return None
    return int(value)


def _is_number(value: object) -> bool:
    # A truth value is an integer in Python, but not a parameter that anyone means.
    # To NumPy a time is an integer as well.
    if isinstance(value, bool | np.timedelta64):
        return False
    if isinstance(value, int | float):
        return True
    if not isinstance(value, np.ndarray | np.generic | Array) or value.ndim:
        return False
    is_integer = jnp.issubdtype(value.dtype, jnp.integer)
    is_real = is_integer or jnp.issubdtype(value.dtype, jnp.floating)
    return is_real and not is_deleted(value)
