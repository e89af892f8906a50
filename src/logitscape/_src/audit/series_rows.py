"""The numbers of a series at all of its points, and what became of the examples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .estimates import Estimate

SHARES = (
    "accuracy",
    "stuck",
    "collapsed",
    "carriers_50",
    "carriers_90",
    "carried_by_wrong",
    "not_finite",
    "suspicious",
    "loss_of_tail",
)


@dataclass(frozen=True)
class Row:
    """One number at every point of a series.

    Attributes:
        name: Its name in an audit.
        values: The number at every point, [s].
        first: The number in the beginning, with its 95 % interval.
        last: The number in the end.
    """

    name: str
    values: NDArray[np.float64]
    first: Estimate
    last: Estimate

    @property
    def is_share(self) -> bool:
        """Whether it is a share, and so printed in percent."""
        return self.name in SHARES

    @property
    def is_clear(self) -> bool:
        """Whether the intervals of beginning and end have nothing in common."""
        return self.last.low > self.first.high or self.last.high < self.first.low


@dataclass(frozen=True)
class Passage:
    """What became of the examples that are measured at every point.

    Attributes:
        name: "learned", "forgotten", "never right" or "always stuck".
        share: Their share.
        text: What it means.
        examples: Indices of some of them.
    """

    name: str
    share: Estimate
    text: str
    examples: tuple[int, ...]
