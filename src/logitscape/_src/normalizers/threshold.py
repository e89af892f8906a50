"""The threshold of sparsemax and of entmax at alpha = 1.5, in a few passes over the classes.

With `s_k = z_k - max z` and a whole `power`, 1 for sparsemax and 2 for alpha = 1.5,

    p_k = b_k^power,    b_k = [b_top + s_k / power]_+,

so that the threshold is known as soon as b_top, the base of the top class, is. Near a one-hot
vector b_top loses the digits of its complement `1 - b_top`, and near a uniform one the complement
loses those of b_top. Both are carried.

Newton's method runs on the norm `(sum_k b_k^power)^{1 / power}`, which is convex in b_top and
nearly linear. From above it approaches the root without overshooting. It is run on the maxima of
groups of classes first, as the root for some of the classes lies above that for all: a pass over
these costs little, and leaves one to four passes over all classes.
"""

from typing import Literal, NamedTuple, TypeAlias

import jax.numpy as jnp
from jax import Array, lax

from ..base.argmax import one_hot
from ..base.loops import with_loop
from ..base.sums import inner, total
from ..base.types import Mask, Scalar, Vector
from .group_maxima import LONG, group_maxima, place_of_largest

Power: TypeAlias = Literal[1, 2]
"""`1 / (alpha - 1)`."""

MOST_STEPS = 100
"""Maximum number of steps of Newton's method."""
MOST_STEPS_ON_GROUPS = 20
PRECISION_ON_GROUPS = 1e-2
"""Relative size of a step below which the search on the maxima of groups ends."""


class Threshold(NamedTuple):
    """What determines all probabilities of an example; constant under differentiation.

    Attributes:
        place: Index of the first class with the largest logit.
        top: The largest logit.
        base: `b_top = p_top^{1 / power}`; NaN outside the domain.
        complement: `1 - b_top` with a small relative error.
    """

    place: Array
    top: Scalar
    base: Scalar
    complement: Scalar


class Bases(NamedTuple):
    """The bases of the powers that are probabilities.

    Attributes:
        gaps: `s_k = z_k - max z`, exactly 0 for the top class, [n].
        base: `b_k`, [n].
        complement: `1 - b_k` with a small relative error, [n].
    """

    gaps: Vector
    base: Vector
    complement: Vector


def find_threshold(z: Vector, power: Power) -> Threshold:
    """The threshold with which p sums to 1. No derivative passes through it.

    Args:
        z: Logits of one example, [n].
        power: `1 / (alpha - 1)`.
    """
    z = lax.stop_gradient(z)
    maxima = group_maxima(z)
    place, group = place_of_largest(z, maxima)
    top = jnp.max(maxima)
    base, complement = jnp.ones_like(top), jnp.zeros_like(top)
    if z.size >= LONG:
        others = ~one_hot(group, maxima.size)
        base, complement = _search(
            maxima - top, others, power, (base, complement), for_groups=True
        )
    nan_outside = top - top  # 0 if the largest logit is finite
    start = (base + nan_outside, complement + nan_outside)
    others = ~one_hot(place, z.size)
    return Threshold(
        place, top, *_search(z - top, others, power, start, for_groups=False)
    )


def bases(threshold: Threshold, z: Vector, power: Power) -> Bases:
    """`b_k` and `1 - b_k` of all classes."""
    # For the top class, a compiled program may round z and its maximum in two ways.
    gaps = jnp.where(one_hot(threshold.place, z.size), 0, z - threshold.top)
    base = _above_threshold(gaps, power, threshold.base, threshold.complement)
    complement = jnp.minimum(threshold.complement - gaps / power, 1)
    return Bases(gaps, base, complement)


def _above_threshold(
    gaps: Vector, power: Power, base: Scalar, complement: Scalar
) -> Vector:
    """`[b_top + s_k / power]_+`, by whichever of `b_top` and `1 - b_top` is smaller."""
    is_near_one_hot = complement < 0.5
    start = is_near_one_hot.astype(gaps.dtype)
    drop = jnp.where(is_near_one_hot, complement, -base)
    return jnp.maximum((start + gaps / power) - drop, 0)


@with_loop("power", "for_groups")
def _search(
    gaps: Vector,
    others: Mask,
    power: Power,
    start: tuple[Scalar, Scalar],
    *,
    for_groups: bool,
) -> tuple[Scalar, Scalar]:
    """Newton's method for b_top and its complement, from a b_top that is not below the root.

    Args:
        gaps: Logits less the largest, [n].
        others: Mask of all classes but the top one, [n].
        power: `1 / (alpha - 1)`.
        start: Where to start: b_top and its complement.
        for_groups: Whether a rough result will do, of which only an upper bound is asked.
    """
    eps = float(jnp.finfo(gaps.dtype).eps)  # type: ignore[no-untyped-call]
    precision = PRECISION_ON_GROUPS if for_groups else 16 * eps
    most_steps = MOST_STEPS_ON_GROUPS if for_groups else MOST_STEPS
    least = gaps.size ** (-1 / power)  # b_top where all classes tie

    def step(state: tuple[Array, ...]) -> tuple[Array, ...]:
        base, complement, _, steps = state
        decrease = _newton(gaps, others, power, base, complement)
        is_near_one_hot = complement + decrease < 0.5
        # Whichever is smaller has more digits.
        lower = jnp.maximum(base - decrease, least)
        base = jnp.where(is_near_one_hot, 1 - (complement + decrease), lower)
        complement = jnp.where(is_near_one_hot, complement + decrease, 1 - lower)
        # At the root only rounding is left, of either sign. A NaN ends the search.
        moves = decrease > precision * jnp.minimum(base, complement)
        return base, complement, moves, steps + 1

    def goes_on(state: tuple[Array, ...]) -> Array:
        *_, moves, steps = state
        return moves & (steps < most_steps)

    first: tuple[Array, ...] = (*start, jnp.array(True), jnp.array(0))
    base, complement, *_ = lax.while_loop(goes_on, step, first)
    return base, complement


def _newton(
    gaps: Vector, others: Mask, power: Power, base: Scalar, complement: Scalar
) -> Scalar:
    """By how much Newton's method, on the norm, lowers b_top.

    The top class is left out of the sums, so that nothing cancels near a one-hot vector:
    `sum_k p_k - 1` is the sum of the others' p less `1 - p_top`.
    """
    b = _above_threshold(gaps, power, base, complement)
    b = jnp.where(others, b, 0)
    if power == 1:
        excess = total(b) - complement
        num_others = total((b > 0).astype(b.dtype))
        return excess / (1 + num_others)
    of_squares = inner(b, b)
    excess = of_squares - complement * (2 - complement)
    norm = jnp.sqrt(of_squares + base * base)
    # (norm - 1) over the derivative of the norm, (total(b) + base) / norm.
    return excess / (1 + norm) * norm / (total(b) + base)
