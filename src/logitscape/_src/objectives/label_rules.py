"""Value and gradient of one example for a label, from what normalizers and losses state.

* `ByWeights`: a separable normalizer states the weights g(z_k) of the classes
  (normalizers/weights.py), and a loss how it pulls on them (losses/label_shares.py).
* `ByChance`: any other normalizer states the label's probability and how it moves with the logits
  (normalizers/chances.py), for losses of this probability alone.
* `OfLogits`: a loss of logits states both itself.
* `BehindMaps`: any of these for mapped logits, of which each map states how a gradient goes back.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

from jax import Array

from ..base.classes import Classes, whole_of_batch
from ..base.types import Scalar, Vector
from ..losses.label_shares import OfLabel, Pull, counted_pull
from ..normalizers.chances import AtLabel
from ..normalizers.map_statements import Mapped, StatedMap
from ..normalizers.weights import Weigh
from .weighing import pull_back, weighed

Parameters: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Parameters of the normalizer and of the loss that are arrays, by name."""


class LabelRule(ABC):
    """Value and gradient of one example for a label."""

    def __call__(
        self, logits: Vector, label: Array, parameters: Parameters
    ) -> tuple[Scalar, Vector]:
        """Loss and its gradient in the logits, [n], of one example of a batch."""
        return self.over(whole_of_batch(logits), logits, label, parameters)

    @abstractmethod
    def over(
        self, classes: Classes, logits: Vector, label: Array, parameters: Parameters
    ) -> tuple[Scalar, Vector]:
        """Loss and gradient of one example whose classes are joined in any way."""


@dataclass(frozen=True)
class ByWeights(LabelRule):
    """The rule of a separable normalizer and a loss.

    Attributes:
        weigh: Statement of the normalizer.
        of_label: Statement of the loss.
    """

    weigh: Weigh = field(repr=False)
    of_label: OfLabel = field(repr=False)

    def over(
        self, classes: Classes, logits: Vector, label: Array, parameters: Parameters
    ) -> tuple[Scalar, Vector]:
        """Loss, and gradient in the logits that lie here, of classes joined in any way."""
        of_normalizer, of_loss = parameters
        weigh = partial(self.weigh, **of_normalizer)
        of_label = partial(self.of_label, **of_loss)
        return pull_back(of_label, weighed(weigh, logits, label, classes))


@dataclass(frozen=True)
class ByChance(LabelRule):
    """The rule of any normalizer and a loss of the label's probability alone.

    Attributes:
        at_label: Statement of the normalizer.
        pull: Function (Chance, **parameters) -> Pull of the loss.
    """

    at_label: AtLabel = field(repr=False)
    pull: Callable[..., Pull] = field(repr=False)

    def over(
        self, classes: Classes, logits: Vector, label: Array, parameters: Parameters
    ) -> tuple[Scalar, Vector]:
        """Loss and gradient of one example."""
        of_normalizer, of_loss = parameters
        chance, back = self.at_label(logits, label, classes, **of_normalizer)
        pull = counted_pull(self.pull(chance, **of_loss), chance.log_p)
        return pull.value, back(pull.on_log_p, pull.on_p)


@dataclass(frozen=True)
class OfLogits(LabelRule):
    """The rule of a loss of logits.

    Attributes:
        with_label: Statement of the loss.
    """

    with_label: Callable[..., tuple[Scalar, Vector]] = field(repr=False)

    def over(
        self, classes: Classes, logits: Vector, label: Array, parameters: Parameters
    ) -> tuple[Scalar, Vector]:
        """Loss and gradient of one example."""
        _, of_loss = parameters
        return self.with_label(logits, label, classes, **of_loss)


@dataclass(frozen=True)
class BehindMaps(LabelRule):
    """A rule for mapped logits.

    Attributes:
        maps: Statements of the maps, in the order in which the logits go through them.
        rule: Rule behind them.
    """

    maps: tuple[StatedMap, ...] = field(repr=False)
    rule: LabelRule = field(repr=False)

    def over(
        self, classes: Classes, logits: Vector, label: Array, parameters: Parameters
    ) -> tuple[Scalar, Vector]:
        """Loss and gradient of one example."""
        first, *others = self.maps
        mapped = first(logits, classes)
        behind = replace(classes, maximum=_maximum_known_of(mapped, classes))
        rule = BehindMaps(tuple(others), self.rule) if others else self.rule
        value, gradient = rule.over(behind, mapped.logits, label, parameters)
        return value, mapped.pull_back(gradient)


def _maximum_known_of(mapped: Mapped, classes: Classes) -> Callable[[Array], Array]:
    """The maximum of the classes, without the pass over mapped logits of which it is known.

    To find it, XLA on CPUs would write all of the mapped logits down.
    """

    def maximum(array: Array) -> Array:
        return mapped.largest if array is mapped.logits else classes.maximum(array)

    return maximum
