"""The label's share of the weights, apart from its rivals, so that no end of it loses digits."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import Largest, largest, one_hot
from ..base.classes import Classes
from ..base.types import Mask, Scalar, Vector
from .chances import Chance
from .weights import Weights

FLOOR = 1e-20
"""Weight below which its logarithm is used in its place; `log1p(1 / FLOOR) = -log(FLOOR)`."""


class Apart(NamedTuple):
    """The label and its rivals.

    Attributes:
        is_label: Mask of the label, [n].
        label_logit: Logit of the label; any number if the label is out of range.
        label: Weight of the label; NaN if it is out of range.
        log_label: Its logarithm.
        rivals: Weights of the other classes, [n]; 0 for the label.
        others: Sum of the rivals' weights.
        total: Sum of all weights.
        log_total: Its logarithm.
        p_sink: Share of no class.
        chance: Share of the label.
    """

    is_label: Mask
    label_logit: Scalar
    label: Array
    log_label: Array
    rivals: Vector
    others: Array
    total: Array
    log_total: Array
    p_sink: Array | float
    chance: Chance


def label_apart(
    weights: Weights, logits: Vector, label: Array | int, classes: Classes
) -> Apart:
    """Take the label apart from its rivals.

    Args:
        weights: What the normalizer states.
        logits: Logits, [n], or those that lie here.
        label: Label.
        classes: How the classes are joined.
    """
    is_label = mask_of(label, logits, classes)
    label_logit = at_label(logits, label, is_label, classes)
    rivals = jnp.where(is_label, 0, weights.relative(logits))
    weight = nan_unless_valid(label, classes, weights.relative(label_logit))
    log_label = weights.log_relative(label_logit)
    log_sink = weights.log_sink
    others = classes.sum(rivals)
    total = weight + others
    log_total = jnp.log(total)
    if log_sink is None:
        p_sink: Array | float = 0.0
        inverse = 1 / total
        complement = others * inverse
        p = weight * inverse
        log_p = _log_share(weight, log_label, others)
    else:
        # The weight of no class may be infinite, relative to those of the classes.
        sink = jnp.exp(log_sink)
        p_sink = 1 / (1 + total / sink)
        log_total = jnp.logaddexp(log_total, log_sink)
        total = total + sink
        rest = others + sink
        complement = 1 / (1 + weight / rest)
        p = weight / total
        is_large = weight > rest
        from_rest = -jnp.log1p(rest / weight)
        log_p = jnp.where(is_large, from_rest, log_label - log_total)
    return Apart(
        is_label=is_label,
        label_logit=label_logit,
        label=weight,
        log_label=log_label,
        rivals=rivals,
        others=others,
        total=total,
        log_total=log_total,
        p_sink=p_sink,
        chance=Chance(p, log_p, complement),
    )


def pulled_back(
    apart: Apart, weights: Weights, logits: Vector
) -> Callable[[Array | float, Array | float], Vector]:
    """How a pull on the label's share moves the logits (see `LabelChance`)."""
    p, _, complement = apart.chance

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        of_rivals = (on_log_p + on_p * p) / apart.total
        slope = weights.slope(apart.label_logit, apart.label) / apart.total
        of_label = on_log_p * weights.log_slope(apart.label_logit) + on_p * slope
        moved = of_rivals * weights.slope(logits, apart.rivals)
        return jnp.where(apart.is_label, -complement * of_label, moved)

    return pull_back


def less_sum(
    gradient: Vector, anchor: Vector, sum_up: Callable[[Array], Array]
) -> Vector:
    """The gradient of a function of distances from a place, from that at a fixed place.

    What moves all distances is taken from the classes that the place consists of. A class that is
    the place alone has nothing but that: its own part would be added and taken away again.

    Args:
        gradient: Gradient at a fixed place, [n].
        anchor: Parts of the classes in the place, [n]; their sum is 1.
        sum_up: Function that sums over the classes.
    """
    # In a single sum: of the rest for a class that is the place alone, else of all.
    is_alone = anchor == 1
    total = sum_up(jnp.where(is_alone, 0, gradient))
    less = jnp.where(anchor > 0, gradient - anchor * total, gradient)
    return jnp.where(is_alone, -total, less)


def parts_of(mask: Mask, classes: Classes, dtype: Any) -> Vector:
    """Equal parts of the classes of a mask, which sum to 1."""
    count = classes.sum(mask.astype(dtype))
    return jnp.where(mask, 1 / count, 0)


def largest_of(x: Vector, classes: Classes) -> Largest:
    """The largest value of all classes, and equal parts of those here that tie for it."""
    if x.size == classes.count:
        return largest(x)
    top = classes.maximum(x)
    return Largest(top, parts_of(x == top, classes, x.dtype))


def mask_of(label: Array | int, logits: Vector, classes: Classes) -> Mask:
    """Mask of the label, [n]."""
    return one_hot(jnp.asarray(label - classes.first), logits.size)


def nan_unless_valid(label: Array | int, classes: Classes, x: Array) -> Array:
    """x, but NaN if the label is out of range."""
    is_valid = (label >= 0) & (label < classes.count)
    return jnp.where(is_valid, x, jnp.nan)


def _log_share(weight: Array, log_weight: Array, others: Array) -> Array:
    """Logarithm of `weight / (weight + others)`, also where the weight underflows."""
    # From the ratio no digits are lost where the share is near 1. Below the floor, where the
    # others are near 1, the logarithm of the ratio is a difference of two.
    floored = jnp.maximum(weight, FLOOR)
    missing = jnp.where(weight < FLOOR, log_weight - math.log(FLOOR), 0)
    return missing - jnp.log1p(others / floored)


def at_label(z: Vector, label: Array | int, is_label: Mask, classes: Classes) -> Scalar:
    """The label's logit; any number if the label is out of range."""
    if isinstance(label, int):
        return z[label]
    if z.size == classes.count:
        picked: Array = jax.lax.dynamic_index_in_dim(z, label, keepdims=False)
        return picked
    return classes.sum(jnp.where(is_label, z, 0))
