"""Losses for classes in an order, such as grades: a near miss counts less than a far one."""

from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest
from ..base.formula import on_probs
from ..base.messages import quoted
from ..base.types import Scalar, Vector
from ..normalizers.probs import Probs


@on_probs
def ranked_probability_score(
    probs: Probs, target: Vector, *, convention: Literal["sum", "mean"] = "sum"
) -> Scalar:
    """`sum_k (P_k - T_k)^2` of the cumulative sums of p and t: the squared earth mover's distance
    between neighbouring classes one step apart.

    It is a strictly proper score, and the order of the classes matters to it.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + ranked_probability_score")
    >>> logits = jnp.array([0.0, 0.0, 50.0])
    >>> round(float(loss(logits, jnp.array([0.0, 1.0, 0.0]))), 3)
    1.0
    >>> round(float(loss(logits, jnp.array([1.0, 0.0, 0.0]))), 3)
    2.0

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        convention: "sum" of the squares, or their "mean" over the n - 1 gaps between classes.

    Returns:
        Loss, between 0 and n - 1, or between 0 and 1.

    Raises:
        ValueError: If the convention is neither of the two.

    Source: Epstein 1969; Hou, Yu and Samaras, arXiv 1611.05916.
    """
    scale = scale_of_score(convention, target.size)
    return scale * _squares(probs.p, probs.complement, target)


def scale_of_score(convention: str, num_classes: int) -> float:
    """The factor that a convention stands for.

    Raises:
        ValueError: If it is neither "sum" nor "mean".
    """
    scales = {"sum": 1.0, "mean": 1 / max(num_classes - 1, 1)}
    # An array would be compared entry by entry.
    if not isinstance(convention, str) or convention not in scales:
        raise ValueError(
            "`ranked_probability_score(convention=...)` must be 'sum' or 'mean', "
            f"got {quoted(convention)}."
        )
    return scales[convention]


# The automatic derivative would reach p through the mass that no class has too, with a constant
# that cancels.
@jax.custom_jvp
def _squares(p: Vector, complement: Vector, target: Vector) -> Array:
    return jnp.sum(_gaps(p, complement, target) ** 2)


@_squares.defjvp
def _squares_jvp(
    primals: tuple[Vector, ...], tangents: tuple[Vector, ...]
) -> tuple[Array, Array]:
    """`2 sum_k (P_k - T_k) (dP_k - dT_k)`."""
    p, complement, target = primals
    dp, _, d_target = tangents
    moved = jnp.cumsum(dp) - jnp.cumsum(d_target)
    return _squares(*primals), 2 * jnp.sum(_gaps(p, complement, target) * moved)


@jax.custom_jvp
def _gaps(p: Vector, complement: Vector, target: Vector) -> Vector:
    """`P_k - T_k`, in which nothing cancels for a one-hot target."""
    is_largest = first_largest(p)
    # What a normalizer with a sink leaves to no class; else rounding of the size of the rivals.
    of_rivals = jnp.sum(jnp.where(is_largest, 0, p))
    left_over = jnp.sum(jnp.where(is_largest, complement, 0)) - of_rivals
    above = _after(p) + left_over
    return jnp.cumsum(p) * _after(target) - above * jnp.cumsum(target)


@_gaps.defjvp
def _gaps_jvp(
    primals: tuple[Vector, ...], tangents: tuple[Vector, ...]
) -> tuple[Vector, Vector]:
    dp, _, d_target = tangents
    return _gaps(*primals), jnp.cumsum(dp) - jnp.cumsum(d_target)


def _after(x: Vector) -> Vector:
    """`sum_{j > k} x_j` for every class k."""
    sums = jnp.cumsum(x[::-1])[::-1]
    return jnp.concatenate([sums[1:], jnp.zeros_like(x[:1])])
