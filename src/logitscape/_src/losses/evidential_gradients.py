"""Losses of a Dirichlet distribution, stated for a label as those of logit_gradients.py are."""

import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.exponentials import logistic, softplus
from ..base.types import Vector
from ..normalizers import evidential_weights
from ..normalizers.apart import (
    at_label,
    label_apart,
    mask_of,
    nan_unless_valid,
    pulled_back,
)
from .digamma import digamma_gap, trigamma, trigamma_gap
from .evidential import Evidence, checked_evidence
from .logit_gradients import ValueAndGradient, unless_nan


def evidential_log(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    evidence: Evidence = "relu",
) -> ValueAndGradient:
    """`log(S / a_y)` with `a = 1 + e(z)` and `S = sum_k a_k`."""
    checked_evidence("evidential_log", evidence)
    lowest = float(jnp.finfo(logits.dtype).min)  # type: ignore[no-untyped-call]
    # A masked class has no evidence, but counts.
    z = jnp.maximum(logits, lowest)
    top = classes.maximum(z)
    weights = evidential_weights.evidential(z, classes, evidence=evidence)
    apart = label_apart(weights, z, label, classes)
    value = -apart.chance.log_p + jnp.where(top > lowest, 0, jnp.nan)
    return value, unless_nan(value, pulled_back(apart, weights, z)(1.0, 0.0))


def evidential_digamma(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    evidence: Evidence = "relu",
) -> ValueAndGradient:
    """`digamma(S) - digamma(a_y)` with `a = 1 + e(z)` and `S = sum_k a_k`."""
    checked_evidence("evidential_digamma", evidence)
    top = classes.maximum(logits)
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    of_label = nan_unless_valid(
        label, classes, of_label + jnp.where(top - top == 0, 0, jnp.nan)
    )
    a, slope_of_label = _with_evidence(of_label, evidence)
    of_all, slopes = _with_evidence(logits, evidence)
    others = classes.sum(jnp.where(is_label, 0, of_all))
    pull = -trigamma_gap(a, others) * slope_of_label
    moved = jnp.where(is_label, pull, trigamma(a + others) * slopes)
    value = digamma_gap(a, others)
    return value, unless_nan(value, moved)


def _with_evidence(z: Array, evidence: Evidence) -> tuple[Array, Array]:
    """`1 + e(z)`, and its derivative."""
    if evidence == "softplus":
        return 1 + softplus(z), logistic(z)
    return 1 + jnp.where(z <= 0, 0, z), (z > 0).astype(z.dtype)
