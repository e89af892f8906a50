"""Arrays made of what users give, and one error for all that cannot be one."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .messages import first_line, is_deleted, quoted

MOST_AXES = 64
"""Largest number of axes of an array of NumPy."""
MOST_ENTRIES = 2**24
"""Largest number of entries of a list that is taken entry by entry."""
ERRORS = (
    TypeError,
    ValueError,
    RuntimeError,
    OverflowError,
    BufferError,
    MemoryError,
)
"""What is raised where something is no array: another framework has errors of its own where it
does not convert itself, and what is larger than memory does not fit.
"""


def array_of(
    argument: str, value: Any, what: str = "numbers", dtype: Any = None
) -> NDArray[Any]:
    """The value as an array of NumPy.

    Args:
        argument: The argument as messages name it, with its quotes.
        value: Value of the argument.
        what: What it must be an array of.
        dtype: Type of its entries; by default the one that they have.

    Raises:
        TypeError: If it is none.
    """
    # NumPy would take what is masked for numbers like the others.
    if np.ma.is_masked(value):
        raise TypeError(
            f"{argument} must be {what}, got an array of which some are masked; fill them first."
        )
    try:
        return np.asarray(value, dtype)
    except ERRORS as error:
        raise refusal(argument, value, error, what) from error


def reals_of(argument: str, value: Any) -> NDArray[Any]:
    """The value as an array of float64; text, dates and complex numbers are refused.

    NumPy itself would read texts as numbers, and leave imaginary parts out.

    Raises:
        TypeError: If it is none.
    """
    array = array_of(argument, value)
    if array.dtype.kind in "cUSMm":
        raise TypeError(f"{argument} must be numbers, got {quoted(value)}.")
    return array_of(argument, array, dtype=np.float64)


def entries(value: Any) -> list[Any] | None:
    """The entries of a list, a vector or another container; None for a text and a single value."""
    # An array without axes is an `Iterable` that cannot be iterated.
    is_single = getattr(value, "ndim", 1) == 0 or not isinstance(value, Iterable)
    is_huge = isinstance(value, range) and len(value) > MOST_ENTRIES
    if is_single or is_huge or isinstance(value, str | bytes) or is_deleted(value):
        return None
    return list(value)


def is_endless(value: list[Any] | tuple[Any, ...]) -> bool:
    """Whether lists lie in lists more deeply than an array has axes, as if one holds itself."""
    for _ in range(MOST_AXES):
        if not isinstance(value, list | tuple) or not value:
            return False
        value = value[0]
    return True


def refusal(
    argument: str, value: Any, error: Exception, what: str = "numbers"
) -> TypeError:
    """The error for what is no array; the words of another framework say what to do there."""
    if isinstance(error, MemoryError):
        shape = getattr(value, "shape", "")
        return TypeError(f"{argument} must fit into memory, got shape {shape}.")
    reason = ""
    if isinstance(error, RuntimeError | BufferError):
        reason = f": {first_line(error).rstrip('.')}"
    return TypeError(f"{argument} must be {what}, got {quoted(value)}{reason}.")
