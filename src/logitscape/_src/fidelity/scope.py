"""What is sound about a loss, so that each check changes one thing only."""

from dataclasses import dataclass, replace
from typing import Any

from .batch import ROWS, Batch, Maker
from .expected import Expected, Miss, expected, misses
from .fused import Fused, Outcome
from .reference import Reference


@dataclass(frozen=True)
class Scope:
    """A loss that is right on ordinary batches, and where it is.

    Attributes:
        fused: The loss.
        reference: What it stands for.
        maker: Makes its batches.
        classes: The smallest number of classes with which it is right.
        other_classes: The other numbers of classes with which it is right.
        compared: Arguments whose gradient is right.
    """

    fused: Fused
    reference: Reference
    maker: Maker
    classes: int
    other_classes: tuple[int, ...]
    compared: frozenset[str]

    def batch(self, rows: int = ROWS, **config: Any) -> Batch:
        """An ordinary batch of the smallest number of classes."""
        return self.maker.ordinary(rows, self.classes, **config)

    def expected(self, batch: Batch, **config: Any) -> Expected:
        """What the loss must be."""
        return expected(batch, self.reference, **config)

    def misses(
        self, outcome: Outcome, want: Expected, cotangent: Any = 1.0
    ) -> dict[str, Miss]:
        """The results that are wrong, among those that are right on ordinary batches."""
        reduction = self.fused.reduction
        right = want.gradient(cotangent, reduction)
        gradient = {name: outcome.gradient[name] for name in right}
        return misses(
            outcome.losses,
            {name: each for name, each in gradient.items() if name in self.compared},
            want.reduced(reduction),
            right,
        )

    def with_parameters(self, parameters: dict[str, Any]) -> "Scope":
        """The same with further keywords for both the loss and the reference."""
        return replace(
            self,
            fused=self.fused.with_parameters(parameters),
            reference=self.reference.with_parameters(parameters),
        )
