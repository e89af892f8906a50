"""Sparsemax and 1.5-entmax for many classes, without logarithms and without a sort.

At 10,000 classes logarithms and the sort would take most of the time of a training step.
"""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import logitscape as ls

ALPHAS = {
    "sparsemax": 2.0,
    "entmax(alpha=1.5)": 1.5,
    "sparsemax_loss": 2.0,
    "entmax_loss(alpha=1.5)": 1.5,
}
"""alpha of the normalizers and losses."""
MOST_STEPS = 30
PRECISION = 1e-6
"""Least change of the threshold by a step of Newton's method for another step to follow."""


@cache
def objective(pair: str) -> ls.Objective:
    """The objective of a pair, with the sparse normalizers and losses of this file.

    A pair always gives the same object, so that its programs are compiled once.
    """
    first, _, loss = pair.partition(" + ")
    if first not in ALPHAS:
        return ls.objective(pair)
    alpha = ALPHAS[first]

    def normalizer(z: Array) -> ls.Probs:
        return entmax(z, alpha)

    if loss:
        return ls.compose(normalizer, loss, name=pair)
    return ls.objective(_fenchel_young(alpha), normalizer=normalizer, name=pair)


def entmax(z: Array, alpha: float) -> ls.Probs:
    """alpha-entmax for alpha 1.5 or 2, equal to that of `ls.normalizers` up to rounding.

    The threshold tau is the root of `sum_k max(x_k - tau, 0)^power - 1`, a sum of convex functions.
    Newton's method starts to the left of the root, so it approaches the root from one side. Only
    the last step is differentiated: by the implicit function theorem its derivative is that of the
    threshold.
    """
    # An integer, because powers with real exponents are slow.
    power = round(1 / (alpha - 1))
    # A shift of all logits changes no p, so that its derivative may be left out.
    scaled = (alpha - 1) * (z - jax.lax.stop_gradient(jnp.max(z)))
    threshold = _threshold(jax.lax.stop_gradient(scaled), power)
    last = _newton_step(scaled, jax.lax.stop_gradient(threshold), power)
    p = jnp.maximum(scaled - last, 0) ** power
    # The inner `where` keeps the gradient of the logarithm finite at p = 0.
    log_p = jnp.where(p > 0, jnp.log(jnp.where(p > 0, p, 1)), -jnp.inf)
    return ls.Probs(p, log_p)


def _threshold(x: Array, power: int) -> Array:
    """The threshold of logits x with maximum 0, by Newton's method."""

    def proceed(state: Any) -> Any:
        tau, previous, count = state
        return (tau > previous + PRECISION) & (count < MOST_STEPS)

    def step(state: Any) -> Any:
        tau, _, count = state
        return _newton_step(x, tau, power), tau, count + 1

    # There the largest logit, which is 0, alone makes the sum 1:
    # the root is not further left.
    start = jnp.full((), -1, x.dtype)
    state = (_newton_step(x, start, power), start, 0)
    tau, _, _ = jax.lax.while_loop(proceed, step, state)
    return tau


def _newton_step(x: Array, tau: Array, power: int) -> Array:
    gap = jnp.maximum(x - tau, 0)
    # For sparsemax the exponent is 0, and 0 ** 0 = 1 would count classes outside the
    # support.
    slope = jnp.sum(jnp.where(x > tau, power * gap ** (power - 1), 0))
    return tau + (jnp.sum(gap**power) - 1) / slope


def _fenchel_young(alpha: float) -> Any:
    """The loss `Omega*(z) + Omega(t) - <z, t>`, whose gradient is p - t.

    Here `Omega(p) = (sum_k p_k^alpha - 1) / (alpha (alpha - 1))`.
    """

    def omega(p: Array) -> Array:
        root = p if alpha == 2 else jnp.sqrt(p)  # p^(alpha - 1)
        return (jnp.sum(p * root) - 1) / (alpha * (alpha - 1))

    def loss(z: Array, target: Array) -> Array:
        # The maximum in Omega* is at p, so p is held constant for the gradient.
        p = jax.lax.stop_gradient(entmax(z, alpha).p)
        return jnp.sum((p - target) * z) - omega(p) + omega(target)

    return loss
