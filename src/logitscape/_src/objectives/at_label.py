"""Loss of one example whose target is one-hot, by its label."""

from functools import partial

from jax import Array

from ..base.argmax import one_hot
from ..base.formula import rounded_once
from ..base.types import Scalar, Vector
from .objective import Objective
from .pair_rule import loss_of_label
from .statements import stated_pair


def loss_at_label(objective: Objective, logits: Vector, label: Array) -> Scalar:
    """Loss `L(z, e_y)` of one example.

    It is quicker than the objective itself, which has to find the label in its target.

    Args:
        objective: Objective.
        logits: Logits z, [n].
        label: Label y; out of range, the result may be any number.
    """
    stated = None
    if objective.normalizer is not None and objective.loss is not None:
        stated = stated_pair(objective.normalizer, objective.loss)
    if stated is not None:
        return loss_of_label(stated.pair, logits, label, stated.parameters)
    target = one_hot(label, logits.size).astype(logits.dtype)
    value: Scalar = rounded_once(objective.function, logits.dtype, logits, target)
    return value
