"""Loss of one example whose target is one-hot, by its label."""

from functools import partial

import jax
from jax import Array

from ..base.formula import rounded_once
from ..base.special import zero_if
from ..base.types import Scalar, Vector
from .mapped import through
from .objective import MappedLoss, Objective
from .pair_rule import loss_of_label
from .stated_maps import stated_behind
from .statements import Example, StatedPair, stated_loss_of_logits, stated_pair


def loss_at_label(objective: Objective, logits: Vector, label: Array) -> Scalar:
    """Loss `L(z, e_y)` of one example; NaN, with its derivatives, if the label is out of range.

    It is quicker than the objective itself, which has to find the label in its target.

    Args:
        objective: Objective.
        logits: Logits z, [n].
        label: Label y, which may be traced.
    """
    function = objective.function
    stated = _stated_at_label(objective, logits)
    if stated is not None:
        return loss_of_label(stated.pair, logits, label, stated.parameters)
    if isinstance(function, MappedLoss):
        at_label = partial(_of_mapped, function)
        value: Scalar = rounded_once(at_label, logits.dtype, logits, label)
        return value
    is_valid = (label >= 0) & (label < logits.size)
    # Not a product of the target and NaN: XLA turns a product with a one-hot vector
    # into a choice, and so 0 * NaN into 0.
    target = jax.nn.one_hot(label, logits.size, dtype=logits.dtype)
    target += zero_if(is_valid, target)
    value = rounded_once(function, logits.dtype, logits, target)
    return value + zero_if(is_valid, value)


def loss_of_tested(objective: Objective, logits: Vector, target: Vector) -> Scalar:
    """Loss of one example whose target has been tested already.

    Args:
        objective: Objective.
        logits: Logits z, [n].
        target: Target of the objective's kind, [n].
    """
    value: Scalar = rounded_once(objective.function, logits.dtype, logits, target)
    return value


def has_rule(objective: Objective, logits: Example) -> bool:
    """Whether an objective has one rule for its value and gradient, behind maps or not."""
    if isinstance(objective.function, MappedLoss):
        return has_rule(objective.function.behind, logits)
    return _stated_at_label(objective, logits) is not None


def _stated_at_label(objective: Objective, logits: Example) -> StatedPair | None:
    """The rule of a pair, of a loss of logits, or of either behind maps; None without one."""
    function = objective.function
    if isinstance(function, MappedLoss):
        behind = _stated_at_label(function.behind, logits)
        return behind and stated_behind(function.maps, behind)
    stated = stated_pair(objective.normalizer, objective.loss, logits)
    return stated or stated_loss_of_logits(objective.function)


def _of_mapped(loss: MappedLoss, logits: Vector, label: Array) -> Scalar:
    return loss_at_label(loss.behind, through(loss.maps, logits), label)
