"""What vectors in the code of witnesses have in common, in whichever library they are written."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from ..base.arguments import are_one_hot

COLUMNS = 76
"""Width of a line of code or of a comment."""


class Sparse(NamedTuple):
    """A vector of one common value and few others.

    Attributes:
        common: The common value.
        exceptions: Places and values of all others.
    """

    common: float
    exceptions: list[tuple[int, float]]


def sparse(values: tuple[float, ...], few: int) -> Sparse | None:
    """The vector by its common value; None if it is short, or more than a few values differ.

    Args:
        values: The vector.
        few: Number of values up to which all are written out, and that may differ.
    """
    common = Counter(values).most_common(1)[0][0]
    exceptions = [(k, value) for k, value in enumerate(values) if value != common]
    if len(values) <= few or len(exceptions) > few:
        return None
    return Sparse(common, exceptions)


def label_of(target: tuple[float, ...]) -> int | None:
    """The label of a one-hot target; None for another one."""
    return target.index(1.0) if are_one_hot(np.array(target)) else None
