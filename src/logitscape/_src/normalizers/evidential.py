"""Normalizers whose weights grow no faster than the logits: stablemax, and the evidential mean."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import jax.numpy as jnp
from jax import Array

from ..base import exponentials
from ..base.formula import on_logits
from ..base.messages import quoted
from ..base.top import nan_unless_top_is_finite
from ..base.types import Vector
from .probs import Probs
from .quotients import normalize_quotients

Evidence: TypeAlias = Literal["relu", "softplus", "exp"]

EVIDENCES = ("relu", "softplus", "exp")


@on_logits
def stablemax(logits: Vector) -> Probs:
    """`g(z) = 1 + z` for z >= 0 and `1 / (1 - z)` below, divided by its sum.

    -inf is a mask. The result is NaN if all logits are masked or one is +inf. g has one tangent at
    0, where its second derivative jumps from 2 to 0.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.stablemax(jnp.array([-1.0, 0.0, 1.5])).p).round(3))
    [0.125 0.25  0.625]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].

    Source: Prieto et al., Grokking at the Edge of Numerical Stability, ICLR 2025, arXiv 2501.04697.
    """
    logits = nan_unless_top_is_finite(logits)
    top = jnp.max(logits)
    # Where no logit is positive, all weights are multiplied by `1 - top`.
    unit = 1 - jnp.minimum(top, 0)
    quotients = jnp.where(
        logits >= 0,
        (1 + logits) / (1 + jnp.maximum(top, 0)),
        unit / (1 - logits) / (1 + jnp.maximum(top, 0)),
    )
    log_g = log_stable_weight(logits)
    return normalize_quotients(logits, log_g, log_stable_weight(top), quotients)


def log_stable_weight(z: Array) -> Array:
    """`log(1 + z)` for z >= 0 and `-log(1 - z)` below, with the derivative `1 / (1 + |z|)`."""
    is_positive = z >= 0
    above = jnp.log1p(jnp.where(is_positive, z, 0))
    return jnp.where(is_positive, above, -jnp.log1p(jnp.where(is_positive, 0, -z)))


@on_logits
def evidential(logits: Vector, *, evidence: Evidence = "relu") -> Probs:
    """`p_k = (e_k + 1) / (sum_j e_j + n)`: the mean of the Dirichlet distribution with the
    evidence `e = max(z, 0)`, or `log(1 + e^z)`, or `e^z`.

    Without evidence all classes are alike, and p is near 1 only where the evidence for one class is
    large beside n. -inf is a mask, whose class does not count in n. The result is NaN if all logits
    are masked or one is +inf. With "relu" nothing moves logits below 0, and the derivative at the
    kink z_k = 0 is taken as 0.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> logits = jnp.array([-2.0, 0.0, 7.0])
    >>> print(np.asarray(ls.normalizers.evidential(logits).p).round(3))
    [0.1 0.1 0.8]
    >>> print(np.asarray(ls.normalizers.evidential(logits, evidence="exp").p).round(3))
    [0.001 0.002 0.997]

    Args:
        logits: Logits z of one example, [n].
        evidence: How the evidence depends on the logit: "relu", "softplus" or "exp".

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the evidence is none of these.

    Source: Sensoy, Kaplan and Kandemir, Evidential Deep Learning to Quantify Classification
    Uncertainty, NeurIPS 2018, arXiv 1806.01768, section 3.
    """
    checked_evidence(evidence)
    logits = nan_unless_top_is_finite(logits)
    top = jnp.max(logits)
    log_g = log_evidential_weight(logits, evidence)
    log_of_largest = log_evidential_weight(top, evidence)
    if evidence == "exp":
        # Relative to e^top if that is above 1.
        high = jnp.maximum(top, 0)
        unit = jnp.exp(-high)
        quotients = (jnp.exp(logits - high) + unit) / (jnp.exp(top - high) + unit)
    else:
        weight = _WEIGHTS[evidence]
        quotients = weight(logits) / weight(top)
    is_mask = jnp.isneginf(logits)
    return normalize_quotients(
        logits, log_g, log_of_largest, jnp.where(is_mask, 0, quotients)
    )


def checked_evidence(evidence: str) -> str:
    """The name of an evidence, if it is one."""
    # An array would be compared entry by entry.
    if not isinstance(evidence, str) or evidence not in EVIDENCES:
        names = ", ".join(map(repr, EVIDENCES))
        raise ValueError(
            f"`evidential(evidence=...)` must be one of {names}, got {quoted(evidence)}."
        )
    return evidence


def log_evidential_weight(z: Array, evidence: str) -> Array:
    """`log(1 + e)`, -inf for a mask."""
    is_mask = jnp.isneginf(z)
    finite = jnp.where(is_mask, 0, z)
    if evidence == "exp":
        log_weight = exponentials.softplus(finite)
    elif evidence == "softplus":
        log_weight = jnp.log1p(exponentials.softplus(finite))
    else:
        log_weight = jnp.log1p(_relu(finite))
    return jnp.where(is_mask, -jnp.inf, log_weight)


def _relu(z: Array) -> Array:
    # The derivative of `jnp.maximum` at the kink is 1/2.
    return jnp.where(z <= 0, 0, z)


_WEIGHTS: dict[str, Callable[[Array], Array]] = {
    "relu": lambda z: 1 + _relu(z),
    "softplus": lambda z: 1 + exponentials.softplus(z),
}
"""Weights `1 + e` of the evidences that do not overflow."""
