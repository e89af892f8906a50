"""The examples that are measured: those that count and whose numbers are finite."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .block_results import Part
from .config import Setting
from .estimates import Estimate, mean_of_all, share
from .example_numbers import Examples
from .extremes import Order, first_of, orders_of
from .kept import Kept, distance_of, joined, taken
from .program import Classes
from .totals import Totals


@dataclass(frozen=True)
class Measured:
    """What is known about the examples that are measured.

    Of a large dump only some examples are kept, at equal distances, and beside them the first few
    of every order; sums are over all examples.

    Attributes:
        setting: What was asked.
        part: All that the pass has left.
        whole: Number of examples, m.
    """

    setting: Setting
    part: Part
    whole: int

    @property
    def examples(self) -> Examples:
        """Numbers about the examples that are kept, [k] each."""
        return self.part.kept.examples

    @property
    def index(self) -> NDArray[np.int64]:
        """Their places among all examples, [k]."""
        return self.part.kept.index

    @property
    def labels(self) -> NDArray[np.int64]:
        """Their labels, [k]; the largest of their targets for soft ones."""
        return self.part.kept.labels

    @property
    def distance(self) -> int:
        """Distance between the examples that are kept; 1 if all are."""
        return distance_of(self.whole)

    @property
    def totals(self) -> Totals:
        """Sums over all examples that are measured."""
        return self.part.totals

    @property
    def classes(self) -> Classes:
        """Sums over them for every class."""
        return self.part.classes

    @property
    def count(self) -> int:
        """Number of examples that are measured."""
        return int(self.part.totals.measured)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.part.classes.probability)

    def share(self, name: str) -> Estimate:
        """The share of the examples that a total counts, such as "right"."""
        return share(int(getattr(self.totals, name)), self.count)

    def mean(self, name: str) -> Estimate:
        """The mean of a number whose sum is a total, such as "loss"."""
        values = getattr(self.examples, name)
        of_kept = values[0] if values.ndim == 2 else values
        return mean_of_all(getattr(self.totals, name), self.count, of_kept)

    def shown(
        self, name: str, among: Callable[[Kept], NDArray[np.bool_]] | None = None
    ) -> tuple[int, ...]:
        """The places of the first few examples of an order, among all of the dump.

        Args:
            name: Name of the order.
            among: What it is limited to.
        """
        kept = self._candidates
        order = self._orders[name]
        mask = None if among is None else among(kept)
        places = first_of(order, kept.index, mask)
        return tuple(int(place) for place in kept.index[places])

    @cached_property
    def _candidates(self) -> Kept:
        """The examples that are kept, and those of every order."""
        if self.distance == 1:
            return self.part.kept
        both = joined([self.part.kept, self.part.extremes])
        _, places = np.unique(both.index, return_index=True)
        return taken(both, places)

    @cached_property
    def _orders(self) -> Mapping[str, Order]:
        return orders_of(self.setting, self._candidates.examples)


def measured_of(setting: Setting, part: Part, whole: int) -> Measured:
    """Check that something was measured.

    Raises:
        ValueError: If no example can be, or too few to be kept.
    """
    if len(part.kept.index) == 0:
        few = int(part.totals.measured)
        rest = f", and {few:,} are too few to be found" if few else ""
        raise ValueError(
            f"`audit(logits=...)` has no example that can be measured: of {whole:,}, "
            f"{part.ignored:,} have the ignored label, {part.not_finite.count:,} logits that are "
            f"not finite, and {part.without_loss.count:,} no finite loss{rest}."
        )
    return Measured(setting, part, whole)
