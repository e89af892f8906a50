"""Losses of classes in an order, stated for a one-hot label (see label_shares.py)."""

from typing import Literal

import jax.numpy as jnp

from ..base.argmax import place_of_first_largest
from ..base.running_sums import running_sum
from ..base.types import Vector
from .label_shares import Shares, Slopes
from .ordinal import scale_of_score


def ranked_probability_score(
    shares: Shares, *, convention: Literal["sum", "mean"] = "sum"
) -> Slopes:
    """`sum_k (P_k - T_k)^2` of the cumulative sums of p and of the target.

    Before the label, `P_k - T_k` is the sum of all p up to k, behind it minus the sum of all p from
    there on: each is summed from its own end, so that nothing cancels.
    """
    scale = scale_of_score(convention, shares.num_classes)
    if shares.rivals.size < shares.num_classes:
        raise ValueError("`ranked_probability_score` needs all classes on one device.")
    places = jnp.arange(shares.num_classes, dtype=jnp.int32)
    label = jnp.asarray(shares.place, jnp.int32)
    is_before = places < label
    is_behind = ~(is_before | shares.is_label)
    p = shares.rivals / shares.total
    # No class has the sink, which counts as being behind all of them.
    tails = jnp.where(is_before, running_sum(jnp.where(is_before, p, 0)), 0)
    behind = running_sum(jnp.where(is_behind, p, 0), from_the_end=True) + shares.p_sink
    tails = jnp.where(is_behind, behind, tails)
    squares = shares.sum(tails * tails) + shares.p_sink * shares.p_sink
    # The derivative in p of a class, above that of the class before it.
    steps = jnp.where(is_behind, tails, -_moved_up(jnp.where(is_before, tails, 0)))
    all_p = jnp.where(shares.is_label, shares.p, p)
    above = _from_the_largest(steps, all_p, places)
    of_label = above[label]
    mean = shares.sum(all_p * above)
    # The sink is one more class, behind all others.
    of_sink = -shares.p_sink * (above[-1] + shares.p_sink)
    per_weight = 2 * scale / shares.total
    return Slopes(
        value=scale * squares,
        rivals=per_weight * (above - mean + of_sink),
        label=per_weight * (of_label - mean + of_sink),
        log_label=0.0,
    )


def _from_the_largest(steps: Vector, p: Vector, places: Vector) -> Vector:
    """Sums of steps from the class with most of p to every other one.

    Of all differences between classes, those from the largest keep their digits, as it may have
    all of p but a trace.
    """
    largest = place_of_first_largest(p).astype(places.dtype)
    up = running_sum(jnp.where(places > largest, steps, 0))
    down = running_sum(jnp.where(places <= largest, steps, 0), from_the_end=True)
    return up - jnp.append(down[1:], jnp.zeros(1, down.dtype))


def _moved_up(values: Vector) -> Vector:
    """What each class has, at the next class."""
    return jnp.append(jnp.zeros(1, values.dtype), values[:-1])
