"""Losses of a Dirichlet distribution over the probabilities, whose parameters the logits give.

`a_k = 1 + e(z_k)` with the evidence e of a class, which is not negative. The prediction is the
mean `a_k / sum_j a_j`; each loss is an expectation over the distribution, or its likelihood.
"""

from typing import Literal, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import softplus
from ..base.formula import on_logits
from ..base.messages import quoted
from ..base.special import dot, nan_unless
from ..base.types import Scalar, Vector
from ..normalizers import rational
from .digamma import digamma_difference
from .distribution import brier
from .logarithmic import cross_entropy

Evidence: TypeAlias = Literal["relu", "softplus"]


@on_logits
def evidential_log(
    logits: Vector, target: Vector, *, evidence: Evidence = "relu"
) -> Scalar:
    """`sum_k t_k log(S / a_k)` with `a = 1 + e(z)` and `S = sum_k a_k`: cross-entropy of the mean.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("evidential_log")
    >>> round(float(loss(jnp.array([3.0, -1.0]), jnp.array([1.0, 0.0]))), 3)
    0.223

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        evidence: "relu", whose derivative is 0 for z <= 0, or "softplus".

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If the evidence is neither of the two.

    Source: Sensoy, Kaplan and Kandemir, arXiv 1806.01768, equation 3.
    """
    a = _parameters("evidential_log", logits, target, evidence)
    return cross_entropy(rational.sum(a), target)


@on_logits
def evidential_digamma(
    logits: Vector, target: Vector, *, evidence: Evidence = "relu"
) -> Scalar:
    """`sum_k t_k (digamma(S) - digamma(a_k))` with `a = 1 + e(z)` and `S = sum_k a_k`: expected
    cross-entropy.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("evidential_digamma")
    >>> round(float(loss(jnp.array([1.0, -1.0]), jnp.array([1.0, 0.0]))), 3)
    0.5

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        evidence: "relu", whose derivative is 0 for z <= 0, or "softplus".

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If the evidence is neither of the two.

    Source: Sensoy, Kaplan and Kandemir, arXiv 1806.01768, equation 4.
    """
    a = _parameters("evidential_digamma", logits, target, evidence)
    return dot(target, digamma_difference(a))


@on_logits
def evidential_mse(
    logits: Vector, target: Vector, *, evidence: Evidence = "relu"
) -> Scalar:
    """`sum_k (t_k - p_k)^2 + p_k (1 - p_k) / (S + 1)` with `a = 1 + e(z)`, `S = sum_k a_k` and
    `p = a / S`: the expected squared error.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("evidential_mse")
    >>> round(float(loss(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    0.667

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        evidence: "relu", whose derivative is 0 for z <= 0, or "softplus".

    Returns:
        Loss, between 0 and 2.

    Raises:
        ValueError: If the evidence is neither of the two.

    Source: Sensoy, Kaplan and Kandemir, arXiv 1806.01768, equation 5.
    """
    a = _parameters("evidential_mse", logits, target, evidence)
    probs = rational.sum(a)
    variances = jnp.sum(probs.p * probs.complement)
    return brier(probs, target) + variances / (jnp.sum(a) + 1)


def _parameters(
    function_name: str, logits: Vector, target: Vector, evidence: str
) -> Array:
    """`1 + e(z)`, and NaN in all derivatives if the target is none."""
    checked_evidence(function_name, evidence)
    is_known = jnp.isfinite(jnp.max(logits)) & ~jnp.isnan(jnp.sum(target))
    z = nan_unless(is_known, logits)
    return 1 + (jax.nn.relu(z) if evidence == "relu" else softplus(z))


def checked_evidence(function_name: str, evidence: str) -> None:
    """Raise a ValueError unless the evidence is one of the two."""
    # An array would be compared entry by entry.
    if not isinstance(evidence, str) or evidence not in ("relu", "softplus"):
        raise ValueError(
            f"`{function_name}(evidence=...)` must be 'relu' or 'softplus', "
            f"got {quoted(evidence)}."
        )
