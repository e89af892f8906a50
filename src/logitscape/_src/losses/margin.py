"""Losses of the margin between the label's logit and the others."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.argmax import maximum
from ..base.formula import on_logits
from ..base.special import nan_unless
from ..base.types import Scalar, Vector


@on_logits
def perceptron(logits: Vector, target: Vector) -> Scalar:
    """`max_k z_k - <z, t>`, from 0 up. Where logits tie for the largest they share its derivative equally.

    Source: Rosenblatt 1958.
    """
    z = nan_unless(jnp.isfinite(jnp.max(logits)), logits)
    return jnp.sum(target * (maximum(z) - jnp.where(target == 0, 0, z)))


@on_logits
def crammer_singer(logits: Vector, target: Vector) -> Scalar:
    """`max(0, 1 + max_{k != y} z_k - z_y)`, the multiclass hinge loss.

    Needs a one-hot target: a soft one is refused, and gives NaN in traced code.

    At the kinks: derivative 0 where the margin is exactly 1; rivals that tie share theirs equally.

    Source: Crammer and Singer 2001.
    """
    one = _one_if_one_hot("crammer_singer", target)
    z = one * nan_unless(jnp.max(logits) < jnp.inf, logits)
    rival = maximum(jnp.where(target == 0, z, -jnp.inf))
    return one * _hinge(1 + (rival - _of_label(z, target)))


@on_logits
def weston_watkins(logits: Vector, target: Vector) -> Scalar:
    """`sum_{k != y} max(0, 1 + z_k - z_y)`. At a kink the derivative is 0.

    Needs a one-hot target: a soft one is refused, and gives NaN in traced code.

    Source: Weston and Watkins 1999.
    """
    one = _one_if_one_hot("weston_watkins", target)
    z = one * nan_unless(jnp.max(logits) < jnp.inf, logits)
    violations = 1 + (z - _of_label(z, target))
    return one * jnp.sum(_hinge(jnp.where(target == 0, violations, -jnp.inf)))


def _of_label(z: Vector, target: Vector) -> Array:
    return jnp.sum(jnp.where(target == 0, 0, target * z))


def _hinge(x: Array) -> Array:
    """`max(0, x)` with derivative 0 at 0, and NaN for NaN."""
    return jnp.where(x <= 0, 0, x)


def _one_if_one_hot(function_name: str, target: Vector) -> Array:
    """1; NaN for a target that is not one-hot, if it is traced. It multiplies logits and loss: neither alone makes all NaN."""
    known = not isinstance(target, jax.core.Tracer)
    t: Any = np.asarray(target) if known else target
    one_hot = ((t == 0) | (t == 1)).all() & (t.sum() == 1)
    if known and not one_hot:
        raise ValueError(
            f"`{function_name}(..., target)` needs a one-hot target, got {t}."
        )
    return jnp.where(one_hot, 1, jnp.nan).astype(target.dtype)
