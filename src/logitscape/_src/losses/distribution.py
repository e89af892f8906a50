"""Losses of the whole probability vector: squared error, cosine, divergences."""

from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest
from ..base.formula import on_probs
from ..base.messages import quoted
from ..base.parameters import parameter
from ..base.special import dot
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.probs import Probs

SQUARES_UNDERFLOW = -40.0
"""Log p of the largest class below which squares of probabilities may underflow in float32."""


@on_probs
def brier(
    probs: Probs, target: Vector, *, convention: Literal["sum", "half", "mean"] = "sum"
) -> Scalar:
    """`sum_k (p_k - t_k)^2`, between 0 and 2: the squared error.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> target = jnp.array([1.0, 0, 0, 0])
    >>> round(float(ls.objective("softmax + brier")(jnp.zeros(4), target)), 3)
    0.75
    >>> round(float(ls.objective("softmax + brier(convention='mean')")(jnp.zeros(4), target)), 4)
    0.1875

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        convention: "sum" of the squares, "half" of it (optax.l2_loss), or "mean" over the classes
            (PyTorch's MSELoss).

    Returns:
        Loss, between 0 and 2, 1 or 2/n.

    Raises:
        ValueError: If the convention is none of the three.

    Source: Brier 1950.
    """
    scale = scale_of_brier(convention, target.size)
    return scale * jnp.sum(residual(probs, target) ** 2)


def scale_of_brier(convention: str, num_classes: int) -> float:
    """Factor of the sum of squares that a convention stands for."""
    scales = {"sum": 1.0, "half": 0.5, "mean": 1 / num_classes}
    # An array would be compared entry by entry.
    if not isinstance(convention, str) or convention not in scales:
        names = ", ".join(map(repr, scales))
        raise ValueError(
            f"`brier(convention=...)` must be one of {names}, got {quoted(convention)}."
        )
    return scales[convention]


@on_probs
def spherical_score(probs: Probs, target: Vector) -> Scalar:
    """`1 - <p, t> / norm_2(p)`, between 0 and 1.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + spherical_score")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    0.5

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, between 0 and 1.

    Source: Gneiting and Raftery, Strictly proper scoring rules, 2007, section 4.
    """
    # The score does not depend on the scale of p. `softmax_one` may make all p so small that
    # their squares, or they themselves, underflow; then they are computed anew from log p.
    scale = jax.lax.stop_gradient(jnp.max(probs.p))
    top = jax.lax.stop_gradient(jnp.max(probs.log_p))
    is_tiny = top < SQUARES_UNDERFLOW
    from_log = jnp.exp(jnp.where(is_tiny, probs.log_p - top, 0))
    # Where all p underflow, the scale is 0.
    from_p = probs.p / jnp.where(is_tiny, 1, scale)
    return one_minus_cosine(jnp.where(is_tiny, from_log, from_p), target)


@on_probs
def kl(probs: Probs, target: Vector) -> Scalar:
    """`sum_k t_k log(t_k / p_k)`, the divergence of the target from the prediction; from 0 up.

    It is cross-entropy less the entropy of the target, and infinite if a class of the target has
    p = 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + kl")
    >>> round(float(loss(jnp.zeros(2), jnp.array([0.5, 0.5]))), 3)
    0.0

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss in nats, at least 0.

    Source: Kullback and Leibler 1951.
    """
    # `t log t` is 0 at t = 0, where the logarithm alone is infinite.
    log_t = jnp.log(jnp.where(target > 0, target, 1))
    # Class by class: the sums, cross-entropy less entropy, would cancel near p = t.
    return dot(target, log_t - probs.log_p)


@on_probs
def reverse_kl(probs: Probs, target: Vector, *, smoothing: Parameter = 0.1) -> Scalar:
    """`sum_k p_k log(p_k / t'_k)` with the smoothed target `t' = (1 - a) t + a / n`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + reverse_kl(smoothing=1)")
    >>> round(float(loss(jnp.array([0.0, 50.0]), jnp.array([1.0, 0.0]))), 3)
    0.693

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        smoothing: Share a of the uniform distribution in the target, greater than 0, at most 1.

    Returns:
        Loss in nats, at least 0 for probabilities that sum to 1.

    Raises:
        ValueError: If the smoothing is out of its range (NaN if it is traced).
    """
    amount = parameter(
        "reverse_kl", "smoothing", smoothing, target.dtype, low=0, high=1, open=True
    )
    return divergence(probs.p, probs.log_p, jnp.log(_smoothed(target, amount)))


