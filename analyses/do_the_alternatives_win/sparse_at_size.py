"""Sparsemax and 1.5-entmax for many classes: no logarithms and no sort, which at 10,000 classes cost most of a step."""

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
MOST_STEPS, PRECISION = 30, 1e-6


@cache
def objective(pair: str) -> ls.Objective:
    """The objective of that spec, its sparse parts in the forms of this file; the same one every time."""
    first, *loss = pair.split(" + ")
    if first not in ALPHAS:
        return ls.objective(pair)
    if loss:
        return ls.compose(lambda z: entmax(z, ALPHAS[first]), loss[0], name=pair)
    return ls.objective(
        _fenchel_young(ALPHAS[first]),
        normalizer=lambda z: entmax(z, ALPHAS[first]),
        name=pair,
    )


def entmax(z: Array, alpha: float) -> ls.Probs:
    """alpha-entmax for alpha 1.5 or 2, as `ls.normalizers` has it for any alpha, to rounding.

    Newton's method from the left of the threshold, where a sum of convex functions is met from one side. The last step is
    differentiated: by the implicit function theorem that is the derivative of the threshold.
    """
    power = round(1 / (alpha - 1))  # whole: powers of real numbers are slow
    scaled = (alpha - 1) * (z - jax.lax.stop_gradient(jnp.max(z)))

    def step(x: Array, tau: Array) -> Array:
        inside, gap = x > tau, jnp.maximum(x - tau, 0)
        slope = jnp.sum(jnp.where(inside, power * gap ** (power - 1), 0))
        return tau + (jnp.sum(gap**power) - 1) / slope

    fixed = jax.lax.stop_gradient(scaled)
    first = jnp.full((), -1, z.dtype)
    tau, _, _ = jax.lax.while_loop(
        _goes_on,
        lambda s: (step(fixed, s[0]), s[0], s[2] + 1),
        (step(fixed, first), first, 0),
    )
    p = jnp.maximum(scaled - step(scaled, jax.lax.stop_gradient(tau)), 0) ** power
    return ls.Probs(p, jnp.where(p > 0, jnp.log(jnp.where(p > 0, p, 1)), -jnp.inf))


def _goes_on(state: Any) -> Any:
    tau, before, count = state
    return (tau > before + PRECISION) & (count < MOST_STEPS)


def _fenchel_young(alpha: float) -> Any:
    """`Omega*(z) + Omega(t) - <z, t>` with `Omega(p) = (sum_k p_k^alpha - 1) / (alpha (alpha - 1))`; gradient p - t."""

    def omega(p: Array) -> Array:
        root = p if alpha == 2 else jnp.sqrt(p)
        return (jnp.sum(p * root) - 1) / (alpha * (alpha - 1))

    def loss(z: Array, target: Array) -> Array:
        p = jax.lax.stop_gradient(entmax(z, alpha).p)
        return jnp.sum((p - target) * z) - omega(p) + omega(target)

    return loss
