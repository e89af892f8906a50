"""Multi-label losses of the overlap between the classes that are there and those predicted.

They are not sums over the classes: what a class is pulled by depends on all others. With
`p_k = 1 / (1 + e^{-z_k})` there are `tp = sum_k t_k p_k` true positives, `fp = sum_k (1 - t_k) p_k`
false ones, and `fn = sum_k t_k (1 - p_k)` that are missed. The loss is written as errors over
errors plus hits, in which nothing cancels.

A smoothing of 0 is the formula itself. An example without any class then has a loss of 1 whatever
its logits, and no gradient; code for segmentation therefore often adds a smoothing of 1.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import logistic
from ..base.formula import on_labels
from ..base.parameters import parameter
from ..base.types import Parameter, Scalar, Vector


@on_labels
def soft_f1(logits: Vector, target: Vector, *, smoothing: Parameter = 0.0) -> Scalar:
    """`1 - (2 tp + s) / (2 tp + fp + fn + s)` with the soft counts of `p_k = 1 / (1 + e^{-z_k})`:
    one minus the F1 score of one example.

    With smoothing s = 1 it is the dice loss of most code for segmentation.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("soft_f1")
    >>> round(float(loss(jnp.array([0.0, 0.0, -9.0]), jnp.array([1.0, 0.0, 0.0]))), 3)
    0.5

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].
        smoothing: Smoothing s, at least 0.

    Returns:
        Loss, from 0 to 1.

    Raises:
        ValueError: If the smoothing is negative or not finite (NaN if it is traced).

    Source: Dice 1945; Sudre et al., arXiv 1707.03237, for one class.
    """
    s = parameter("soft_f1", "smoothing", smoothing, logits.dtype, low=0)
    counts = _counts(logits, target)
    errors = counts.false_positives + counts.missed
    return _share(errors, 2 * counts.hits + s)


@on_labels
def dice(logits: Vector, target: Vector, *, smoothing: Parameter = 0.0) -> Scalar:
    """`1 - (2 sum_k p_k t_k + s) / (sum_k p_k^2 + sum_k t_k^2 + s)` with
    `p_k = 1 / (1 + e^{-z_k})`: the dice loss of V-Net, with squares.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("dice")
    >>> round(float(loss(jnp.array([0.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    0.333

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].
        smoothing: Smoothing s, at least 0.

    Returns:
        Loss, from 0 to 1.

    Raises:
        ValueError: If the smoothing is negative or not finite (NaN if it is traced).

    Source: Milletari et al., V-Net, arXiv 1606.04797, section 3.
    """
    s = parameter("dice", "smoothing", smoothing, logits.dtype, low=0)
    p = logistic(logits)
    residual = (1 - target) * p - target * logistic(-logits)
    return _share(jnp.sum(residual**2), 2 * jnp.sum(target * p) + s)


@on_labels
def tversky(
    logits: Vector,
    target: Vector,
    *,
    alpha: Parameter = 0.3,
    beta: Parameter = 0.7,
    smoothing: Parameter = 0.0,
) -> Scalar:
    """`1 - (tp + s) / (tp + a fp + b fn + s)` with the soft counts of `p_k = 1 / (1 + e^{-z_k})`:
    false positives and misses weighed apart.

    a = b = 1/2 is `soft_f1`, a = b = 1 the Jaccard loss, one minus intersection over union.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("tversky(alpha=1, beta=1)")
    >>> round(float(loss(jnp.array([0.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    0.667

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].
        alpha: Weight a of false positives, at least 0.
        beta: Weight b of classes that are missed, at least 0.
        smoothing: Smoothing s, at least 0.

    Returns:
        Loss, from 0 to 1.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Salehi et al., Tversky loss function, arXiv 1706.05721.
    """
    dtype = logits.dtype
    a = parameter("tversky", "alpha", alpha, dtype, low=0)
    b = parameter("tversky", "beta", beta, dtype, low=0)
    s = parameter("tversky", "smoothing", smoothing, dtype, low=0)
    counts = _counts(logits, target)
    errors = a * counts.false_positives + b * counts.missed
    return _share(errors, counts.hits + s)


class _Counts(NamedTuple):
    hits: Array
    false_positives: Array
    missed: Array


def _counts(logits: Vector, target: Vector) -> _Counts:
    p = logistic(logits)
    return _Counts(
        hits=jnp.sum(target * p),
        false_positives=jnp.sum((1 - target) * p),
        missed=jnp.sum(target * logistic(-logits)),
    )


# In the automatic derivative `errors / total^2` would be subtracted from `1 / total`.
@jax.custom_jvp
def _share(errors: Array, hits: Array) -> Array:
    """`errors / (errors + hits)`, and 1 if both are 0: there is nothing to hit."""
    return jnp.where(errors + hits == 0, 1, errors / _total(errors, hits))


@_share.defjvp
def _share_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    errors, hits = primals
    d_errors, d_hits = tangents
    total = _total(errors, hits)
    slope = (hits / total * d_errors - errors / total * d_hits) / total
    return _share(errors, hits), slope


def _total(errors: Array, hits: Array) -> Array:
    total = errors + hits
    return jnp.where(total == 0, 1, total)
