"""Losses of the label's probability alone, stated for a one-hot label (see label_shares.py)."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import over_expm1
from ..base.parameters import parameter
from ..base.special import box_cox
from ..base.types import Parameter
from ..normalizers.chances import Chance
from . import focal as focal_losses
from . import noise_robust, power
from .chance import of_chance
from .label_shares import OfProbability, Pull, Shares, Slopes
from .logarithmic import clipped

alpha_loss = of_chance(power.of_order)
comp_sum = of_chance(power.of_dial)
sample_dependent_focal = of_chance(focal_losses.scheduled)
partially_huberised_cross_entropy = of_chance(noise_robust.huberised)
asymmetric_generalized_cross_entropy = of_chance(noise_robust.asymmetric_power)
asymmetric_unhinged = of_chance(noise_robust.unhinged_power)
asymmetric_exponential = of_chance(noise_robust.decay)
taylor_cross_entropy = of_chance(noise_robust.expansion)


@OfProbability
def cross_entropy(chance: Chance) -> Pull:
    """`-log p`."""
    return Pull(-chance.log_p, 1.0, 0.0)


@OfProbability
def exponential(chance: Chance) -> Pull:
    """`(1 - p) / p`."""
    return Pull(jnp.expm1(-chance.log_p), jnp.exp(-chance.log_p), 0.0)


@OfProbability
def generalized_cross_entropy(chance: Chance, *, q: Parameter = 0.7) -> Pull:
    """`(1 - p^q) / q`."""
    exponent = parameter(
        "generalized_cross_entropy", "q", q, chance.p.dtype, low=0, high=1
    )
    is_linear = exponent == 1
    power = jnp.where(is_linear, 0, jnp.exp(exponent * _finite(chance.log_p)))
    value = -box_cox(chance.log_p, exponent)
    return Pull(value, power, is_linear.astype(power.dtype))


@OfProbability
def mae(chance: Chance) -> Pull:
    """`2 (1 - p)`."""
    return Pull(2 * chance.complement, 0.0, jnp.full_like(chance.p, 2))


@OfProbability
def hellinger(chance: Chance) -> Pull:
    """`1 - sqrt(p)`."""
    half = jnp.full_like(chance.p, 0.5)
    return Pull(-box_cox(chance.log_p, half) / 2, jnp.exp(chance.log_p / 2) / 2, 0.0)


@OfProbability
def focal(chance: Chance, *, gamma: Parameter = 2.0) -> Pull:
    """`-(1 - p)^gamma log p`."""
    power = parameter("focal", "gamma", gamma, chance.p.dtype, low=0)
    surprisal = -chance.log_p
    weight = chance.complement**power
    pull = weight * (1 + power * over_expm1(surprisal))
    return Pull(weight * surprisal, pull, 0.0)


@OfProbability
def poly1(chance: Chance, *, epsilon: Parameter = 1.0) -> Pull:
    """`-log p + epsilon (1 - p)`."""
    weight = parameter("poly1", "epsilon", epsilon, chance.p.dtype, low=-jnp.inf)
    return Pull(-chance.log_p + weight * chance.complement, 1.0, weight)


@OfProbability
def symmetric_cross_entropy(
    chance: Chance,
    *,
    alpha: Parameter = 1.0,
    beta: Parameter = 1.0,
    log_zero: Parameter = -4.0,
) -> Pull:
    """`alpha (-log p) + beta (-log_zero) (1 - p)`."""
    name = "symmetric_cross_entropy"
    dtype = chance.p.dtype
    a = parameter(name, "alpha", alpha, dtype, low=0)
    b = parameter(name, "beta", beta, dtype, low=0)
    zero = parameter(name, "log_zero", log_zero, dtype, low=-jnp.inf, high=0)
    # With alpha = 0 an infinite surprisal would become NaN.
    surprisal = jnp.where(a == 0, 0, -chance.log_p)
    return Pull(a * surprisal - b * zero * chance.complement, a, -b * zero)


@OfProbability
def clipped_cross_entropy(chance: Chance, *, epsilon: Parameter = 1e-7) -> Pull:
    """`-log(p + epsilon)`."""
    floor = parameter(
        "clipped_cross_entropy", "epsilon", epsilon, chance.p.dtype, low=0, open=True
    )
    # `p / (p + epsilon)` from log p, which outlives the underflow of p.
    pull = jax.nn.sigmoid(chance.log_p - jnp.log(floor))
    is_zero = jnp.isneginf(chance.log_p)
    value = clipped(chance.p, chance.log_p, chance.complement, floor)
    return Pull(value, pull, jnp.where(is_zero, 1 / floor, 0))


def z_loss(shares: Shares, *, weight: Parameter = 1e-4) -> Slopes:
    """Cross-entropy of the softmax, plus `weight * logsumexp(z)^2`."""
    scale = parameter("z_loss", "weight", weight, shares.p.dtype, low=0)
    log_normalizer = shares.log_scale + shares.log_total
    pull = 2 * scale * log_normalizer / shares.total
    slopes = cross_entropy(shares)
    return slopes._replace(
        value=slopes.value + scale * log_normalizer**2,
        rivals=slopes.rivals + pull,
        label=pull,
    )


def _finite(log_p: Array) -> Array:
    """The logarithm, with a number whose exponential is 0 in place of -inf."""
    return jnp.maximum(log_p, jnp.finfo(log_p.dtype).min)  # type: ignore[no-untyped-call]
