"""Loss and gradient of one example from the weights of its classes, in a single pass.

The label is kept apart from its rivals. So neither its probability nor the distance of that from 1
loses digits, and a difference with the label's own weight never arises.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.types import Mask, Scalar, Vector
from ..losses.label_shares import OfLabel, Shares, Slopes
from ..normalizers.apart import label_apart, less_sum
from ..normalizers.weights import Weigh, Weights


class Weighed(NamedTuple):
    """The weights of the classes of one example.

    Attributes:
        weights: Functions of the normalizer.
        logits: Logits, [n].
        label_logit: Logit of the label.
        shares: Weights, with the label apart from its rivals.
    """

    weights: Weights
    logits: Vector
    label_logit: Scalar
    shares: Shares


class Moves(NamedTuple):
    """How the weights of one example move with the logits.

    Attributes:
        rivals: Derivatives of the rivals' weights, [n].
        label: Derivative of the label's weight; None where nothing needs it.
        log_label: Derivative of its logarithm; None where nothing needs it.
        logs: Derivatives of the logarithms of all weights, [n]; None where nothing needs them.
        anchor: Parts of the classes in the place that all weights move against, [n]; None for most.
    """

    rivals: Vector
    label: Scalar | None
    log_label: Scalar | None
    logs: Vector | None
    anchor: Vector | None = None


def weighed(
    weigh: Weigh, logits: Vector, label: Array | int, classes: Classes
) -> Weighed:
    """Weigh the classes of one example.

    Args:
        weigh: Statement of the normalizer, with its parameters bound.
        logits: Logits in single or double precision, [n], or those that lie here.
        label: Label; out of range, all shares are NaN.
        classes: How the classes are joined.
    """
    weights = weigh(logits, classes)
    apart = label_apart(weights, logits, label, classes)

    def log_rivals() -> Array:
        return jnp.where(apart.is_label, 0, weights.log_relative(logits))

    shares = Shares(
        p=apart.chance.p,
        log_p=apart.chance.log_p,
        complement=apart.chance.complement,
        label=apart.label,
        log_label=apart.log_label,
        is_label=apart.is_label,
        place=label,
        rivals=apart.rivals,
        log_rivals=log_rivals,
        others=apart.others,
        total=apart.total,
        log_total=apart.log_total,
        p_sink=apart.p_sink,
        largest=weights.largest,
        log_scale=weights.log_scale,
        num_classes=classes.count,
        sum=classes.sum,
        sums=classes.sums,
        maximum=classes.maximum,
    )
    return Weighed(weights, logits, apart.label_logit, shares)


def pull_back(of_label: OfLabel, weighed: Weighed) -> tuple[Scalar, Vector]:
    """Loss of one example, and its gradient in the logits, [n].

    Args:
        of_label: Statement of the loss, with its parameters bound.
        weighed: Weights of the classes.
    """
    slopes = of_label(weighed.shares)
    moves = moves_of(
        weighed,
        of_label=not isinstance(slopes.label, float),
        of_log_label=not isinstance(slopes.log_label, float),
        of_logs=not isinstance(slopes.log_rivals, float),
    )
    shares = weighed.shares
    return slopes.value, gradient_of(shares.is_label, moves, slopes, shares.sum)


def moves_of(
    weighed: Weighed,
    *,
    of_label: bool = True,
    of_log_label: bool = True,
    of_logs: bool = True,
) -> Moves:
    """How the weights move with the logits.

    Args:
        weighed: Weights of the classes.
        of_label: Whether the derivative of the label's weight is needed.
        of_log_label: Whether that of its logarithm is.
        of_logs: Whether those of all logarithms are.
    """
    weights, logits, label_logit, shares = weighed
    # A masked class has the derivative 0, whatever that of its logarithm is.
    is_masked = jnp.isneginf(logits)
    return Moves(
        # Of the rivals' weights, not of all weights: XLA then keeps one array for both uses.
        rivals=weights.slope(logits, shares.rivals),
        label=weights.slope(label_logit, shares.label) if of_label else None,
        log_label=weights.log_slope(label_logit) if of_log_label else None,
        logs=jnp.where(is_masked, 0, weights.log_slope(logits)) if of_logs else None,
        anchor=weights.anchor,
    )


def gradient_of(
    is_label: Mask,
    moves: Moves,
    slopes: Slopes,
    sum_up: Callable[[Array], Array] = jnp.sum,
) -> Vector:
    """Gradient in the logits, [n], from the derivatives in the weights."""
    of_label: Array | float = 0.0
    if moves.log_label is not None:
        of_label += slopes.log_label * moves.log_label
    if moves.label is not None:
        of_label += slopes.label * moves.label
    of_rivals = moves.rivals * slopes.rivals
    if moves.logs is not None:
        of_rivals += slopes.log_rivals * moves.logs
    gradient = jnp.where(is_label, of_label, of_rivals)
    return (
        gradient if moves.anchor is None else less_sum(gradient, moves.anchor, sum_up)
    )


def probabilities(weighed: Weighed) -> Vector:
    """Probabilities of the classes, [n]."""
    shares = weighed.shares
    return jnp.where(shares.is_label, shares.p, shares.rivals / shares.total)
