"""The largest logit: the others relative to it, and what follows where it is not finite."""

import jax
import jax.numpy as jnp
from jax import Array

from .special import nan_unless
from .types import Scalar, Vector

MOST_MAXIMA = 8
"""Largest k for which k maxima one after the other are quicker than a search for the k largest."""


def nan_unless_top_is_finite(logits: Vector) -> Vector:
    """The logits, NaN in value and derivative if all are masked, or if one is +inf or NaN."""
    return nan_unless(jnp.isfinite(jnp.max(logits)), logits)


def below_top(z: Vector) -> Vector:
    """The logits less the largest one, whose derivative is left out: for what is blind to it.

    Numbers are added to these, or multiplied by them: next to logits with a large common offset
    they would be lost.
    """
    top: Scalar = jax.lax.stop_gradient(jnp.max(z))
    return z - jnp.where(jnp.isfinite(top), top, 0)


def scaled_below_top(z: Vector, factor: Array) -> Vector:
    """The logits times a factor, relative to the largest one; masks stay masks."""
    below = below_top(z)
    is_mask = jnp.isneginf(below)
    return jnp.where(is_mask, -jnp.inf, factor * jnp.where(is_mask, 0, below))
