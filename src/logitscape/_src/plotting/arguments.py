"""Checks of what is drawn: numbers of a shape, texts, and what is given by name.

In every function `function_name` is the public function that an error message names, and `name` is
the argument that it names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.conversion import entries, reals_of
from ..base.messages import quoted


def numbers(
    function_name: str, name: str, value: Any, *shape: int | None, of: str = ""
) -> NDArray[Any]:
    """Numbers of a shape, in which None stands for any length of at least 1.

    The arguments from which the shape follows are named by `of`.

    Raises:
        TypeError: If they are no numbers.
        ValueError: If their shape is another one.
    """
    argument = f"`{function_name}({name})`"
    array = reals_of(argument, value)
    wanted = "[" + ", ".join("m" if size is None else str(size) for size in shape) + "]"
    fits = len(shape) == array.ndim and all(
        length == size if size is not None else length > 0
        for length, size in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"{argument} must be numbers of shape {wanted}{of and f', as {of} say'}, got shape "
            f"{array.shape}."
        )
    return array


def texts(function_name: str, name: str, value: Any) -> list[str]:
    """A list of texts.

    Raises:
        TypeError: If it is none.
    """
    several = entries(value)
    if several is None or not all(isinstance(each, str) for each in several):
        raise TypeError(
            f"`{function_name}({name})` must be a list of texts, got {quoted(value)}."
        )
    return [str(each) for each in several]


def table(
    function_name: str, name: str, value: Any, rows: int, columns: int
) -> list[list[str]]:
    """Texts by row and column, of which the last ones may be left out.

    Raises:
        TypeError: If they are no texts.
        ValueError: If there are more.
    """
    given = entries(value)
    if given is None:
        raise TypeError(
            f"`{function_name}({name})` must be lists of texts, [rows][columns], got "
            f"{quoted(value)}."
        )
    cells = [texts(function_name, name, row) for row in given]
    if len(cells) > rows or any(len(row) > columns for row in cells):
        raise ValueError(
            f"`{function_name}({name})` must have at most {rows} rows, and {columns} texts for "
            f"the columns, got rows of {[len(row) for row in cells]}."
        )
    return cells


def text(function_name: str, name: str, value: Any) -> str:
    """A text.

    Raises:
        TypeError: If it is none.
    """
    if not isinstance(value, str):
        raise TypeError(
            f"`{function_name}({name}=...)` must be a text, got {quoted(value)}."
        )
    return value


def by_name(function_name: str, name: str, value: Any, kind: type, what: str) -> Any:
    """A mapping from texts to values of one kind; an empty one for None.

    Raises:
        TypeError: If it is none.
    """
    if value is None:
        return {}
    is_mapping = isinstance(value, Mapping)
    if not is_mapping or not all(
        isinstance(key, str) and isinstance(each, kind) for key, each in value.items()
    ):
        raise TypeError(
            f"`{function_name}({name}=...)` must be {what} by name, got {quoted(value)}."
        )
    return value


def limits(function_name: str, value: Any) -> tuple[float, float]:
    """Two positive numbers, the smaller one first.

    Raises:
        TypeError: If they are no numbers.
        ValueError: If they are others.
    """
    low, high = numbers(function_name, "limits=...", value, 2).tolist()
    if not 0 < low < high < np.inf:
        raise ValueError(
            f"`{function_name}(limits=...)` must be two finite numbers above 0, the smaller one "
            f"first, got {quoted(value)}."
        )
    return low, high


def known(
    function_name: str, name: str, values: Sequence[str], names: Mapping[str, Any]
) -> None:
    """Raise a ValueError unless all texts are names that are known."""
    for value in values:
        if value not in names:
            raise ValueError(
                f"`{function_name}({name})` must be some of {', '.join(names)}, got "
                f"{quoted(value)}."
            )
