"""What stands at the public door: checks of arguments with errors that help, and half precision computed in float32.

Shapes and dtypes are known under every transformation and are always checked. Values are checked where they are known;
inside traced code a parameter out of range turns the result into NaN instead.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .special import nan_unless
from .types import HALF, Number, Parameter

LONGEST = 80
"""So much of a value is quoted in an error."""


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
    """A parameter as an array of `dtype`, refused if it is known not to be finite, or outside `[low, high]`; else NaN there.

    Args:
        function_name: the function that it belongs to.
        name: the parameter's.
        value: what was given; a traced value cannot be refused.
        dtype: that of the logits.
        low: the least value allowed.
        high: the largest.
        open: whether `low` itself is excluded.
    """
    if isinstance(value, jax.core.Tracer):
        number = jnp.asarray(value, dtype)
        allowed = (
            (number > low if open else number >= low)
            & (number <= high)
            & jnp.isfinite(number)
        )
        return nan_unless(allowed, number)
    bounds = _range_text(low, high, open)
    if not _is_number(value):
        raise ValueError(
            f"`{function_name}({name}=...)` must be a number, {bounds}, got {value!r}."
        )
    if not _is_finite(value):
        raise ValueError(
            f"`{function_name}({name}=...)` must be finite and {bounds}, got {_shortened(value)}."
        )
    if not _within(value, low, high, open):
        raise ValueError(
            f"`{function_name}({name}=...)` must be {bounds}, got {value!r}."
        )
    with np.errstate(over="ignore"):
        kept = np.asarray(value, dtype)
    if not _within(kept, low, high, open):
        raise ValueError(
            f"`{function_name}({name}=...)` must be {bounds}, got {value!r} (in {kept.dtype}, {kept})."
        )
    return jnp.asarray(value, dtype)


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def _shortened(value: object) -> str:
    text = repr(value)
    return (
        text
        if len(text) <= LONGEST
        else f"{text[:LONGEST]}... ({len(text)} characters)"
    )


def _within(value: Any, low: Number, high: Number, open: bool) -> bool:
    return bool(
        _is_finite(value) and (value > low if open else value >= low) and value <= high
    )


def is_known_to_be(number: Number, value: Parameter) -> bool:
    """Whether a parameter has this value, and not only when the program runs."""
    return not isinstance(value, jax.core.Tracer) and bool(value == number)


def whole_number(
    function_name: str,
    name: str,
    value: Any,
    *,
    low: int,
    high: Number = math.inf,
    even: bool = False,
) -> int:
    """A parameter that shapes the program, such as the order of a polynomial, and so cannot be traced."""
    if not is_whole(value) or not low <= value <= high or (even and value % 2):
        kind = "an even whole number" if even else "a whole number"
        raise ValueError(
            f"`{function_name}({name}=...)` must be {kind}, {_range_text(low, high, False)}, got {value!r}."
        )
    return int(value)


def is_whole(value: object) -> bool:
    """Whether it is an integer of Python or NumPy."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def vector(function_name: str, name: str, value: ArrayLike) -> Array:
    """A float vector of at least one entry, or an error that says what is wrong with it."""
    array = numbers(function_name, f"{name}, ...", value)
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise TypeError(
            f"`{function_name}({name}, ...)` must be floating point, got {array.dtype}; convert with `.astype(float)`."
        )
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"`{function_name}({name}, ...)` must be one example of shape [n] with n >= 1, got shape {array.shape}; "
            "use `jax.vmap`, `ls.per_example` or `ls.drop_in` for more."
        )
    return array


def numbers(function_name: str, argument: str, value: Any) -> Array:
    """An array, or an error that names the argument."""
    try:
        return jnp.asarray(value)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"`{function_name}({argument})` must be numbers, got {value!r}."
        ) from error


def target_like(function_name: str, z: Array, target: Any) -> Array:
    """The target in the logits' dtype; it must have their shape and, where that is known, be a distribution."""
    array = numbers(function_name, "..., target", target)
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise TypeError(
            f"`{function_name}(..., target)` must be real, got {array.dtype}."
        )
    if array.shape != z.shape:
        hint = (
            " A label is turned into a target by `jax.nn.one_hot(label, n)`."
            if array.ndim == 0
            else ""
        )
        raise ValueError(
            f"`{function_name}(..., target)` must have the logits' shape {z.shape}, got {array.shape}.{hint}"
        )
    if not isinstance(array, jax.core.Tracer) and not is_distribution(
        np.asarray(array)
    ):
        raise ValueError(
            f"`{function_name}(..., target)` must be a distribution: at least 0 and summing to 1, got {np.asarray(target)}."
        )
    return array.astype(z.dtype)


def is_distribution(target: Any) -> Any:
    """Whether [n] is nowhere negative and sums to 1, to half of the digits of its dtype, at most of float32's."""
    given = target.dtype if jnp.issubdtype(target.dtype, jnp.floating) else jnp.float32
    tolerance = float(max(jnp.finfo(given).eps, jnp.finfo(jnp.float32).eps)) ** 0.5  # type: ignore[no-untyped-call]
    wide = target.astype(jnp.float32 if given in HALF else given)
    return (wide >= 0).all() & (abs(wide.sum() - 1) <= tolerance)


def _is_number(value: object) -> bool:
    if isinstance(value, bool | int | float):
        return not isinstance(value, bool)
    if not isinstance(value, np.ndarray | np.generic | Array) or value.ndim:
        return False
    return jnp.issubdtype(value.dtype, jnp.integer) or jnp.issubdtype(
        value.dtype, jnp.floating
    )


def _range_text(low: Number, high: Number, open: bool) -> str:
    if math.isinf(low):
        return "a finite number" if math.isinf(high) else f"at most {high:g}"
    text = f"greater than {low:g}" if open else f"at least {low:g}"
    return text if math.isinf(high) else f"{text} and at most {high:g}"
