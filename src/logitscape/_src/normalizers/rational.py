"""Normalizers that make logits positive by a power, a shift or a cut, and divide by the sum."""

from typing import Any

import jax
import jax.numpy as jnp

from ..base.argmax import every_largest
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.special import hypotenuse, nan_unless
from ..base.types import Mask, Parameter, Vector
from .powers import in_proportion_to_powers
from .probs import Probs


@on_logits
def sum(logits: Vector) -> Probs:
    """`p_k = z_k / sum_j z_j` ("standard normalization").

    Defined where all z_k >= 0 and some z_k > 0; NaN elsewhere, also where a logit is -inf or +inf.
    Where z_k = 0, p_k has the one-sided derivative; that of log p_k = -inf is taken as 0.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.sum(jnp.array([1.0, 3.0, 0.0])).p).round(3))
    [0.25 0.75 0.  ]
    >>> print(np.asarray(ls.normalizers.sum(jnp.array([1.0, -1.0])).p).round(3))
    [nan nan]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].
    """
    return in_proportion_to_powers(nan_unless(jnp.all(logits >= 0), logits), 1)


@on_logits
def abs(logits: Vector) -> Probs:
    """`p_k = |z_k| / sum_j |z_j|`.

    The result is NaN if all logits are 0 or one is infinite. At the kink z_k = 0 the derivative is
    taken as 0.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.abs(jnp.array([-1.0, 3.0])).p).round(3))
    [0.25 0.75]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].
    """
    return in_proportion_to_powers(_magnitude(logits), 1)


@on_logits
def relu(logits: Vector) -> Probs:
    """`p_k = max(z_k, 0) / sum_j max(z_j, 0)`.

    The result is NaN if no logit is positive or one is +inf; -inf is a mask, as is every other
    logit below 0. At the kink z_k = 0 the derivative is taken as 0, as is that of log p_k = -inf
    at and below the kink.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.relu(jnp.array([-2.0, 1.0, 3.0])).p).round(3))
    [0.   0.25 0.75]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].
    """
    top = jnp.max(logits)
    z = nan_unless((top > 0) & (top < jnp.inf), logits)
    # `jnp.maximum` would have the derivative 1/2 at the kink.
    return in_proportion_to_powers(jnp.where(z <= 0, 0, z), 1)


@on_logits
def square(logits: Vector) -> Probs:
    """`p_k = z_k^2 / sum_j z_j^2`.

    The result is NaN if all logits are 0 or one is infinite.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.square(jnp.array([-1.0, 2.0])).p).round(3))
    [0.2 0.8]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].
    """
    # With their signs: the derivative of |z| at 0 would lose the second derivative of z^2.
    return in_proportion_to_powers(_not_all_zero(logits), 2)


@on_logits
def spherical(logits: Vector, *, epsilon: Parameter = 1e-3) -> Probs:
    """`p_k = (z_k^2 + epsilon) / sum_j (z_j^2 + epsilon)` ("spherical softmax").

    Defined for all finite logits, without overflow; NaN if one is infinite.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.spherical(jnp.array([1.0, 2.0]), epsilon=1).p).round(3))
    [0.286 0.714]

    Args:
        logits: Logits z of one example, [n].
        epsilon: Constant added to each square, greater than 0.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If epsilon is not a finite number greater than 0 (NaN if it is traced).

    Source: de Brébisson and Vincent, An exploration of softmax alternatives belonging to the
    spherical loss family, arXiv 1511.05042.
    """
    floor = parameter("spherical", "epsilon", epsilon, logits.dtype, low=0, open=True)
    root = jnp.broadcast_to(jnp.sqrt(floor), logits.shape)
    # As the square of an amplitude: z^2 itself, which may overflow, is never formed.
    return in_proportion_to_powers(hypotenuse(logits, root), 2)


@on_logits
def min_shift(logits: Vector) -> Probs:
    """`p_k = (z_k - min z) / sum_j (z_j - min z)`; the lowest class has exactly p = 0.

    The result is NaN if all logits are equal or one is infinite. Classes that tie for the lowest
    logit share its derivative equally. The derivative of log p = -inf is taken as 0.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.min_shift(jnp.array([-1.0, 0.0, 2.0])).p).round(3))
    [0.   0.25 0.75]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].
    """
    halved = 0.5 * logits  # so that no difference of two finite logits overflows
    return in_proportion_to_powers(_above_lowest(halved, every_largest(-halved)), 1)


@jax.custom_jvp
def _above_lowest(z: Vector, is_lowest: Mask) -> Vector:
    """`z - min z`, exactly 0 for the lowest classes; NaN unless the lowest logit is finite."""
    above = z - jnp.min(z)
    # Where a compiled program computes z twice, the differences may round to more or less than 0.
    return jnp.where(is_lowest, above - above, jnp.maximum(above, 0))


@_above_lowest.defjvp
def _above_lowest_jvp(
    primals: tuple[Vector, Mask], tangents: tuple[Vector, Any]
) -> tuple[Vector, Vector]:
    """The lowest classes share the tangent of the minimum; a single one stays at 0."""
    z, is_lowest = primals
    dz, _ = tangents
    share = is_lowest.astype(z.dtype) / jnp.sum(is_lowest.astype(z.dtype))
    # In reverse mode the cotangent of a lowest class that is alone would be added and
    # subtracted again, which would take the digits of the others' sum. If it is the only class,
    # there are no others, and the subtraction keeps the NaN that the result then is.
    stays = (share == 1) & (z.size > 1)
    tangent = jnp.where(stays, 0, dz - jnp.sum(share * dz))
    return _above_lowest(z, is_lowest), tangent


def _magnitude(z: Vector) -> Vector:
    """`|z|`, NaN if all logits are 0 or one is infinite."""
    x = _not_all_zero(z)
    # At 0 the derivative of this is 0, that of `jnp.abs` is 1.
    return jnp.where(x == 0, 0, jnp.abs(x))


def _not_all_zero(z: Vector) -> Vector:
    """The logits, NaN if all are 0 or one is infinite."""
    return nan_unless(jnp.any(z != 0) & jnp.all(jnp.isfinite(z)), z)
