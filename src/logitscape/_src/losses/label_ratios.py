"""Losses divided by their sum over all labels, stated for a one-hot label (see label_shares.py).

`L(p, y) / sum_k L(p, k)` of any loss of the label's probability alone, whose statement is asked for
every class.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from ..base.parameters import parameter
from ..base.types import Parameter
from ..normalizers.chances import Chance
from . import label_losses
from .label_shares import Pull, Shares, Slopes, combined, slopes_of
from .normalized import LOG_ZERO, checked_floor


def normalized_cross_entropy(shares: Shares) -> Slopes:
    """`log p_y / sum_k log p_k`."""
    return _label_of_all(shares, label_losses.cross_entropy.pull)


def normalized_focal(shares: Shares, *, gamma: Parameter = 0.5) -> Slopes:
    """`focal` of the label over its sum for all classes."""
    power = parameter("normalized_focal", "gamma", gamma, shares.p.dtype, low=0)
    return _label_of_all(shares, partial(label_losses.focal.pull, gamma=power))


def normalized_generalized_cross_entropy(
    shares: Shares, *, q: Parameter = 0.7
) -> Slopes:
    """`(1 - p_y^q) / (n - sum_k p_k^q)`."""
    name, dtype = "normalized_generalized_cross_entropy", shares.p.dtype
    exponent = parameter(name, "q", q, dtype, low=0, high=1, open=True)
    pull = label_losses.generalized_cross_entropy.pull
    return _label_of_all(shares, partial(pull, q=exponent), is_bounded=True)


def normalized_negative_cross_entropy(
    shares: Shares, *, floor: Parameter = 1e-7
) -> Slopes:
    """`1 - v_y / sum_k v_k` with `v_k = max(log p_k - log floor, 0)`."""
    return _negative("normalized_negative_cross_entropy", shares, floor)


def active_passive(
    shares: Shares,
    *,
    alpha: Parameter = 1.0,
    beta: Parameter = 1.0,
    log_zero: Parameter = LOG_ZERO,
) -> Slopes:
    """`alpha NCE + beta (-log_zero) (1 - p)`."""
    name, dtype = "active_passive", shares.p.dtype
    active = parameter(name, "alpha", alpha, dtype, low=0)
    passive = parameter(name, "beta", beta, dtype, low=0)
    zero = parameter(name, "log_zero", log_zero, dtype, low=-math.inf, high=0)
    linear = slopes_of(Pull(shares.complement, 0.0, jnp.ones_like(shares.p)), shares)
    parts = normalized_cross_entropy(shares), linear
    return combined(parts, (active, -passive * zero))


def active_negative(
    shares: Shares,
    *,
    alpha: Parameter = 1.0,
    beta: Parameter = 1.0,
    floor: Parameter = 1e-7,
) -> Slopes:
    """`alpha NCE + beta NNCE`."""
    name, dtype = "active_negative", shares.p.dtype
    active = parameter(name, "alpha", alpha, dtype, low=0)
    passive = parameter(name, "beta", beta, dtype, low=0)
    parts = normalized_cross_entropy(shares), _negative(name, shares, floor)
    return combined(parts, (active, passive))


def _negative(name: str, shares: Shares, floor: Parameter) -> Slopes:
    log_floor = jnp.log(checked_floor(name, floor, shares.p.dtype))

    def pull(chance: Chance) -> Pull:
        is_counted = ~(chance.log_p <= log_floor)
        value = jnp.where(is_counted, chance.log_p - log_floor, 0)
        return Pull(value, -is_counted.astype(value.dtype), 0.0)

    return _label_of_all(shares, pull, is_bounded=True, of_others=True)


class _Each(NamedTuple):
    """The losses of some labels, and what they pull.

    Attributes:
        value: Losses; 0 where they are infinite.
        on_log_p: Parts of their derivatives that are taken in log p, with the opposite sign.
        on_p: Parts that are taken in p, with the opposite sign.
        pull: Their derivatives in log p, with the opposite sign.
        is_infinite: Whether the losses are infinite.
    """

    value: Array
    on_log_p: Array | float
    on_p: Array | float
    pull: Array | float
    is_infinite: Array


def _each(of_label: Callable[[Chance], Pull], chance: Chance) -> _Each:
    value, on_log_p, on_p = of_label(chance)
    is_infinite = jnp.isposinf(value)
    return _Each(
        value=jnp.where(is_infinite, 0, value),
        on_log_p=on_log_p,
        on_p=on_p,
        # Most losses are stated in log p alone.
        pull=on_log_p if isinstance(on_p, float) else on_log_p + on_p * chance.p,
        is_infinite=is_infinite,
    )


def _label_of_all(
    shares: Shares,
    of_label: Callable[[Chance], Pull],
    *,
    is_bounded: bool = False,
    of_others: bool = False,
) -> Slopes:
    """The label's part of the losses of all labels, or what the others have of them.

    Where some losses are infinite, they count as equal and all others as 0; then nothing moves.

    Args:
        shares: Weights.
        of_label: Statement of the loss of one label.
        is_bounded: Whether none of the losses can be infinite.
        of_others: Whether it is what the others have.
    """
    p = shares.rivals / shares.total
    # One rival may have nearly all of p: what it lacks to 1 is the sum of all the others.
    is_most = p > 0.5
    is_small = ~(is_most | shares.is_label)
    label = _each(of_label, Chance(shares.p, shares.log_p, shares.complement))
    log_rivals = shares.log_rivals()
    each = _each(of_label, Chance(p, log_rivals - shares.log_total, 1 - p))
    # How much more a loss is than the label's, with their pulls: equal ones are exactly 0, which a
    # single number and a vector, rounded in two ways, would not give.
    more = each.value * label.pull - label.value * each.pull
    more = jnp.where(log_rivals == shares.log_label, 0, more)
    added = [shares.rivals, each.value, more]
    # Equal ones need not be added up.
    are_equal = isinstance(each.pull, float)
    added += [] if isinstance(each.pull, float) else [each.pull]
    added += [] if is_bounded else [each.is_infinite.astype(p.dtype)]
    sums = list(shares.sums(*(jnp.where(is_small, x, 0) for x in added)))
    count = jnp.zeros_like(shares.p) if is_bounded else sums.pop()
    pull = jnp.zeros_like(shares.p) if are_equal else sums.pop()
    weight, values, gaps = sums
    rest = (weight + shares.label) / shares.total + shares.p_sink
    # It is about 1 or below a half. By this one number, as a comparison of all may be rounded in
    # another way where they are compared again.
    there_is_most = rest < 0.75
    is_most = is_most & there_is_most
    lacking = jnp.where(there_is_most, rest, 0)
    most = _each(of_label, Chance(1 - lacking, jnp.log1p(-lacking), lacking))
    of_most = jnp.where(there_is_most, most.value, 0)
    pull = pull + jnp.where(there_is_most, most.pull, 0)
    if are_equal:
        pull = jnp.full_like(shares.p, (shares.num_classes - 1) * each.pull)
    all_gaps = gaps + jnp.where(
        there_is_most, most.value * label.pull - label.value * most.pull, 0
    )
    rivals = values + of_most

    label_counts = label.is_infinite.astype(p.dtype)
    count = count + label_counts
    is_finite = count == 0
    total = jnp.where(is_finite, rivals + label.value, 1)
    part, counted = label.value, label_counts
    if of_others:
        part, counted = rivals, count - label_counts
    else:
        # A single class has 0 of 0, which is taken as 0.
        total = jnp.where(total == 0, 1, total)
    value = jnp.where(is_finite, part / total, counted / jnp.maximum(count, 1))
    sign = -1 if of_others else 1
    scale = jnp.where(is_finite, sign / total, 0)

    def moved(x: Array) -> Array:
        # The square of the total may overflow.
        return scale * (x / total)

    own = label.value * jnp.where(is_most, most.on_log_p * lacking, each.on_log_p)
    of_weight = jnp.where(is_most, of_most * label.pull + gaps, all_gaps)
    of_label_weight = label.value * pull
    if not isinstance(each.on_p, float):
        on_p = jnp.where(is_most, most.on_p * lacking, each.on_p)
        of_weight = of_weight + label.value * on_p
        of_label_weight = of_label_weight + rivals * label.on_p * shares.complement
    return Slopes(
        value=value,
        rivals=moved(of_weight) / shares.total,
        label=-moved(of_label_weight) / shares.total,
        log_label=-moved(rivals * label.on_log_p * shares.complement),
        log_rivals=moved(own),
    )
