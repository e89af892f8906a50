"""Losses of the whole probability vector, stated for a one-hot label (see label_shares.py).

With weights e_k and their sum W, the derivative of a score that has `sum_k p_k^a` is a difference
of such sums. It is written so that nothing cancels where one rival has nearly all of the weight:
every rival's power is compared with the largest one, of which nothing but 0 is left.
"""

from typing import Literal, NamedTuple

import jax.numpy as jnp
from jax import Array

from ..base.parameters import parameter
from ..base.types import Parameter
from .distribution import scale_of_brier
from .label_shares import Shares, Slopes
from .tsallis import label_part


def brier(
    shares: Shares, *, convention: Literal["sum", "half", "mean"] = "sum"
) -> Slopes:
    """`sum_k (p_k - t_k)^2`."""
    scale = scale_of_brier(convention, shares.num_classes)
    largest = shares.largest
    if largest is None:
        largest = _largest_power(shares, shares.rivals, shares.label)
    powers = _rival_powers(
        shares, shares.rivals, shares.label, jnp.asarray(largest, shares.p.dtype)
    )
    squares = powers.total / shares.total / shares.total
    value = scale * (shares.complement**2 + squares)
    return Slopes(
        value=value,
        rivals=2 * scale * powers.slopes / shares.total / shares.total,
        label=-2 * value / shares.total,
        log_label=0.0,
    )


def tsallis_score(shares: Shares, *, alpha: Parameter = 1.5) -> Slopes:
    """`1 / (a (a - 1)) - p_y^{a-1} / (a - 1) + (sum_k p_k^a) / a`."""
    a = parameter("tsallis_score", "alpha", alpha, shares.p.dtype, low=1)
    rivals = _power(shares.rivals, a - 1)
    # From its logarithm, as the label's own weight may underflow.
    label = _exp_of_product(a - 1, shares.log_p + shares.log_total)
    if isinstance(shares.largest, float):  # which is 1, and so are its powers
        largest = jnp.ones_like(label)
    else:
        largest = _largest_power(shares, rivals, label)
    powers = _rival_powers(shares, rivals, label, largest)
    per_total = jnp.exp((1 - a) * shares.log_total)  # W^{1 - a}
    score = powers.total * per_total / shares.total
    # The label's part is p^{a-1} d log p; at a = 2 it is dp, which counts at p = 0 too.
    is_linear = a == 2
    squared = shares.complement**2
    of_log = squared * _exp_of_product(a - 1, shares.log_p)
    return Slopes(
        value=label_part(shares.log_p, shares.complement, a) + score / a,
        rivals=powers.slopes * per_total / shares.total,
        label=-(score + jnp.where(is_linear, squared, 0)) / shares.total,
        log_label=-jnp.where(is_linear, 0, of_log),
    )


def spherical_score(shares: Shares) -> Slopes:
    """`1 - p_y / norm_2(p)`, which does not depend on the scale of p."""
    rivals, label = shares.rivals, shares.label
    squares = shares.sum(rivals * rivals)
    norm = jnp.sqrt(squares + label * label)
    cube = norm * norm * norm
    return Slopes(
        value=squares / (norm * (norm + label)),
        rivals=rivals * (label / cube),
        label=-squares / cube,
        log_label=0.0,
    )


def label_smoothing(shares: Shares, *, smoothing: Parameter = 0.1) -> Slopes:
    """`-(1 - a) log p_y - (a / n) sum_k log p_k`."""
    amount = parameter(
        "label_smoothing", "smoothing", smoothing, shares.p.dtype, low=0, high=1
    )
    n = shares.num_classes
    each = amount / n
    log_rivals = shares.log_rivals()
    is_absent = jnp.isneginf(log_rivals)
    absent = shares.sum(is_absent.astype(shares.p.dtype))
    # Weighted before they are added: the sum of the logarithms themselves may overflow.
    present = shares.sum(each * jnp.where(is_absent, 0, log_rivals))
    surprisal = (n - 1) * each * shares.log_total - present
    # A class of probability 0 makes the loss infinite, unless it has no part in the target.
    surprisal = jnp.where((absent > 0) & (each > 0), jnp.inf, surprisal)
    # log p = -inf has the derivative 0, and then its part of the target has no effect.
    label_is_absent = jnp.isneginf(shares.log_p)
    label_target = jnp.where(label_is_absent, 0, 1 - amount + each)
    dropped = each * absent + (1 - amount + each) - label_target
    value = -(1 - amount + each) * _counted(1 - amount + each, shares.log_p)
    pull = shares.complement - (n - 1) * each + shares.p * dropped
    per_weight = (1 - dropped) / shares.total
    return Slopes(
        value=value + surprisal,
        rivals=per_weight,
        # A label of weight 0 still moves the sum of the weights.
        label=jnp.where(label_is_absent, per_weight, 0),
        log_label=-jnp.where(label_is_absent, 0, pull),
        log_rivals=-each,
    )


