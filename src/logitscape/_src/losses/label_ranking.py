"""Multi-label losses that want every class that is there above every class that is not.

A target between 0 and 1 weighs the class in both groups, with t and with 1 - t.
"""

import jax
import jax.numpy as jnp

from ..base.exponentials import softplus
from ..base.formula import on_labels
from ..base.types import Scalar, Vector
from .log_sums import log_sum


@on_labels
def zlpr(logits: Vector, target: Vector) -> Scalar:
    """`log(1 + sum_k (1 - t_k) e^{z_k}) + log(1 + sum_k t_k e^{-z_k})`: what is there belongs
    above 0, all other classes below.

    For n = 1 it is `sigmoid_cross_entropy`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("zlpr")
    >>> round(float(loss(jnp.zeros(3), jnp.array([1.0, 0.0, 0.0]))), 3)
    1.792

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].

    Returns:
        Loss, from 0 up.

    Source: Su et al., ZLPR: A Novel Loss for Multi-label Classification, arXiv 2208.02955.
    """
    return log_sum(logits, 1 - target, 1) + log_sum(-logits, target, 1)


@on_labels
def lsep(logits: Vector, target: Vector) -> Scalar:
    """`log(1 + sum_{j, k} (1 - t_j) t_k e^{z_j - z_k})`: what is there belongs
    above all other classes.

    Blind to a shift of all logits, so that a threshold has to be learned apart. It is 0, with
    gradient 0, if all classes or none are there; always so for n = 1.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("lsep")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 1.0, 0.0, 0.0]))), 3)
    1.609

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].

    Returns:
        Loss, from 0 up.

    Source: Li, Song and Luo, Improving Pairwise Ranking for Multi-label Image Classification,
    arXiv 1704.03135 (log-sum-exp pairwise loss).
    """
    # A common offset of the logits would be added and taken away again.
    centred = logits - jax.lax.stop_gradient(_largest_finite(logits))
    others, there = log_sum(centred, 1 - target), log_sum(-centred, target)
    # Without a pair there is nothing to rank, even if the other group is at infinity.
    has_pair = ~(jnp.isneginf(others) | jnp.isneginf(there))
    return softplus(jnp.where(has_pair, others + there, -jnp.inf))


def _largest_finite(logits: Vector) -> Scalar:
    largest = jnp.max(jnp.where(jnp.isinf(logits), -jnp.inf, logits))
    return jnp.where(jnp.isneginf(largest), 0, largest)
