"""Normalizers built on the exponential: softmax, its limit, its variant that may abstain, and its iterates."""

import jax
import jax.numpy as jnp

from ..base.argmax import every_largest
from ..base.arguments import parameter, whole_number
from ..base.formula import on_logits
from ..base.types import Parameter, Vector
from .simplex import Probs, normalize, normalize_gaps


@on_logits
def softmax(logits: Vector, *, inverse_temperature: Parameter = 1.0) -> Probs:
    """`p_k = e^{c z_k} / sum_j e^{c z_j}`.

    Defined for all finite logits; -inf is a mask (p = 0, gradient 0), NaN if all are masked or one is +inf. The temperature is
    applied after the largest logit is subtracted, so no finite logit overflows. c = 0 is uniform over what is not masked.

    Args:
        logits: z, [n].
        inverse_temperature: c >= 0.

    Source: Bridle 1990; Boltzmann 1868.
    """
    c = parameter(
        "softmax", "inverse_temperature", inverse_temperature, logits.dtype, low=0
    )
    top = jax.lax.stop_gradient(jnp.max(logits))
    shifted = (logits - top) + (top - top)  # NaN unless the top is finite
    masked = jnp.isneginf(shifted)
    gaps = jnp.where(masked, -jnp.inf, c * jnp.where(masked, 0, shifted))
    return normalize_gaps(gaps, gaps)


@on_logits
def softmax_one(logits: Vector) -> Probs:
    """`p_k = e^{z_k} / (1 + sum_j e^{z_j})`: the softmax of [z, 0] without its last entry. It sums to less than 1.

    Defined for all finite logits; -inf is a mask, +inf gives NaN. With all masked p is 0 and the loss infinite.

    Source: "quiet softmax"; Miller, Attention Is Off By One, 2023.
    """
    probs = normalize(jnp.concatenate([logits, jnp.zeros(1, logits.dtype)]))
    return Probs(probs.p[:-1], probs.log_p[:-1])


@on_logits
def iterated_exponential(logits: Vector, *, depth: int = 2) -> Probs:
    """`g(z) = exp(exp(... z))`, `depth` times, divided by its sum; depth 1 is softmax.

    Defined until `log g` overflows: NaN beyond (depth 2: z above 709 in float64, 88 in float32; depth 3: 6.56 and 4.48).
    -inf is no mask: there g has a finite limit (depth 2: 1) and derivative 0. All -inf gives NaN.

    Args:
        logits: z, [n].
        depth: how many exponentials, at least 1.
    """
    depth = whole_number("iterated_exponential", "depth", depth, low=1)
    log_g, top = logits, jnp.max(logits)
    gaps = logits - top
    for _ in range(depth - 1):
        log_g, top, gaps = jnp.exp(log_g), jnp.exp(top), jnp.exp(top) * jnp.expm1(gaps)
    # NaN beyond the domain by inf - inf, when the program runs (see `zero_if`).
    return normalize_gaps(log_g, gaps + (top - top))


@on_logits
def argmax(logits: Vector) -> Probs:
    """`p_k = [z_k = max z] / |argmax z|` ("hardmax"): shared equally by ties, and with derivative 0 everywhere.

    The limit of softmax as the inverse temperature grows. NaN if all logits are -inf or one is +inf. Where the same compiled
    program computes the logits, rounding may tell ties apart; the first then takes all.
    """
    top = jnp.max(logits)
    hit = every_largest(logits).astype(logits.dtype) + (
        top - top
    )  # NaN unless the top is finite
    p = jax.lax.stop_gradient(hit / jnp.sum(hit))
    return Probs(p, jnp.log(p))
