"""Everything that an audit has found, independent of how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.conversion import array_of
from ..base.messages import printable
from ..base.whole_numbers import whole_number
from .alternatives import Alternative
from .examples import Measured
from .groups import Group
from .judged import Judged
from .measurement import Measurement
from .reliability import Reliability


@dataclass(frozen=True, kw_only=True)
class AuditResults(Judged):
    """The numbers, the findings, and what they are made of.

    Attributes:
        objective: Name of the loss.
        shape: Number of examples and of classes.
        dtype: Type in which the logits are stored.
        numbers: All numbers.
        alternatives: The present loss and what others would do.
        groups: Groups of examples beside the rest.
        reliability: Reliability diagram; None without a known normalizer.
        measured: Numbers about every example that was measured.
        class_names: Names of the classes, [n].
        ids: Names of the examples, [m].
    """

    objective: str
    shape: tuple[int, int]
    dtype: str
    numbers: tuple[Measurement, ...]
    alternatives: tuple[Alternative, ...]
    groups: tuple[Group, ...]
    reliability: Reliability | None
    measured: Measured
    class_names: Sequence[str] | None
    ids: NDArray[Any] | None

    @cached_property
    def by_name(self) -> dict[str, Measurement]:
        """All numbers by their names."""
        return {number.name: number for number in self.numbers}

    def id_of(self, index: int) -> str:
        """The name of an example: its id, or its index."""
        last = self.shape[0] - 1
        place = whole_number("Audit.id_of", "index", index, low=0, high=last)
        return printable(place if self.ids is None else self.ids[place])

    def class_of(self, place: int) -> str:
        """The name of a class, or its number."""
        last = self.shape[1] - 1
        k = whole_number("Audit.class_of", "place", place, low=0, high=last)
        return printable(k if self.class_names is None else self.class_names[k])

    def counts(self) -> dict[str, int]:
        """Number of examples, of those that are measured, and why the others are not."""
        measured = self.measured
        return {
            "examples": self.shape[0],
            "measured": measured.count,
            "ignored": measured.part.ignored,
            "not_finite": measured.part.not_finite.count,
            "without_loss": measured.part.without_loss.count,
        }


def checked_names(
    names: Sequence[str] | None, count: int, argument: str, what: str
) -> NDArray[np.str_] | None:
    """Names of classes or of examples.

    Raises:
        ValueError: If there are more or fewer.
    """
    if names is None:
        return None
    array = array_of(f"`audit({argument}=...)`", names, f"names of the {what}")
    if array.shape != (count,):
        raise ValueError(
            f"`audit({argument}=...)` must have one entry for each of the {count:,} {what}, got "
            f"shape {array.shape}."
        )
    return array