@on_probs
def label_smoothing(
    probs: Probs, target: Vector, *, smoothing: Parameter = 0.1
) -> Scalar:
    """Cross-entropy to the smoothed target `(1 - a) t + a / n`.

    Its least value is the entropy of the smoothed target, and lies at finite logits for a > 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + label_smoothing(smoothing=0.1)")
    >>> round(float(loss(jnp.array([50.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    2.5

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        smoothing: Share a of the uniform distribution in the target, between 0 and 1.

    Returns:
        Loss in nats, at least 0.

    Raises:
        ValueError: If the smoothing is not between 0 and 1 (NaN if it is traced).

    Source: Szegedy et al., arXiv 1512.00567, section 7.
    """
    amount = parameter(
        "label_smoothing", "smoothing", smoothing, target.dtype, low=0, high=1
    )
    return dot(_smoothed(target, amount), -probs.log_p)


def residual(probs: Probs, target: Vector) -> Vector:
    """`p - t`, without cancellation for a one-hot target, whether p is near 0 or near 1."""
    return less_target(probs.p, probs.complement, target)


def less_target(p: Vector, complement: Vector, target: Vector) -> Vector:
    """`p - t`, from p and an accurate `1 - p`."""
    return (1 - target) * p - target * complement


def _smoothed(target: Vector, amount: Array) -> Vector:
    return (1 - amount) * target + amount / target.size


@jax.custom_jvp
def divergence(p: Vector, log_p: Vector, log_q: Vector) -> Array:
    """`sum_k p_k log(p_k / q_k)`, in which p_k = 0 counts as 0."""
    terms = p * _log_ratio(log_p, log_q)
    return jnp.sum(jnp.where(jnp.isneginf(log_p), 0, terms))


@divergence.defjvp
def _divergence_jvp(
    primals: tuple[Vector, ...], tangents: tuple[Vector, ...]
) -> tuple[Array, Array]:
    """`sum_k (log(p_k / q_k) + 1) dp_k - p_k d log q_k`."""
    p, log_p, log_q = primals
    # dp is used alone: it outlives the underflow of the product `p_k d log p_k`.
    dp, _, d_log_q = tangents
    slope = jnp.where(jnp.isneginf(log_p), 0, _log_ratio(log_p, log_q) + 1)
    return divergence(*primals), jnp.sum(slope * dp - p * d_log_q)


def _log_ratio(log_p: Vector, log_q: Vector) -> Vector:
    return jnp.where(jnp.isneginf(log_p), 0, log_p) - log_q


# Where the label's p is near 0, the automatic derivative in the other classes is a
# difference of two nearly equal terms.
@jax.custom_jvp
def one_minus_cosine(p: Vector, target: Vector) -> Array:
    """`1 - <p, t> / |p|`, written as `(|p|^2 - <p, t>^2) / (|p| (|p| + <p, t>))`.

    Args:
        p: Probabilities or weights of the classes on a scale on which the largest is about 1, [n].
        target: Distribution t over the classes, [n].
    """
    inner = jnp.sum(p * target)
    norm = jnp.sqrt(jnp.sum(p * p))
    # The numerator as a sum over the classes that are not the label: for a one-hot target nothing
    # cancels in it.
    off_label = jnp.sum((1 - target) * (1 + target) * p * p)
    mixed = jnp.sum(target * p * (inner - target * p))
    return (off_label - mixed) / (norm * (norm + inner))


@one_minus_cosine.defjvp
def _one_minus_cosine_jvp(
    primals: tuple[Vector, Vector], tangents: tuple[Vector, Vector]
) -> tuple[Array, Array]:
    """`d/dp_k = (p_k sum_{j != k} t_j p_j - t_k sum_{j != k} p_j^2) / |p|^3`."""
    p, target = primals
    dp, d_target = tangents
    norm = jnp.sqrt(jnp.sum(p * p))
    numerator = p * sum_of_others(target * p) - target * sum_of_others(p * p)
    # The largest p is about 1 here, so that no cube underflows.
    slope = numerator / norm**3
    tangent = jnp.sum(slope * dp) - jnp.sum(p * d_target) / norm
    return one_minus_cosine(p, target), tangent


def sum_of_others(x: Vector) -> Vector:
    """`sum_{j != k} x_j` for every class k, x >= 0."""
    # The difference `sum(x) - x_k` cancels for the largest x only.
    is_largest = first_largest(x)
    of_others = jnp.sum(jnp.where(is_largest, 0, x))
    return jnp.where(is_largest, of_others, jnp.sum(x) - x)
