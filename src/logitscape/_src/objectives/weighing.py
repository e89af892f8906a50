"""Loss and gradient of one example from the weights of its classes, in a single pass.

The label is kept apart from its rivals. So neither its probability nor the distance of that from 1
loses digits, and a difference with the label's own weight never arises.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import one_hot
from ..base.types import Mask, Scalar, Vector
from ..losses.label_shares import OfLabel, Shares, Slopes
from ..normalizers.weights import Weigh, Weights
from ..base.classes import Classes

FLOOR = 1e-20
"""Weight below which its logarithm is used in its place; `log1p(1 / FLOOR) = -log(FLOOR)`."""


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
    """

    rivals: Vector
    label: Scalar | None
    log_label: Scalar | None
    logs: Vector | None


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
    is_label = one_hot(jnp.asarray(label - classes.first), logits.size)
    label_logit = _at_label(logits, label, is_label, classes)
    weights = weigh(logits, classes.maximum)
    rivals = jnp.where(is_label, 0, weights.relative(logits))
    is_valid = (label >= 0) & (label < classes.count)
    label_weight = jnp.where(is_valid, weights.relative(label_logit), jnp.nan)

    def log_rivals() -> Array:
        return jnp.where(is_label, 0, weights.log_relative(logits))

    shares = _shares(
        weights,
        is_label=is_label,
        label=label_weight,
        log_label=weights.log_relative(label_logit),
        rivals=rivals,
        log_rivals=log_rivals,
        classes=classes,
    )
    return Weighed(weights, logits, label_logit, shares)


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
    return slopes.value, gradient_of(weighed.shares.is_label, moves, slopes)


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
    )


def gradient_of(is_label: Mask, moves: Moves, slopes: Slopes) -> Vector:
    """Gradient in the logits, [n], from the derivatives in the weights."""
    of_label: Array | float = 0.0
    if moves.log_label is not None:
        of_label += slopes.log_label * moves.log_label
    if moves.label is not None:
        of_label += slopes.label * moves.label
    of_rivals = moves.rivals * slopes.rivals
    if moves.logs is not None:
        of_rivals += slopes.log_rivals * moves.logs
    return jnp.where(is_label, of_label, of_rivals)


def probabilities(weighed: Weighed) -> Vector:
    """Probabilities of the classes, [n]."""
    shares = weighed.shares
    return jnp.where(shares.is_label, shares.p, shares.rivals / shares.total)


def _shares(
    weights: Weights,
    *,
    is_label: Mask,
    label: Array,
    log_label: Array,
    rivals: Array,
    log_rivals: Callable[[], Array],
    classes: Classes,
) -> Shares:
    others = classes.sum(rivals)
    log_sink = weights.log_sink
    total = label + others
    log_total = jnp.log(total)
    if log_sink is None:
        p_sink: Array | float = 0.0
        inverse = 1 / total
        complement = others * inverse
        p = label * inverse
        log_p = _log_share(label, log_label, others)
    else:
        # The weight of no class may be infinite, relative to those of the classes.
        sink = jnp.exp(log_sink)
        p_sink = 1 / (1 + total / sink)
        log_total = jnp.logaddexp(log_total, log_sink)
        total = total + sink
        rest = others + sink
        complement = 1 / (1 + label / rest)
        p = label / total
        is_large = label > rest
        from_rest = -jnp.log1p(rest / label)
        log_p = jnp.where(is_large, from_rest, log_label - log_total)
    return Shares(
        p=p,
        log_p=log_p,
        complement=complement,
        label=label,
        log_label=log_label,
        is_label=is_label,
        rivals=rivals,
        log_rivals=log_rivals,
        others=others,
        total=total,
        log_total=log_total,
        p_sink=p_sink,
        largest=weights.largest,
        log_scale=weights.log_scale,
        num_classes=classes.count,
        sum=classes.sum,
        maximum=classes.maximum,
    )


def _log_share(weight: Array, log_weight: Array, others: Array) -> Array:
    """Logarithm of `weight / (weight + others)`, also where the weight underflows."""
    # From the ratio no digits are lost where the share is near 1. Below the floor, where the
    # others are near 1, the logarithm of the ratio is a difference of two.
    floored = jnp.maximum(weight, FLOOR)
    missing = jnp.where(weight < FLOOR, log_weight - math.log(FLOOR), 0)
    return missing - jnp.log1p(others / floored)


def _at_label(
    z: Vector, label: Array | int, is_label: Mask, classes: Classes
) -> Scalar:
    """The label's logit; any number if the label is out of range."""
    if isinstance(label, int):
        return z[label]
    if z.size == classes.count:
        picked: Array = jax.lax.dynamic_index_in_dim(z, label, keepdims=False)
        return picked
    return classes.sum(jnp.where(is_label, z, 0))
