"""Normalizer that divides a Taylor polynomial of the exponential by its sum over the classes."""

import math
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.formula import on_logits
from ..base.special import polynomial
from ..base.types import Vector
from ..base.whole_numbers import whole_number
from .powers import in_proportion_to_powers
from .probs import Probs

LOW_ORDER = 4
"""Highest order at which the polynomial is summed term by term.

Below z = 0 its terms cancel; at order 6 that already costs two digits.
"""
HIGHEST_ORDER = 64


@on_logits
def taylor(logits: Vector, *, order: int = 2) -> Probs:
    """`g(z) = sum_{i <= order} z^i / i!` divided by its sum ("Taylor softmax").

    Defined for all finite logits, without overflow; NaN if one is infinite. g has a minimum (order
    2: at z = -1) and rises again to its left.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.taylor(jnp.array([0.0, -1.0, -2.0])).p).round(3))
    [0.4 0.2 0.4]

    Args:
        logits: Logits z of one example, [n].
        order: Order of the polynomial, even, from 2 to 64; those of odd order turn negative.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the order is no even whole number from 2 to 64.

    Source: Vincent et al., arXiv 1412.7091; arXiv 1511.05042; higher orders: Banerjee et al.,
    arXiv 2011.11538.
    """
    order = checked_order(order)
    of_order = _root_by_terms if order <= LOW_ORDER else root_by_quadrature
    root, slope = of_order(logits, order)
    # `_with_slope` ignores the tangent of the value; stopped, it is not even traced.
    root = _with_slope(logits, jax.lax.stop_gradient(root), slope)
    return in_proportion_to_powers(root, order)


def checked_order(order: int) -> int:
    """The order of a Taylor polynomial, if it is one that is allowed."""
    return whole_number("taylor", "order", order, low=2, high=HIGHEST_ORDER, even=True)


@jax.custom_jvp
def _with_slope(z: Vector, value: Vector, slope: Vector) -> Vector:
    """The value, with the given derivative in z."""
    return value


@_with_slope.defjvp
def _with_slope_jvp(
    primals: tuple[Vector, Vector, Vector], tangents: tuple[Vector, Vector, Vector]
) -> tuple[Vector, Vector]:
    slope = primals[2]
    dz = tangents[0]
    return _with_slope(*primals), slope * dz


def _root_by_terms(z: Vector, order: int) -> tuple[Vector, Vector]:
    """`T(z)^(1/order)` for the Taylor polynomial T, and its derivative.

    The root grows like |z|, and so never overflows.
    """
    inverse_factorials = [1 / math.factorial(i) for i in range(order + 1)]
    derivative = inverse_factorials[:-1]
    # Outside the unit interval T(z) / z^order is a polynomial in 1/z, which cannot overflow.
    is_small = jnp.abs(z) <= 1
    x = jnp.where(is_small, z, 1 / jnp.where(is_small, 1, z))
    value = jnp.where(
        is_small,
        polynomial(inverse_factorials, x),
        polynomial(inverse_factorials[::-1], x),
    )
    # T' is the polynomial of the next lower order. Automatic differentiation of the formula in
    # 1/z would give a difference of large terms instead.
    slope = jnp.where(
        is_small,
        polynomial(derivative, x),
        polynomial(derivative[::-1], x),
    )
    root = value ** (1 / order)
    size = jnp.where(is_small, 1, jnp.abs(z))
    sign = jnp.where(is_small, 1, jnp.sign(z))
    return size * root, sign * root * slope / (order * value)


def root_by_quadrature(z: Array, order: int) -> tuple[Array, Array]:
    """`T(z)^(1/order)` from `T(z) = int_0^inf (z + t)^order e^{-t} dt / order!`; its derivative.

    The integrand is nowhere negative, so that nothing cancels. Gauss-Laguerre quadrature with more
    than order / 2 nodes t_i is exact: T is `sum_i (s_i (z + t_i))^order`, and the root is a norm.
    """
    along_last = (1,) * z.ndim + (-1,)
    nodes, scales = (
        jnp.asarray(array, z.dtype).reshape(along_last) for array in _laguerre(order)
    )
    # A quarter of z: the reciprocal of the largest number is subnormal, and 0 on CPUs.
    x = 0.25 * scales * (z[..., None] + nodes)
    # Relative to the largest term no power overflows; no logit makes all terms 0, as it
    # can be the negative of one node only.
    size = jnp.max(jnp.abs(x), axis=-1, keepdims=True)
    total = jnp.sum((x / size) ** order, axis=-1, keepdims=True)
    root = size * total ** (1 / order)
    slope = jnp.sum(scales * (x / root) ** (order - 1), axis=-1)
    return 4 * root[..., 0], slope


@cache
def _laguerre(order: int) -> tuple[Any, Any]:
    """Nodes t_i, and scales `s_i = (w_i / order!)^(1/order)` from the weights w_i."""
    # In NumPy, as the cache outlives the trace: inside `jax.jit` JAX makes tracers.
    nodes, weights = np.polynomial.laguerre.laggauss(order // 2 + 1)
    log_scales = (np.log(weights) - math.lgamma(order + 1)) / order
    return nodes, np.exp(log_scales)
