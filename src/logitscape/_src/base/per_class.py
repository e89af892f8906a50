"""Parameters that have one number for all classes, or one for each of them."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .conversion import array_of
from .messages import quoted
from .parameters import parameter
from .settings import is_sequence
from .special import nan_unless
from .types import Number, Parameter

PerClass: TypeAlias = Parameter | Sequence[Number]
"""One number, or a number for each class."""


def per_class(
    function_name: str, name: str, value: PerClass, like: Array, *, low: Number
) -> Array:
    """A parameter as an array [] or [n] of the logits' dtype; NaN where traced and out of range.

    Args:
        function_name: Name of the function that has the parameter, for the messages.
        name: Name of the parameter.
        value: One number, or a sequence or array of n numbers.
        like: Logits, [n].
        low: Smallest value allowed.

    Raises:
        ValueError: If it is neither one number nor n of them, or if a known number is not finite
            or below `low`.
    """
    several: Any = value
    if isinstance(value, Sequence) and not isinstance(value, str):
        several = _array(function_name, name, value)
    if not getattr(several, "ndim", 0):
        return parameter(function_name, name, several, like.dtype, low=low)
    argument = f"`{function_name}({name}=...)`"
    if several.shape != like.shape:
        raise ValueError(
            f"{argument} must be one number, or one for each of the {like.size} classes, "
            f"got shape {several.shape}."
        )
    if isinstance(several, jax.core.Tracer):
        numbers = several.astype(like.dtype)
        return nan_unless((numbers >= low) & jnp.isfinite(numbers), numbers)
    known = array_of(argument, several)
    is_number = any(
        jnp.issubdtype(known.dtype, kind) for kind in (jnp.integer, jnp.floating, bool)
    )
    if not is_number:
        raise ValueError(f"{argument} must be numbers, got {quoted(value)}.")
    wrong = known[~(np.isfinite(known) & (known >= low))]
    if wrong.size:
        raise ValueError(
            f"{argument} must be finite and at least {low:g} for every class, "
            f"got {wrong[0]}."
        )
    return jnp.asarray(known, like.dtype)


def _array(function_name: str, name: str, value: Any) -> Any:
    try:
        # A range may be longer than any memory.
        if not is_sequence(value):
            raise ValueError
        is_traced = any(isinstance(x, jax.core.Tracer) for x in value)
        return jnp.stack(value) if is_traced else np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"`{function_name}({name}=...)` must be numbers, got {quoted(value)}."
        ) from None