class _Powers(NamedTuple):
    """Powers of the rivals' weights.

    Attributes:
        total: `sum_k e_k^a` over the rivals.
        slopes: `W (p_k^{a-1} + p_y^{a-1} - sum_j p_j^a) W^{a-1}` of every rival, [n].
    """

    total: Array
    slopes: Array


def _rival_powers(
    shares: Shares, rivals: Array, label: Array, largest: Array
) -> _Powers:
    """Sums of powers of the weights.

    Args:
        shares: Weights.
        rivals: `e_k^{a-1}` of the rivals, [n].
        label: `e_y^{a-1}` of the label.
        largest: The largest of these powers, exactly.
    """
    is_label = label >= largest
    below = largest - rivals
    # One sum serves both: what is small compared with `full` has to be summed, the other follows.
    # Without a choice between arrays XLA multiplies and sums in a single pass.
    offset = jnp.where(is_label, 0, largest)
    sign = jnp.where(is_label, 1, -1).astype(rivals.dtype)
    summed = shares.sum(shares.rivals * (offset + sign * rivals))
    full = largest * shares.others
    rest = full - summed
    total = jnp.where(is_label, summed, rest)
    gap = jnp.where(is_label, rest, summed)
    slopes = gap + rivals * shares.label - shares.others * below + label * shares.others
    return _Powers(total, slopes / shares.total + (rivals + label) * shares.p_sink)


def _largest_power(shares: Shares, rivals: Array, label: Array) -> Array:
    # By a reduction over the rivals themselves: what is computed for one number may be rounded
    # otherwise than for a vector, and then the largest would not be equal to itself.
    return jnp.maximum(shares.maximum(rivals), label)


def _power(x: Array, exponent: Array) -> Array:
    """`x^exponent` for x >= 0 and an exponent >= 0; 1 for the exponent 0."""
    return _exp_of_product(exponent, jnp.log(x))


def _exp_of_product(factor: Array, log: Array) -> Array:
    """`e^{factor log}`, also for a logarithm of -inf and a factor of 0."""
    smallest = jnp.finfo(log.dtype).min  # type: ignore[no-untyped-call]
    return jnp.exp(factor * jnp.maximum(log, smallest))


def _counted(weight: Array, log_p: Array) -> Array:
    """The logarithm, but 0 where its weight is 0."""
    return jnp.where(weight == 0, 0, log_p)


def reverse_kl(shares: Shares, *, smoothing: Parameter = 0.1) -> Slopes:
    """`sum_k p_k log(p_k / t'_k)` with the smoothed target t'."""
    amount = parameter(
        "reverse_kl", "smoothing", smoothing, shares.p.dtype, low=0, high=1, open=True
    )
    log_of_rival = jnp.log(amount / shares.num_classes)
    log_of_label = jnp.log(1 - amount + amount / shares.num_classes)
    return divergence(shares, log_of_rival, log_of_label)


def divergence(
    shares: Shares, log_of_rival: Array | float, log_of_label: Array | float
) -> Slopes:
    """`sum_k p_k (log p_k - log t_k)`.

    Args:
        shares: Weights.
        log_of_rival: Logarithm log t_k of every rival.
        log_of_label: The same of the label.
    """
    log_rivals = shares.log_rivals()
    # Not by the weights, which may underflow.
    occurs = ~(jnp.isneginf(log_rivals) | shares.is_label)
    # Relative to the largest rival, whose own difference is then exactly 0: where it has nearly
    # all of the weight, the others' differences are all that is left.
    has_weight = occurs & (shares.rivals > 0)
    top = shares.maximum(jnp.where(has_weight, log_rivals, -jnp.inf))
    top = jnp.where(jnp.isfinite(top), top, 0)
    differences = jnp.where(occurs, log_rivals - top, 0)
    mean_of_rivals = shares.sum(shares.rivals * differences) / shares.total
    log_ratio_of_top = top - shares.log_total - log_of_rival
    is_absent = jnp.isneginf(shares.log_p)
    log_ratio = jnp.where(is_absent, 0, shares.log_p) - log_of_label
    difference = jnp.where(is_absent, 0, log_ratio - log_ratio_of_top)
    mean = mean_of_rivals + shares.p * difference
    of_sink = shares.p_sink * (1 + log_ratio_of_top)
    # Without a probability the derivative of its own term is taken as 0.
    absent = mean + (1 + log_ratio_of_top) - of_sink
    of_rivals = jnp.where(occurs, differences - mean + of_sink, -absent)
    of_label = difference * shares.complement - mean_of_rivals + of_sink
    of_others = mean_of_rivals + log_ratio_of_top * (shares.others / shares.total)
    return Slopes(
        value=of_others + shares.p * log_ratio,
        rivals=of_rivals / shares.total,
        label=jnp.where(is_absent, -absent, of_label) / shares.total,
        log_label=0.0,
    )
