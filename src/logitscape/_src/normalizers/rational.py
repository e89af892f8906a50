"""Normalizers that make the logits positive by powers and polynomials, and divide by the sum."""

import math
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..base.argmax import every_largest
from ..base.arguments import parameter, whole_number
from ..base.formula import on_logits
from ..base.special import hypotenuse, nan_unless, polynomial
from ..base.types import Mask, Parameter, Vector
from .simplex import Probs, in_proportion_to_powers

FEW_TERMS = 4
"""Up to which order a Taylor polynomial is summed as it stands: below 0 its terms cancel, those of order 6 two digits."""
HIGHEST_ORDER = 64


@on_logits
def sum(logits: Vector) -> Probs:
    """`p_k = z_k / sum_j z_j` ("standard normalization").

    Defined where all z_k >= 0 and some z_k > 0; NaN elsewhere, -inf and +inf included. Where z_k = 0, log p_k = -inf and its
    derivative is taken as 0 (p_k itself has the one-sided derivative).
    """
    return in_proportion_to_powers(nan_unless(jnp.all(logits >= 0), logits), 1)


@on_logits
def abs(logits: Vector) -> Probs:
    """`p_k = |z_k| / sum_j |z_j|`. NaN if all are 0 or one is infinite. At the kink z_k = 0 the derivative is 0."""
    return in_proportion_to_powers(_size(logits), 1)


@on_logits
def relu(logits: Vector) -> Probs:
    """`p_k = max(z_k, 0) / sum_j max(z_j, 0)`.

    NaN if no logit is positive or one is +inf; -inf is a mask, as is every other logit below 0. At the kink z_k = 0 the
    derivative is 0, as is that of log p_k = -inf at and below it.
    """
    top = jnp.max(logits)
    z = nan_unless((top > 0) & (top < jnp.inf), logits)
    return in_proportion_to_powers(jnp.where(z <= 0, 0, z), 1)


@on_logits
def square(logits: Vector) -> Probs:
    """`p_k = z_k^2 / sum_j z_j^2`. NaN if all are 0 or one is infinite."""
    return in_proportion_to_powers(_size(logits), 2)


@on_logits
def spherical(logits: Vector, *, epsilon: Parameter = 1e-3) -> Probs:
    """`p_k = (z_k^2 + epsilon) / sum_j (z_j^2 + epsilon)` ("spherical softmax").

    Defined for all finite logits, without overflow; NaN if one is infinite.

    Args:
        logits: z, [n].
        epsilon: greater than 0.

    Source: de Brébisson and Vincent, An exploration of softmax alternatives belonging to the spherical loss family,
    arXiv 1511.05042.
    """
    floor = parameter("spherical", "epsilon", epsilon, logits.dtype, low=0, open=True)
    return in_proportion_to_powers(
        hypotenuse(logits, jnp.broadcast_to(jnp.sqrt(floor), logits.shape)), 2
    )


@on_logits
def taylor(logits: Vector, *, order: int = 2) -> Probs:
    """`g(z) = sum_{i <= order} z^i / i!` divided by its sum ("Taylor softmax").

    Defined for all finite logits, without overflow; NaN if one is infinite. g has a minimum (order 2: at z = -1) and rises
    again to its left.

    Args:
        logits: z, [n].
        order: even, from 2 to 64; polynomials of odd order turn negative.

    Source: Vincent et al., arXiv 1412.7091; arXiv 1511.05042; higher orders: Banerjee et al., arXiv 2011.11538.
    """
    order = whole_number("taylor", "order", order, low=2, high=HIGHEST_ORDER, even=True)
    root = _taylor_root if order <= FEW_TERMS else _high_taylor_root
    return in_proportion_to_powers(root(logits, order), order)


@on_logits
def min_shift(logits: Vector) -> Probs:
    """`p_k = (z_k - min z) / sum_j (z_j - min z)`; the lowest class has exactly p = 0.

    NaN for constant logits or if one is infinite. Where classes tie for the lowest they share its derivative equally.
    """
    halved = 0.5 * logits  # so that no difference of two finite logits overflows
    return in_proportion_to_powers(_above_lowest(halved, every_largest(-halved)), 1)


