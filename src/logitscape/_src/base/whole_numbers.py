"""Checks of whole numbers, such as an order or a seed; they need no JAX."""

import math
from typing import Any

import numpy as np

from .messages import quoted

LONG = 10_000
"""Whole number from which on its digits are grouped."""
MOST_CLASSES = 2**24
"""Largest number of classes that anything is measured with; more would not fit into memory."""
MOST_POINTS = 2**24
"""Largest number of points along one axis."""
MANY_CLASSES = 2**20
"""Number of classes with which the parameters of a spec are checked before there are logits."""


def whole_number(
    function_name: str,
    name: str,
    value: Any,
    *,
    low: int,
    high: float | int = math.inf,
    even: bool = False,
) -> int:
    """A whole number that determines the program, such as an order, and so cannot be traced.

    Args:
        function_name: Name of the function that has the parameter, for the message.
        name: Name of the parameter.
        value: Value of the parameter, an integer of Python or NumPy.
        low: Smallest value allowed.
        high: Largest value allowed.
        even: Whether it must be even.

    Raises:
        ValueError: If it is not such a number.
    """
    if not is_whole(value) or not low <= value <= high or (even and value % 2):
        kind = "an even whole number" if even else "a whole number"
        bounds = range_text(low, high, False)
        raise ValueError(
            f"`{function_name}({name}=...)` must be {kind}, {bounds}, got {quoted(value)}."
        )
    return int(value)


def is_whole(value: object) -> bool:
    """Whether the value is an integer of Python or NumPy; truth values and times are none."""
    is_integer = isinstance(value, int | np.integer)
    # To NumPy a time is an integer as well.
    return is_integer and not isinstance(value, bool | np.timedelta64)


def range_text(low: float | int, high: float | int, open: bool) -> str:
    """The range of a number in the words of an error message."""
    if math.isinf(low):
        return "a finite number" if math.isinf(high) else f"at most {_digits(high)}"
    text = f"greater than {_digits(low)}" if open else f"at least {_digits(low)}"
    if math.isinf(high):
        return text
    largest = "the number of classes" if high == MANY_CLASSES else _digits(high)
    return f"{text} and at most {largest}"


def _digits(number: float | int) -> str:
    is_long = isinstance(number, int) and abs(number) >= LONG
    return f"{number:,}" if is_long else f"{number:g}"
