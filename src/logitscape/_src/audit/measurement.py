"""One number of an audit, with what it is and the examples that show it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .estimates import Estimate

SHOWN = 10
"""Number of examples that show a number."""


@dataclass(frozen=True)
class Measurement:
    """One number.

    Attributes:
        topic: What it is about, such as "gradient".
        name: Name, by which `Audit` gives it, such as "stuck".
        estimate: The number and its 95 % interval.
        text: What it is, in words.
        examples: Indices of the examples that show it, the clearest first.
        is_share: Whether it is a share, and so printed in percent.
    """

    topic: str
    name: str
    estimate: Estimate
    text: str
    examples: tuple[int, ...] = ()
    is_share: bool = False


def largest(values: NDArray[np.float64], among: NDArray[np.int64]) -> tuple[int, ...]:
    """The indices of the examples with the largest values."""
    order = np.argsort(-values, kind="stable")
    return tuple(int(index) for index in among[order[:SHOWN]])
