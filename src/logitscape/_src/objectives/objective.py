"""Objectives: a normalizer and a loss as one function `(logits, target) -> scalar`."""

from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..base.arguments import vector
from ..base.formula import rounded_once
from ..base.special import zero_if
from ..base.target_kinds import DISTRIBUTION, TargetKind, target_like
from ..normalizers.probs import Probs
from .mapped import Maps, through
from .parts import Loss, Normalizer
from .statements import StatedPair, stated_pair


@dataclass(frozen=True)
class Objective:
    """A function `(logits [n], target [n]) -> scalar` that has a name and can predict.

    The target is a distribution over the classes, one-hot or soft; for a multi-label loss it has
    a number from 0 to 1 for each class. Called outside of traced code, an objective refuses a
    target that is none; inside, the result is then NaN. Half precision is computed in float32
    and rounded once.

    Attributes:
        name: The spec, or the name that was given.
        function: The formula, `(logits, target) -> scalar`.
        normalizer: Function logits -> Probs by which it predicts; None if unknown.
        loss: Function `(Probs, target) -> scalar` if the formula is
            `loss(normalizer(logits), target)`, else None. Behind a logit map it is None.
        targets: Kind of its targets.
    """

    name: str
    function: Loss = field(repr=False)
    normalizer: Normalizer | None = field(default=None, repr=False)
    loss: Loss | None = field(default=None, repr=False)
    targets: TargetKind = field(default=DISTRIBUTION, repr=False)

    def __call__(self, logits: ArrayLike, target: ArrayLike) -> Array:
        """Loss of one example."""
        z = vector(self.name, "logits", logits)
        t = target_like(self.name, z, target, self.targets)
        value: Array
        if not isinstance(t, jax.core.Tracer):
            value = rounded_once(self.function, z.dtype, z, t)
            return value
        # A target that is none becomes NaN, and so do the derivatives, which adding NaN
        # to the value would not change. But a formula may only compare the target, so
        # the value is made NaN as well.
        # The target is judged in its own dtype: cast to a wider one, it would be held
        # to a tolerance that is finer than its rounding.
        is_valid = self.targets.is_valid(jnp.asarray(target))
        checked = t + zero_if(is_valid, t)
        value = rounded_once(self.function, z.dtype, z, checked)
        return value + zero_if(is_valid, value)

    def composed(self, logits: Array, target: Array) -> Array:
        """Loss of one example as it is composed, `loss(normalizer(logits), target)`.

        It is the same number as the objective itself, and its derivatives are those of its parts.
        Half precision is computed in float32 and rounded once. Nothing is checked.
        """
        function: Loss = self.function
        if isinstance(function, MappedLoss):
            function = function.composed
        stated = stated_pair(self.normalizer, self.loss, logits)
        if stated is not None:
            function = partial(_composed_of_pair, stated)
        value: Array = rounded_once(function, logits.dtype, logits, target)
        return value

    def predict(self, logits: ArrayLike) -> Probs:
        """Predicted probabilities of one example.

        The predicted class is the argmax of `p`, which need not be that of the logits.

        Raises:
            TypeError: If the objective has no known normalizer.
        """
        if self.normalizer is None:
            raise TypeError(
                f"{self.name!r} has no known normalizer and cannot predict; name one: "
                "`ls.objective(function, normalizer='softmax')`."
            )
        z = vector(self.name, "logits", logits)
        probs: Probs = rounded_once(self.normalizer, z.dtype, z)
        return probs

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class MappedLoss:
    """The formula of an objective behind logit maps.

    Attributes:
        maps: Logit maps.
        behind: Objective of the mapped logits.
    """

    maps: Maps
    behind: Objective

    def __call__(self, logits: Array, target: Array) -> Array:
        """Loss of one example."""
        return self.behind.function(through(self.maps, logits), target)

    def composed(self, logits: Array, target: Array) -> Array:
        """Loss of one example as it is composed."""
        return self.behind.composed(through(self.maps, logits), target)


def _composed_of_pair(stated: StatedPair, logits: Array, target: Array) -> Array:
    return stated.pair.composed(logits, target, stated.parameters)