@jax.custom_jvp
def _above_lowest(z: Vector, lowest: Mask) -> Vector:
    """`z - min z`, exactly 0 where it is lowest; NaN if that is infinite."""
    above = z - jnp.min(z)
    return jnp.where(
        lowest, above - above, jnp.maximum(above, 0)
    )  # whatever rounding left


@_above_lowest.defjvp
def _above_lowest_jvp(
    primals: tuple[Vector, Mask], tangents: tuple[Vector, Any]
) -> tuple[Vector, Vector]:
    """The lowest classes share the tangent of the minimum; one alone stays at 0, and so has none."""
    (z, lowest), (dz, _) = primals, tangents
    share = lowest.astype(z.dtype) / jnp.sum(lowest.astype(z.dtype))
    return _above_lowest(z, lowest), jnp.where(share == 1, 0, dz - jnp.sum(share * dz))


def _size(z: Vector) -> Vector:
    """`|z|`, with derivative 0 at 0, where that of `jnp.abs` is 1; NaN if all are 0 or one is infinite."""
    x = nan_unless(jnp.any(z != 0) & jnp.all(jnp.isfinite(z)), z)
    return jnp.where(x == 0, 0, jnp.abs(x))


@jax.custom_jvp
def _scaled_root(z: Vector, root: Vector, slope: Vector) -> Vector:
    return root


@_scaled_root.defjvp
def _scaled_root_jvp(
    primals: tuple[Vector, Vector, Vector], tangents: tuple[Vector, Vector, Vector]
) -> tuple[Vector, Vector]:
    (_, _, slope), (dz, _, _) = primals, tangents
    return _scaled_root(*primals), slope * dz


def _taylor_root(z: Vector, order: int) -> Vector:
    """`T(z)^(1/order)` for the Taylor polynomial T, about |z| far out.

    Inside the unit interval from the coefficients of z, outside from those of 1/z, which cannot overflow. The derivative is
    written with T' = T_{order - 1}, not with the difference that automatic differentiation would make.
    """
    inverse_factorials = [1 / math.factorial(i) for i in range(order + 1)]
    small = jnp.abs(z) <= 1
    x = jnp.where(small, z, 1 / jnp.where(small, 1, z))
    value = jnp.where(
        small,
        polynomial(inverse_factorials, x),
        polynomial(inverse_factorials[::-1], x),
    )
    slope = jnp.where(
        small,
        polynomial(inverse_factorials[:-1], x),
        polynomial(inverse_factorials[-2::-1], x),
    )
    root = value ** (1 / order)
    size, sign = jnp.where(small, 1, jnp.abs(z)), jnp.where(small, 1, jnp.sign(z))
    return _scaled_root(
        z, jax.lax.stop_gradient(size * root), sign * root * slope / (order * value)
    )


def _high_taylor_root(z: Vector, order: int) -> Vector:
    """The same for many terms: `T(z) = int_0^inf (z + t)^order e^{-t} dt / order!`, whose integrand is nowhere negative.

    Gauss-Laguerre quadrature with more than order / 2 nodes is exact; the root is the norm of what it sums, and overflows as
    little as z does.
    """
    nodes, scales = (jnp.asarray(each, z.dtype)[None] for each in _laguerre(order))
    x = (
        0.25 * scales * (z[:, None] + nodes)
    )  # a quarter, as the reciprocal of the largest number is none
    size = jnp.max(jnp.abs(x), axis=1, keepdims=True)
    root = size * jnp.sum((x / size) ** order, axis=1, keepdims=True) ** (1 / order)
    slope = jnp.sum(scales * (x / root) ** (order - 1), axis=1)
    return _scaled_root(z, jax.lax.stop_gradient(4 * root[:, 0]), slope)


@cache
def _laguerre(order: int) -> tuple[Any, Any]:
    """Nodes, and the roots of `weights / order!`."""
    nodes, weights = np.polynomial.laguerre.laggauss(order // 2 + 1)
    return nodes, np.exp((np.log(weights) - math.lgamma(order + 1)) / order)
