"""What normalizers that are not separable say about themselves: the label's probability, and how it
moves with the logits. Any loss of that probability alone can be put on top.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from jax import Array

from ..base.types import Vector


class Chance(NamedTuple):
    """Probabilities of classes, which a loss of one probability takes elementwise.

    Attributes:
        p: Probabilities.
        log_p: Their logarithms, accurate where p underflows. The derivative of -inf is 0.
        complement: `1 - p`, accurate where p is near 1.
    """

    p: Array
    log_p: Array
    complement: Array


class LabelChance(NamedTuple):
    """The probability of the label, with what it does to the logits that a loss pulls on it.

    Attributes:
        chance: Probability of the label; NaN if the label is out of range.
        pull_back: Function of two numbers a and b to the gradient [n] of a loss whose derivative is
            `-a d(log p) - b dp`. Where p is 0, a is 0.
    """

    chance: Chance
    pull_back: Callable[[Array | float, Array | float], Vector]


AtLabel: TypeAlias = Callable[..., LabelChance]
"""Function (logits [n], label, classes, **parameters) -> LabelChance, the statement."""
