"""Weights of normalizers that leave classes out, or go by distances (see weights.py)."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest, kth_largest
from ..base.classes import Classes
from ..base.parameters import parameter
from ..base.top import MOST_MAXIMA
from ..base.types import Mask, Parameter, Vector
from .apart import largest_of
from .powers import divide_by
from .selective import checked_count
from .truncated import quantile
from .weights import Weights


def top_k(logits: Array, classes: Classes, *, k: int = 2) -> Weights:
    """`g(z) = e^z` for the k largest logits and those that tie with the k-th; 0 for others."""
    least = _kth_largest(logits, classes, checked_count(k, classes.count))
    top = classes.maximum(logits)
    # The largest of all stays in even if a compiled program rounds it in two ways.
    is_whole = logits.size == classes.count
    is_largest = first_largest(logits) if is_whole else logits >= top

    def is_left_out(z: Array) -> Mask:
        is_below = z < least
        return is_below & ~is_largest if z.ndim else is_below

    return _exponentials_without(top, is_left_out)


def _kth_largest(z: Vector, classes: Classes, k: int) -> Array:
    if k > MOST_MAXIMA:
        if z.size < classes.count:
            raise ValueError(
                f"`top_k(k=...)` must be at most {MOST_MAXIMA} for sharded classes, got {k}."
            )
        return kth_largest(z, k)
    least = classes.maximum(z)
    for _ in range(k - 1):
        count = classes.sum((z >= least).astype(z.dtype))
        below = classes.maximum(jnp.where(z < least, z, -jnp.inf))
        least = jnp.where(count >= k, least, below)
    return least


def ev_softmax(logits: Array, classes: Classes) -> Weights:
    """`g(z) = e^z` for the logits not below their mean; 0 for others."""
    top = classes.maximum(logits)
    is_mask = jnp.isneginf(logits)
    # Relative to the largest, so that of equal logits none is below their mean.
    total = classes.sum(jnp.where(is_mask, 0, logits - top))
    count = classes.sum(jnp.where(is_mask, 0, 1).astype(logits.dtype))
    return _exponentials_without(top, lambda z: count * (z - top) < total)


def _exponentials_without(top: Array, is_left_out: Callable[[Array], Mask]) -> Weights:
    def relative(z: Array) -> Array:
        return jnp.where(is_left_out(z), 0, jnp.exp(z - top))

    def slope(z: Array, weight: Array) -> Array:
        return weight

    def log_relative(z: Array) -> Array:
        return jnp.where(is_left_out(z), -jnp.inf, z - top)

    def log_slope(z: Array) -> Array:
        return jnp.where(is_left_out(z), 0, 1).astype(z.dtype)

    return Weights(relative, slope, log_relative, log_slope, largest=1.0)


def t_softmax(logits: Array, classes: Classes, *, width: Parameter = 2.0) -> Weights:
    """`g(z) = max(z - max z + t, 0) e^z`."""
    t = parameter("t_softmax", "width", width, logits.dtype, low=0, open=True)
    return _cut_off(logits, classes, lambda below_top: below_top + t)


def r_softmax(
    logits: Array,
    classes: Classes,
    *,
    rate: Parameter = 0.5,
    epsilon: Parameter = 1e-8,
) -> Weights:
    """`t_softmax` with the t that leaves a share of the classes with next to nothing."""
    dtype = logits.dtype
    r = parameter("r_softmax", "rate", rate, dtype, low=0, high=1)
    e = parameter("r_softmax", "epsilon", epsilon, dtype, low=0, open=True)
    if logits.size < classes.count:
        raise ValueError("`r_softmax` needs all classes on one device.")
    low, high, part = quantile(logits - jnp.max(logits), r)

    def above(below_top: Array) -> Array:
        # Differences of logits first: epsilon would be lost in the rounding of t.
        return ((below_top - low) - part * (high - low)) + e

    return _cut_off(logits, classes, above)


def _cut_off(
    logits: Vector, classes: Classes, above: Callable[[Array], Array]
) -> Weights:
    """`g = max(x, 0) e^s` of the distance s to the largest logit, relative to the largest weight.

    Args:
        logits: Logits, [n].
        classes: How the classes are joined.
        above: Function s -> x.
    """
    top, anchor = largest_of(logits, classes)
    highest = above(jnp.zeros_like(top))

    def kept(z: Array) -> tuple[Mask, Array, Array]:
        """Whether classes have a weight, and their s and x; harmless numbers if they have none."""
        below_top = z - top
        x = above(below_top)
        is_kept = ~(x <= 0)  # NaN is kept
        return is_kept, jnp.where(is_kept, below_top, 0), jnp.where(is_kept, x, 1)

    def relative(z: Array) -> Array:
        is_kept, below_top, x = kept(z)
        return jnp.where(is_kept, x * jnp.exp(below_top) / highest, 0)

    def slope(z: Array, weight: Array) -> Array:
        is_kept, below_top, x = kept(z)
        return jnp.where(is_kept, (1 + x) * jnp.exp(below_top) / highest, 0)

    def log_relative(z: Array) -> Array:
        is_kept, below_top, x = kept(z)
        share = x / highest
        # The logarithm of the ratio keeps more digits, but the ratio may underflow.
        tiny = float(jnp.finfo(z.dtype).tiny)  # type: ignore[no-untyped-call]
        is_normal = share >= tiny
        near = jnp.log(jnp.where(is_normal, share, 1))
        log_share = jnp.where(is_normal, near, jnp.log(x) - jnp.log(highest))
        return jnp.where(is_kept, log_share + below_top, -jnp.inf)

    def log_slope(z: Array) -> Array:
        is_kept, _, x = kept(z)
        return jnp.where(is_kept, 1 + 1 / x, 0)

    return Weights(relative, slope, log_relative, log_slope, anchor=anchor)


def min_shift(logits: Array, classes: Classes) -> Weights:
    """`g(z) = z - min z`."""
    halved = 0.5 * logits  # so that no difference of two finite logits overflows
    negated, anchor = largest_of(-halved, classes)
    lowest = -negated
    top = classes.maximum(halved) - lowest
    ratio, log_top = divide_by(top), jnp.log(top)

    def relative(z: Array) -> Array:
        return ratio(jnp.maximum(0.5 * z - lowest, 0))

    def slope(z: Array, weight: Array) -> Array:
        return ratio(jnp.full_like(z, 0.5))

    def log_relative(z: Array) -> Array:
        return jnp.log(jnp.maximum(0.5 * z - lowest, 0)) - log_top

    def log_slope(z: Array) -> Array:
        above = 0.5 * z - lowest
        return jnp.where(above > 0, 0.5 / jnp.where(above > 0, above, 1), 0)

    return Weights(
        relative,
        slope,
        log_relative,
        log_slope,
        anchor=anchor,
        differentiable=lambda z: ratio(0.5 * z - lowest),
    )
