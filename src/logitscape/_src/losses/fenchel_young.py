"""Fenchel-Young losses of the sparse normalizers: `Omega*(z) + Omega(t) - <z, t>`.

Their gradient in z is `p(z) - t`. Omega* is computed by way of p, so that no terms cancel near a
right answer: the loss is a score of p, plus what classes of the target lack to enter the support.

Source: Blondel, Martins and Niculae, Learning with Fenchel-Young losses, arXiv 1901.02324.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_logits
from ..base.parameters import is_known_to_be, parameter
from ..base.special import box_cox, dot, is_symbolic_zero
from ..base.top import nan_unless_top_is_finite, scaled_below_top
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.entmax import entmax
from ..normalizers.probs import Probs
from .distribution import residual
from .negative_entropy import (
    negative_entropy,
    negative_entropy_slope,
    slope_in_target,
)
from .sparse_losses import loss_of_sparsemax, loss_of_squares
from .tsallis import tsallis


@on_logits
def sparsemax_loss(logits: Vector, target: Vector) -> Scalar:
    """The Fenchel-Young loss of sparsemax, `Omega(p) = (sum_k p_k^2 - 1) / 2`; gradient
    `sparsemax(z) - t`.

    Exactly 0 once the label leads by 1, and linear far on the wrong side.

    >>> import jax, jax.numpy as jnp, numpy as np, logitscape as ls
    >>> gradient = jax.grad(ls.objective("sparsemax_loss"))
    >>> logits, target = jnp.array([0.0, 3.0, 0.0]), jnp.array([1.0, 0.0, 0.0])
    >>> print(np.asarray(gradient(logits, target)).round(3))
    [-1.  1.  0.]

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, from 0 up.

    Source: Martins and Astudillo, arXiv 1602.02068, equation 13.
    """
    return loss_of_sparsemax(logits, target)


@on_logits
def sparsegen_loss(
    logits: Vector, target: Vector, *, sparsity: Parameter = 0.5
) -> Scalar:
    """The Fenchel-Young loss of sparsegen, `Omega(p) = (1 - l) (sum_k p_k^2 - 1) / 2`; gradient
    `sparsegen(z) - t`.

    It is `(1 - l)` times `sparsemax_loss` of `z / (1 - l)`: exactly 0 once the label leads by
    1 - l, and linear far on the wrong side.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("sparsegen_loss(sparsity=0.5)")
    >>> float(loss(jnp.array([0.25, 0.0]), jnp.array([1.0, 0.0])))
    0.03125

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        sparsity: Lambda, written l in the formulas, at most 0.999.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If the sparsity is out of range or not finite (NaN if it is traced).

    Source: The regulariser of Laha et al., arXiv 1810.11975, section 3.1, in the construction of
    Blondel, Martins and Niculae, arXiv 1901.02324.
    """
    lowest = -jnp.inf
    weight = parameter(
        "sparsegen_loss", "sparsity", sparsity, logits.dtype, low=lowest, high=0.999
    )
    scale = 1 - weight
    # A common offset changes nothing, but would be rounded by the division.
    z = scaled_below_top(nan_unless_top_is_finite(logits), 1 / scale)
    return scale * loss_of_sparsemax(z, target)


@on_logits
def entmax_loss(logits: Vector, target: Vector, *, alpha: Parameter = 1.5) -> Scalar:
    """The Fenchel-Young loss of alpha-entmax, `Omega(p) = (sum_k p_k^a - 1) / (a (a - 1))`;
    gradient `entmax(z) - t`.

    alpha = 1 is softmax with cross-entropy (with KL for soft targets), alpha = 2 is
    `sparsemax_loss`. Below 1 the loss grows linearly all the same, but never ends. At alpha = 0 and
    below it would be infinite for every one-hot target.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("entmax_loss(alpha=1.5)")
    >>> round(float(loss(jnp.array([2.5, 0.0]), jnp.array([1.0, 0.0]))), 3)
    0.0

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        alpha: Alpha, written a in the formulas, greater than 0.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If alpha is not a finite number greater than 0 (NaN if it is traced).

    Source: Peters, Niculae and Martins, arXiv 1905.05702.
    """
    checked = parameter("entmax_loss", "alpha", alpha, logits.dtype, low=0, open=True)
    # The general search would agree with sparsemax only to within rounding.
    if is_known_to_be(2, alpha):
        return loss_of_sparsemax(logits, target)
    if is_known_to_be(1.5, alpha):
        return loss_of_squares(logits, target)
    return _entmax_loss(entmax(logits, alpha=checked), logits, target, checked)


@jax.custom_jvp
def _entmax_loss(probs: Probs, z: Vector, target: Vector, alpha: Array) -> Array:
    """The Tsallis score of p, what classes of the target lack, and `Omega(t)`."""
    beta = alpha - 1
    top = jnp.max(z)
    below_top = top - jnp.where(target > 0, z, top)
    to_threshold = box_cox(jnp.max(probs.log_p), beta) - below_top
    outside = jnp.isneginf(probs.log_p) & (target > 0)
    # At beta = 0, softmax, only masked classes are outside. They lack infinity,
    # whatever the divisor.
    divisor = jnp.where(beta == 0, 1, beta)
    # At the edge of the support, where p = 0, the Box-Cox transform of p is -1 / beta.
    missing = jnp.where(outside, -(to_threshold + 1 / divisor), 0)
    loss = tsallis(probs, target, alpha) + dot(target, missing)
    return loss + negative_entropy(target, alpha)


@partial(_entmax_loss.defjvp, symbolic_zeros=True)
def _entmax_loss_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """`<p - t, dz>`, the tangent in t, and in alpha that of `Omega(t) - Omega(p)` at a fixed p."""
    probs, z, target, alpha = primals
    _, dz, d_target, d_alpha = tangents
    slope = jnp.zeros_like(z[0])
    # By Danskin's theorem the tangent of probs is not needed here either.
    if not is_symbolic_zero(dz):
        slope += jnp.sum(residual(probs, target) * dz)
    if not is_symbolic_zero(d_target):
        slope += slope_in_target(z, target, d_target, alpha)
    if not is_symbolic_zero(d_alpha):
        of_target = negative_entropy_slope(target, alpha, d_alpha)
        of_p = negative_entropy_slope(probs.p, alpha, d_alpha)
        nan_outside = d_alpha * jnp.sum(probs.p - probs.p)  # 0 in the domain
        slope += of_target - of_p + nan_outside
    return _entmax_loss(*primals), slope
