"""Loss and gradient of one example from the weights of its classes, in a single pass.

The label is kept apart from its rivals. So neither its probability nor the distance of that from 1
loses digits, and a difference with the label's own weight never arises.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import one_hot
from ..base.types import Mask, Scalar, Vector
from ..losses.label_shares import OfLabel, Shares, Slopes
from ..normalizers.weights import Weigh, Weights

FEW = 4
"""Number of classes up to which they are joined one by one; from 6 on that is slower."""

FLOOR = 1e-20
"""Weight below which its logarithm is used in its place; `log1p(1 / FLOOR) = -log(FLOOR)`."""


@dataclass(frozen=True)
class Classes:
    """The classes of an example, all of them or those that lie on this device.

    Attributes:
        sum: Function that sums an array over all classes.
        maximum: Function that takes the maximum of an array over all classes.
        count: Number of all classes.
        first: Number of the first class that lies here.
    """

    sum: Callable[[Array], Array]
    maximum: Callable[[Array], Array]
    count: int
    first: Array | int = 0


def whole(logits: Vector) -> Classes:
    """The classes of an example that lie in one place."""
    return Classes(jnp.sum, jnp.max, logits.size)


def whole_of_batch(logits: Vector) -> Classes:
    """The classes of an example of a large batch that is mapped over.

    XLA on CPUs reduces slowly over a short axis. A few classes are joined one by one, which takes
    a third to two thirds of the time.
    """
    if logits.size > FEW:
        return whole(logits)
    return Classes(partial(_join, jnp.add), partial(_join, jnp.maximum), logits.size)


def _join(operation: Callable[[Array, Array], Array], vector: Vector) -> Scalar:
    joined: Scalar = reduce(operation, [vector[k] for k in range(vector.size)])
    return joined


@dataclass(frozen=True)
class Weighed:
    """The weights of the classes of one example.

    Attributes:
        weights: Functions of the normalizer.
        logits: Logits, [n].
        label_logit: Logit of the label.
        is_label: Mask of the label, [n].
        shares: Weights, with the label apart from its rivals.
    """

    weights: Weights
    logits: Vector
    label_logit: Scalar
    is_label: Mask
    shares: Shares

    def label_slope(self) -> Scalar:
        """Derivative of the label's weight in its logit."""
        return self.weights.slope(self.label_logit, self.shares.label)

    def rival_slopes(self) -> Vector:
        """Derivatives of the rivals' weights in their logits, [n]."""
        # From the rivals' weights, and not from all: XLA then keeps one array for both uses.
        return self.weights.slope(self.logits, self.shares.rivals)

    def log_slopes(self) -> Vector:
        """Derivatives of the logarithms of all weights in their logits, [n]; 0 for a mask."""
        is_masked = jnp.isneginf(self.logits)
        return jnp.where(is_masked, 0, self.weights.log_slope(self.logits))


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
        label=label_weight,
        log_label=weights.log_relative(label_logit),
        rivals=rivals,
        log_rivals=log_rivals,
        classes=classes,
    )
    return Weighed(weights, logits, label_logit, is_label, shares)


def pull_back(of_label: OfLabel, weighed: Weighed) -> tuple[Scalar, Vector]:
    """Loss of one example, and its gradient in the logits, [n].

    Args:
        of_label: Statement of the loss, with its parameters bound.
        weighed: Weights of the classes.
    """
    slopes = of_label(weighed.shares)
    return slopes.value, gradient_of(weighed, slopes)


def gradient_of(weighed: Weighed, slopes: Slopes) -> Vector:
    """Gradient in the logits, [n], from the derivatives in the weights."""
    weights = weighed.weights
    of_label = slopes.log_label * weights.log_slope(weighed.label_logit)
    if not isinstance(slopes.label, float):
        of_label += slopes.label * weighed.label_slope()
    of_rivals = weighed.rival_slopes() * slopes.rivals
    if not isinstance(slopes.log_rivals, float):
        of_rivals += slopes.log_rivals * weighed.log_slopes()
    return jnp.where(weighed.is_label, of_label, of_rivals)


def probabilities(weighed: Weighed) -> Vector:
    """Probabilities of the classes, [n]."""
    shares = weighed.shares
    return jnp.where(weighed.is_label, shares.p, shares.rivals / shares.total)


def _shares(
    weights: Weights,
    *,
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
