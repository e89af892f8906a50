"""The negative Tsallis entropy, `Omega(p)` of the Fenchel-Young losses, and its tangents."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from ..base.special import box_cox, counted
from ..base.types import Vector


def negative_entropy(p: Vector, alpha: Array) -> Array:
    """`Omega(p) = sum_k p_k (p_k^{a-1} - 1) / (a (a - 1))`; at a = 1, `sum_k p_k log p_k`."""
    occurs = p > 0
    # Replaced before: the derivative of log 0 is infinite, and 0 times it would be NaN.
    log_p = jnp.log(jnp.where(occurs, p, 1))
    terms = p * box_cox(log_p, jnp.broadcast_to(alpha - 1, p.shape))
    return jnp.sum(jnp.where(occurs, terms, 0)) / alpha


def slope_in_target(z: Vector, target: Vector, d_target: Vector, alpha: Array) -> Array:
    """Tangent of `Omega(t) - <z, t>` as the target moves."""
    in_target = partial(negative_entropy, alpha=alpha)
    slope: Array
    _, slope = jax.jvp(in_target, (target,), (d_target,))
    return slope - jnp.sum(d_target * counted(target, z))


def negative_entropy_slope(p: Vector, alpha: Array, d_alpha: Array) -> Array:
    """Tangent of `Omega(p)` as alpha moves."""
    slope: Array
    _, slope = jax.jvp(partial(negative_entropy, p), (alpha,), (d_alpha,))
    return slope
