"""More losses of the whole probability vector, stated for a one-hot label (see label_shares.py).

They are Jensen-Shannon, hard bootstrapping, and sums of statements of other modules.
"""

import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.parameters import parameter
from ..base.types import Parameter
from ..normalizers.apart import largest_of
from .jensen_shannon import weight_of_target
from .label_losses import cross_entropy
from .label_scores import divergence, tsallis_score
from .label_shares import Pull, Shares, Slopes, combined, slopes_of
from .tsallis import alpha_of_temperature


def bi_tempered(shares: Shares, *, t1: Parameter = 0.8) -> Slopes:
    """`tsallis_score` with alpha = 2 - t1."""
    return tsallis_score(shares, alpha=alpha_of_temperature(t1, shares.p.dtype))


def confidence_penalty(shares: Shares, *, beta: Parameter = 0.1) -> Slopes:
    """`-log p_y + beta sum_k p_k log p_k`."""
    weight = parameter("confidence_penalty", "beta", beta, shares.p.dtype, low=0)
    parts = cross_entropy(shares), divergence(shares, 0.0, 0.0)
    return combined(parts, (jnp.ones_like(weight), weight))


def soft_bootstrapping(shares: Shares, *, beta: Parameter = 0.95) -> Slopes:
    """`-beta log p_y - (1 - beta) sum_k p_k log p_k`."""
    share = parameter("soft_bootstrapping", "beta", beta, shares.p.dtype, low=0, high=1)
    # At beta = 0 an infinite surprisal would become NaN.
    surprisal = jnp.where(share == 0, 0, -shares.log_p)
    of_label = slopes_of(Pull(surprisal, 1.0, 0.0), shares)
    parts = of_label, divergence(shares, 0.0, 0.0)
    return combined(parts, (share, share - 1))


def hard_bootstrapping(shares: Shares, *, beta: Parameter = 0.8) -> Slopes:
    """`-beta log p_y - (1 - beta) log max_k p_k`."""
    b = parameter("hard_bootstrapping", "beta", beta, shares.p.dtype, low=0, high=1)
    logs = jnp.where(shares.is_label, shares.log_label, shares.log_rivals())
    classes = Classes(shares.sum, shares.maximum, shares.num_classes)
    top, parts = largest_of(logs, classes)
    # What the largest, all that tie, lack to 1 is the sum of all others.
    is_top = parts > 0
    others, count, part_of_label = shares.sums(
        jnp.where(is_top, 0, shares.rivals),
        is_top.astype(parts.dtype),
        jnp.where(shares.is_label, parts, 0),
    )
    label_is_top = part_of_label > 0
    lacking = others + jnp.where(label_is_top, 0, shares.label)
    lacking = lacking / shares.total + shares.p_sink
    # log p = -inf has the derivative 0, and then its part of the target has no effect.
    label_is_absent = jnp.isneginf(shares.log_p)
    of_label = jnp.where(label_is_absent, 0, b)
    per_share = of_label + (1 - b)
    # The label's pull at the top, and below it.
    at_top = part_of_label * per_share * lacking + of_label * (1 - part_of_label)
    below = jnp.where(label_is_absent, 0, b * shares.complement - (1 - b) * shares.p)
    surprisal = jnp.where(b == 0, 0, -shares.log_p)
    return Slopes(
        value=b * surprisal - (1 - b) * _log_of_top(shares, top, count, lacking),
        rivals=jnp.where(is_top, 0, per_share / shares.total),
        label=jnp.where(label_is_absent, per_share / shares.total, 0),
        log_label=-jnp.where(label_is_top, at_top, below),
        log_rivals=parts * (of_label - per_share * lacking),
    )


def _log_of_top(shares: Shares, top: Array, count: Array, lacking: Array) -> Array:
    """`log max_k p_k`."""
    has_most = lacking < 0.5
    # All that tie for the largest have equal parts of what they lack to 1.
    near = jnp.log1p(-jnp.where(has_most, lacking, 0)) - jnp.log(count)
    return jnp.where(has_most, near, top - shares.log_total)


def jensen_shannon(shares: Shares, *, weight: Parameter = 0.5) -> Slopes:
    """`(w KL(t, m) + (1 - w) KL(p, m)) / (-(1 - w) log(1 - w))`."""
    w = weight_of_target(weight, shares.p.dtype)
    p, complement = shares.p, shares.complement
    log_rest = jnp.log1p(-w)
    gap = (1 - w) * complement
    is_near = 2 * gap <= 1
    near = -jnp.log1p(-jnp.where(is_near, gap, 0))
    of_target = jnp.where(
        is_near, near, -jnp.log(jnp.where(is_near, 1, w + (1 - w) * p))
    )
    # log(m / p) of the label, which is finite wherever log p is.
    is_large = 2 * p > 1
    close = jnp.log1p(w * complement / jnp.where(is_large, p, 1))
    is_absent = jnp.isneginf(shares.log_p)
    log_p = jnp.where(is_absent, 0, shares.log_p)
    of_p = jnp.where(is_large, close, jnp.logaddexp(log_rest, jnp.log(w) - log_p))
    # The rivals' part is -log(1 - w) times their share; all is divided by (1 - w) of that.
    scale = -1 / log_rest
    rest = shares.others / shares.total
    value = scale * (w / (1 - w) * of_target - p * of_p) + rest
    pull = jnp.where(is_absent, 0, scale * of_p)
    return Slopes(
        value=value,
        rivals=(pull * p + p + shares.p_sink) / shares.total,
        label=-(pull * complement + rest) / shares.total,
        log_label=0.0,
    )
