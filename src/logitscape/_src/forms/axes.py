"""Axes of what functions take, such as "Nn": an example gets those that it has not."""

from typing import Any, TypeAlias

import numpy as np

Index: TypeAlias = tuple[Any, ...]


def indices_of(axes: str, of_batch: bool = False) -> tuple[Index, ...]:
    """Indices that give an example, or a batch of examples, the axes that a function takes.

    A second one repeats the place of a sequence.
    """
    kept = "Nn" if of_batch else "n"
    index = tuple(slice(None) if axis in kept else None for axis in axes)
    if "2" not in axes:
        return (index,)
    before = (slice(None),) * axes.index("2")
    return index, (*before, np.array([0, 0]))


def placed(x: Any, indices: tuple[Index, ...]) -> Any:
    for index in indices:
        x = x[index]
    return x


def axes_code(axes: str, x: str, library: str, of_batch: bool = False) -> str:
    """The code of an example or a batch, with the axes that a function takes."""
    index, *repeats = indices_of(axes, of_batch)
    entries = [":" if entry else "None" for entry in index]
    while entries and entries[-1] == ":":
        entries.pop()
    if not entries:
        return x
    code = f"({x})" if " " in x else x
    code += f"[{', '.join(entries)}]"
    for repeat in repeats:
        method = "repeat_interleave" if library == "torch" else "repeat"
        code += f".{method}(2, {len(repeat) - 1})"
    return code
