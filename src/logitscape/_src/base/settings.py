"""Checks of settings: numbers, names and truth values that are known before anything is traced."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jax import Array

from .conversion import MOST_ENTRIES
from .messages import is_deleted, quoted
from .types import Number
from .whole_numbers import range_text


def real_number(
    function_name: str,
    name: str,
    value: Any,
    *,
    low: Number = -math.inf,
    high: Number = math.inf,
    open: bool = False,
    unit: str = "",
) -> float:
    """A finite number of Python or NumPy in a range, as a float.

    Args:
        function_name: Public function that the message names.
        name: Name of the argument.
        value: Value of the argument.
        low: Smallest value allowed.
        high: Largest value allowed.
        open: Whether `low` itself is excluded.
        unit: What the number counts, such as "seconds".

    Raises:
        ValueError: If it is no such number.
    """
    number = _as_float(value)
    if number is None or not _is_within(number, low, high, open):
        counted = f"a number of {unit}" if unit else "a number"
        kind = "a finite number"
        if _is_bounded(low, high):
            kind = f"{counted}, {range_text(low, high, open)}"
        raise ValueError(
            f"`{function_name}({name}=...)` must be {kind}, got {quoted(value)}."
        )
    return number


def real_numbers(
    function_name: str,
    name: str,
    values: Any,
    *,
    low: Number = -math.inf,
    high: Number = math.inf,
    open: bool = False,
) -> list[float]:
    """A sequence of at least one such number, as floats; arguments as for `real_number`.

    Raises:
        ValueError: If it is none.
    """
    several = list(values) if is_sequence(values) else []
    numbers = [_as_float(value) for value in several]
    within = [n for n in numbers if n is not None and _is_within(n, low, high, open)]
    if not within or len(within) < len(several):
        kind = "finite numbers"
        if _is_bounded(low, high):
            kind = f"numbers, each {range_text(low, high, open)}"
        raise ValueError(
            f"`{function_name}({name}=...)` must be a list of {kind}, got {quoted(values)}."
        )
    return within


def one_of(function_name: str, name: str, value: Any, names: Iterable[str]) -> str:
    """One of several names.

    Raises:
        ValueError: If it is none of them.
    """
    known = list(names)
    # An array would be compared entry by entry.
    if not isinstance(value, str) or value not in known:
        listed = ", ".join(map(repr, known))
        raise ValueError(
            f"`{function_name}({name}=...)` must be one of {listed}, got {quoted(value)}."
        )
    return value


def truth_value(function_name: str, name: str, value: Any) -> bool:
    """True or False, of Python or NumPy.

    Raises:
        TypeError: If it is neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(
            f"`{function_name}({name}=...)` must be True or False, got {quoted(value)}."
        )
    return bool(value)


def own_name(function_name: str, name: Any) -> None:
    """Raise a TypeError unless a name that users give is a text or None."""
    if name is not None and not isinstance(name, str):
        raise TypeError(
            f"`{function_name}(name=...)` must be a text, got {quoted(name)}."
        )


def is_sequence(value: Any) -> bool:
    """Whether something is a list, a tuple or a vector, and no text."""
    if isinstance(value, np.ndarray | Array):
        return value.ndim == 1 and not is_deleted(value)
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    # A range may be longer than any memory.
    return is_list and len(value) <= MOST_ENTRIES


def _as_float(value: Any) -> float | None:
    """The number as a float; None for what is no real number."""
    # An array of one entry would be converted as well.
    is_array = hasattr(value, "shape") and value.shape != ()
    if is_array or isinstance(value, bool | np.bool_ | str | bytes):
        return None
    if is_deleted(value):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_bounded(low: Number, high: Number) -> bool:
    return not (math.isinf(low) and math.isinf(high))


def _is_within(number: float, low: Number, high: Number, open: bool) -> bool:
    above = number > low if open else number >= low
    return math.isfinite(number) and above and number <= high
