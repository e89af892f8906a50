"""More losses of the whole probability vector, stated for a one-hot label (see label_shares.py).

They are normalised losses, Jensen-Shannon, and sums of statements of other modules.
"""

import math

import jax.numpy as jnp
from jax import Array

from ..base.parameters import parameter
from ..base.types import Parameter
from .jensen_shannon import weight_of_target
from .label_losses import cross_entropy
from .label_scores import divergence, tsallis_score
from .label_shares import Pull, Shares, Slopes, slopes_of
from .normalized import LOG_ZERO
from .tsallis import alpha_of_temperature


def bi_tempered(shares: Shares, *, t1: Parameter = 0.8) -> Slopes:
    """`tsallis_score` with alpha = 2 - t1."""
    return tsallis_score(shares, alpha=alpha_of_temperature(t1, shares.p.dtype))


def normalized_cross_entropy(shares: Shares) -> Slopes:
    """`log p_y / sum_k log p_k`."""
    surprisal = -shares.log_p
    p, rest = _rivals_and_rest(shares)
    log_rivals = shares.log_rivals()
    is_most = p > 0.5
    # Where one rival has nearly all, its surprisal is small and not a difference of logarithms.
    surprisals = jnp.where(
        is_most,
        -jnp.log1p(-jnp.where(is_most, rest, 0)),
        shares.log_total - log_rivals,
    )
    surprisals = jnp.where(shares.is_label, 0, surprisals)
    # Infinite surprisals count as equal, all others as 0, and then nothing moves.
    is_infinite, label_is = jnp.isposinf(surprisals), jnp.isposinf(surprisal)
    label_counts = label_is.astype(surprisal.dtype)
    count = shares.sum(is_infinite.astype(surprisal.dtype)) + label_counts
    surprisals = jnp.where(is_infinite, 0, surprisals)
    of_rivals = shares.sum(surprisals)
    of_label = jnp.where(label_is, 0, surprisal)
    is_finite = count == 0
    total = of_rivals + of_label
    # A single class has 0 of 0, which is taken as 0.
    total = jnp.where(is_finite & (total != 0), total, 1)
    value = jnp.where(is_finite, of_label / total, label_counts / jnp.maximum(count, 1))
    scale = jnp.where(is_finite, 1 / total, 0)
    # How much more surprising the other rivals are than the label: equal ones add exactly 0.
    is_compared = is_finite & ~shares.is_label
    more = jnp.where(
        is_compared, jnp.where(is_finite, shares.log_label, 0) - log_rivals, 0
    )
    of_others = jnp.where(
        is_most, shares.sum(jnp.where(is_most, 0, more)), shares.sum(more) - more
    )
    of_logs = p * (of_others + surprisals) + rest * of_label
    pull = (shares.num_classes - 1) * value * shares.p
    return Slopes(
        value=value,
        rivals=jnp.zeros_like(value),
        label=0.0,
        log_label=-scale * (pull + shares.complement * of_rivals / total),
        # The square of the total may overflow.
        log_rivals=scale * (of_logs / total),
    )


def _rivals_and_rest(shares: Shares) -> tuple[Array, Array]:
    """Probabilities p_k of the rivals, [n], and `1 - p_k` with a small relative error."""
    p = shares.rivals / shares.total
    is_most = p > 0.5
    others = shares.sum(jnp.where(is_most, 0, shares.rivals)) + shares.label
    return p, jnp.where(is_most, others / shares.total + shares.p_sink, 1 - p)


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
    return _combined(parts, (active, -passive * zero))


def confidence_penalty(shares: Shares, *, beta: Parameter = 0.1) -> Slopes:
    """`-log p_y + beta sum_k p_k log p_k`."""
    weight = parameter("confidence_penalty", "beta", beta, shares.p.dtype, low=0)
    parts = cross_entropy(shares), divergence(shares, 0.0, 0.0)
    return _combined(parts, (jnp.ones_like(weight), weight))


def soft_bootstrapping(shares: Shares, *, beta: Parameter = 0.95) -> Slopes:
    """`-beta log p_y - (1 - beta) sum_k p_k log p_k`."""
    share = parameter("soft_bootstrapping", "beta", beta, shares.p.dtype, low=0, high=1)
    # At beta = 0 an infinite surprisal would become NaN.
    surprisal = jnp.where(share == 0, 0, -shares.log_p)
    of_label = slopes_of(Pull(surprisal, 1.0, 0.0), shares)
    parts = of_label, divergence(shares, 0.0, 0.0)
    return _combined(parts, (share, share - 1))


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


def _combined(parts: tuple[Slopes, Slopes], weights: tuple[Array, Array]) -> Slopes:
    """The weighted sum of two losses."""
    first, second = parts

    def added(x: Array | float, y: Array | float) -> Array | float:
        # A derivative that nobody needs stays the number 0.
        if isinstance(x, float) and isinstance(y, float):
            return 0.0
        return weights[0] * x + weights[1] * y

    return Slopes(
        value=weights[0] * first.value + weights[1] * second.value,
        rivals=weights[0] * first.rivals + weights[1] * second.rivals,
        label=added(first.label, second.label),
        log_label=added(first.log_label, second.log_label),
        log_rivals=added(first.log_rivals, second.log_rivals),
    )
