"""Losses of all logits at once: one binary question for each class, and penalized logits."""

import jax
import jax.numpy as jnp

from ..base.exponentials import softplus
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.special import nan_unless
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.exponential import softmax
from .logarithmic import cross_entropy


@on_logits
def one_vs_rest(logits: Vector, target: Vector) -> Scalar:
    """`sum_k t_k softplus(-z_k) + (1 - t_k) softplus(z_k)`: binary cross-entropy with a sigmoid
    for every class.

    The result is NaN if a logit is +inf.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("one_vs_rest")
    >>> round(float(loss(jnp.zeros(3), jnp.array([1.0, 0.0, 0.0]))), 3)
    2.079

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss in nats, from 0 up.
    """
    z = nan_unless(jnp.max(logits) < jnp.inf, logits)
    # A term of weight 0 gets the argument 0, as 0 times an infinite softplus would be NaN.
    yes = softplus(jnp.where(target == 0, 0, -z))
    no = softplus(jnp.where(target == 1, 0, z))
    return jnp.sum(target * yes + (1 - target) * no)


@on_logits
def squared_logits(
    logits: Vector,
    labels: Vector,
    /,
    *,
    scale: Parameter = 1.0,
    target: Parameter = 1.0,
) -> Scalar:
    """`sum_k w_k (z_k - M t_k)^2` with `w_k = 1 + (scale - 1) t_k`: the squared error of the
    logits, no probabilities.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("squared_logits(target=3)")
    >>> round(float(loss(jnp.array([3.0, 0.0, 1.0]), jnp.array([1.0, 0.0, 0.0]))), 3)
    1.0

    Args:
        logits: Logits z of one example, [n].
        labels: Distribution t over the classes, [n].
        scale: Weight of the label's class, at least 0.
        target: Value M to which the label's logit is drawn, any finite number.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Hui and Belkin, arXiv 2006.07322, section 4 (there divided by n).
    """
    weight = parameter("squared_logits", "scale", scale, logits.dtype, low=0)
    value = parameter("squared_logits", "target", target, logits.dtype, low=-jnp.inf)
    weights = 1 + (weight - 1) * labels
    errors = logits - value * labels
    return jnp.sum(weights * errors**2)


@on_logits
def z_loss(logits: Vector, target: Vector, *, weight: Parameter = 1e-4) -> Scalar:
    """Cross-entropy of the softmax, plus `weight * logsumexp(z)^2`, which keeps the
    log-normaliser near 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("z_loss(weight=0.01)")
    >>> round(float(loss(jnp.array([10.0, 0.0]), jnp.array([1.0, 0.0]))), 2)
    1.0

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        weight: Weight of the squared log-normalizer, at least 0.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If the weight is negative or not finite (NaN if it is traced).

    Source: Chowdhery et al., PaLM, arXiv 2204.02311, section 5.
    """
    scale = parameter("z_loss", "weight", weight, logits.dtype, low=0)
    loss = cross_entropy(softmax(logits), target)
    return loss + scale * _log_normalizer(logits) ** 2


# The derivative is p. Through the two maxima that of the largest class would be
# `1 - (1 - p)`, which cancels for small p.
@jax.custom_jvp
def _log_normalizer(logits: Vector) -> Scalar:
    """`log sum_k e^{z_k}`, accurate also where it is near 0 because the largest logit is."""
    return jnp.max(logits) - jnp.max(softmax(logits).log_p)


@_log_normalizer.defjvp
def _log_normalizer_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[Scalar, Scalar]:
    (logits,) = primals
    (d_logits,) = tangents
    return _log_normalizer(logits), jnp.sum(softmax(logits).p * d_logits)
