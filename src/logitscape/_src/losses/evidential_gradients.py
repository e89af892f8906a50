"""Losses of a Dirichlet distribution, stated for a label as those of logit_gradients.py are."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.exponentials import logistic, softplus
from ..base.types import Mask, Vector
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
    of = _apart(logits, label, classes, evidence)
    a, others = of.label, classes.sum(of.rivals)
    pull = -trigamma_gap(a, others) * of.slope_of_label
    moved = jnp.where(of.is_label, pull, trigamma(a + others) * of.slopes)
    value = digamma_gap(a, others)
    return value, unless_nan(value, moved)


def evidential_mse(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    evidence: Evidence = "relu",
) -> ValueAndGradient:
    """`sum_k (t_k - p_k)^2 + p_k (1 - p_k) / (S + 1)` with `a = 1 + e(z)`, `S = sum_k a_k` and
    `p = a / S`.
    """
    checked_evidence("evidential_mse", evidence)
    of = _apart(logits, label, classes, evidence)
    a, others = of.label, classes.sum(of.rivals)
    total = a + others
    p, missing, each = a / total, others / total, of.rivals / total
    # One rival may have nearly all of p: what it lacks to 1 is the sum of all the others.
    is_most = each > 0.5
    small = jnp.where(is_most, 0, each)
    rest, squares, spread = classes.sums(small, small * small, small * (1 - small))
    rest = rest + p
    there_is_most = rest < 0.75  # about 1 if there is none
    lacking = jnp.where(there_is_most, rest, 1)
    most = 1 - lacking
    spread = p * missing + spread + most * lacking
    all_squares = squares + most * most
    of_variance = spread / (total + 1)
    # Relative to the mean, `sum_k p_k^2`.
    above = jnp.where(
        is_most & there_is_most,
        most * lacking - (p * p + squares),
        each - (p * p + all_squares),
    )
    moved = 2 * above / (total + 1) + 2 * p / total - of_variance / (total + 1)
    pull = 2 * missing * missing / total + 2 * all_squares / (total + 1)
    pull = pull + (2 * p * missing / total + of_variance) / (total + 1)
    value = missing * missing + all_squares + of_variance
    gradient = jnp.where(of.is_label, -pull * of.slope_of_label, moved * of.slopes)
    return value, unless_nan(value, gradient)


class _Apart(NamedTuple):
    """The parameters a of the Dirichlet distribution, that of the label apart from the others.

    Attributes:
        label: That of the label; NaN outside of the domain.
        slope_of_label: Its derivative in the label's logit.
        rivals: Those of the other classes, 0 at the label, [n].
        slopes: Derivatives of all in their logits, [n].
        is_label: Mask of the label, [n].
    """

    label: Array
    slope_of_label: Array
    rivals: Vector
    slopes: Vector
    is_label: Mask


def _apart(
    logits: Vector, label: Array, classes: Classes, evidence: Evidence
) -> _Apart:
    top = classes.maximum(logits)
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    of_label = nan_unless_valid(
        label, classes, of_label + jnp.where(top - top == 0, 0, jnp.nan)
    )
    a, slope_of_label = _with_evidence(of_label, evidence)
    of_all, slopes = _with_evidence(logits, evidence)
    rivals = jnp.where(is_label, 0, of_all)
    return _Apart(a, slope_of_label, rivals, slopes, is_label)


def _with_evidence(z: Array, evidence: Evidence) -> tuple[Array, Array]:
    """`1 + e(z)`, and its derivative."""
    if evidence == "softplus":
        return 1 + softplus(z), logistic(z)
    return 1 + jnp.where(z <= 0, 0, z), (z > 0).astype(z.dtype)
