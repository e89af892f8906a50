"""Cross-entropy with a target that has a part of the prediction in it, or a bonus for entropy.

At p = 0 of the label the value is infinite.
"""

import jax.numpy as jnp

from ..base.argmax import maximum
from ..base.formula import on_probs
from ..base.parameters import parameter
from ..base.special import dot
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.probs import Probs
from .distribution import divergence


@on_probs
def confidence_penalty(
    probs: Probs, target: Vector, *, beta: Parameter = 0.1
) -> Scalar:
    """`-sum_k t_k log p_k + beta sum_k p_k log p_k`: cross-entropy less beta
    times the entropy of p.

    Its least value is below 0, at finite logits for beta > 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + confidence_penalty(beta=0.5)")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    0.693

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        beta: Weight of the entropy, at least 0.

    Returns:
        Loss in nats, at least -beta log n.

    Raises:
        ValueError: If beta is negative or not finite (NaN if it is traced).

    Source: Pereyra et al., arXiv 1701.06548, section 3.2.
    """
    weight = parameter("confidence_penalty", "beta", beta, target.dtype, low=0)
    return dot(target, -probs.log_p) + weight * _negative_entropy(probs)


@on_probs
def soft_bootstrapping(
    probs: Probs, target: Vector, *, beta: Parameter = 0.95
) -> Scalar:
    """`-sum_k (beta t_k + (1 - beta) p_k) log p_k`: cross-entropy to a target that is in part the
    prediction itself.

    The part of the prediction is differentiated too, so that the loss is beta times cross-entropy
    plus 1 - beta times the entropy of p.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + soft_bootstrapping(beta=0.5)")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    1.386

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        beta: Share of the given target, between 0 and 1.

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If beta is not between 0 and 1 (NaN if it is traced).

    Source: Reed et al., arXiv 1412.6596 (soft bootstrapping).
    """
    share = parameter("soft_bootstrapping", "beta", beta, target.dtype, low=0, high=1)
    of_target = dot(share * target, -probs.log_p)
    return of_target - (1 - share) * _negative_entropy(probs)


@on_probs
def hard_bootstrapping(
    probs: Probs, target: Vector, *, beta: Parameter = 0.8
) -> Scalar:
    """`-beta sum_k t_k log p_k - (1 - beta) log max_k p_k`: cross-entropy to a target that is in
    part the predicted class.

    Classes that tie for the largest p share its derivative equally.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + hard_bootstrapping")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    1.386

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        beta: Share of the given target, between 0 and 1.

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If beta is not between 0 and 1 (NaN if it is traced).

    Source: Reed et al., arXiv 1412.6596 (hard bootstrapping).
    """
    share = parameter("hard_bootstrapping", "beta", beta, target.dtype, low=0, high=1)
    of_target = dot(share * target, -probs.log_p)
    return of_target - (1 - share) * maximum(probs.log_p)


def _negative_entropy(probs: Probs) -> Scalar:
    """`sum_k p_k log p_k`."""
    return divergence(probs.p, probs.log_p, jnp.zeros_like(probs.p))
