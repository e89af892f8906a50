"""Normalizer that divides a Taylor polynomial of the exponential by its sum over the classes."""

import math
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.formula import on_logits
from ..base.special import polynomial
from ..base.types import Vector
from ..base.whole_numbers import whole_number
from .normalize import normalize_gaps
from .powers import log_ratio, ratio
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
    root, _ = of_order(logits, order)
    top = jnp.max(root)
    weights = ratio(root, top) ** order
    gaps = order * log_ratio(root, top)
    return normalize_gaps(_log_polynomial(logits, root, order), gaps, weights)


def checked_order(order: int) -> int:
    """The order of a Taylor polynomial, if it is one that is allowed."""
    return whole_number("taylor", "order", order, low=2, high=HIGHEST_ORDER, even=True)


@partial(jax.custom_jvp, nondiff_argnums=(2,))
def _log_polynomial(z: Array, root: Array, order: int) -> Array:
    """`log T(z)` from `T(z)^(1/order)`."""
    return order * jnp.log(root)


@_log_polynomial.defjvp
def _log_polynomial_jvp(
    order: int, primals: tuple[Array, Array], tangents: tuple[Array, Any]
) -> tuple[Array, Array]:
    z, root = primals
    return _log_polynomial(z, root, order), log_slope(z, order) * tangents[0]


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def log_slope(z: Array, order: int) -> Array:
    """`T'(z) / T(z)` for the Taylor polynomial T of an order."""
    of_order = _root_by_terms if order <= LOW_ORDER else root_by_quadrature
    root, slope = of_order(z, order)
    return order * slope / root


@log_slope.defjvp
def _log_slope_jvp(
    order: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    """`(T T'' - T'^2) / T^2 dz`, whose numerator would cancel as a difference."""
    (z,) = primals
    (dz,) = tangents
    of_order = _bend_by_terms if order <= LOW_ORDER else _bend_by_quadrature
    return log_slope(z, order), of_order(z, order) * dz


def _root_by_terms(z: Array, order: int) -> tuple[Array, Array]:
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


def _bend_by_terms(z: Array, order: int) -> Array:
    """`(T T'' - T'^2) / T^2`.

    The numerator is `-z^{m-1} / m! sum_{i < m} (m - i) z^i / i!`, m being the order.
    """
    inverse_factorials = [1 / math.factorial(i) for i in range(order + 1)]
    remaining = [(order - i) * x for i, x in enumerate(inverse_factorials[:-1])]
    is_small = jnp.abs(z) <= 1
    x = jnp.where(is_small, z, 1 / jnp.where(is_small, 1, z))
    # Outside the unit interval both polynomials are in 1/z, and the powers of z leave 1/z^2.
    polynomials = [
        jnp.where(is_small, polynomial(c, x), polynomial(c[::-1], x))
        for c in (remaining, inverse_factorials)
    ]
    numerator, value = polynomials
    power = jnp.where(is_small, x ** (order - 1), x * x)
    return -power / math.factorial(order) * (numerator / value) / value


def root_by_quadrature(z: Array, order: int) -> tuple[Array, Array]:
    """`T(z)^(1/order)` from `T(z) = int_0^inf (z + t)^order e^{-t} dt / order!`; its derivative.

    The integrand is nowhere negative, so that nothing cancels. Gauss-Laguerre quadrature with more
    than order / 2 nodes t_i is exact: T is `sum_i (s_i (z + t_i))^order`, and the root is a norm.
    """
    nodes, scales = _laguerre_along_last(z, order)
    # A quarter of z: the reciprocal of the largest number is subnormal, and 0 on CPUs.
    x = 0.25 * scales * (z[..., None] + nodes)
    # Relative to the largest term no power overflows; no logit makes all terms 0, as it
    # can be the negative of one node only.
    size = jnp.max(jnp.abs(x), axis=-1, keepdims=True)
    total = jnp.sum((x / size) ** order, axis=-1, keepdims=True)
    root = size * total ** (1 / order)
    slope = jnp.sum(scales * (x / root) ** (order - 1), axis=-1)
    return 4 * root[..., 0], slope


def _bend_by_quadrature(z: Array, order: int) -> Array:
    """`(T T'' - T'^2) / T^2`.

    The numerator is `-z^{m-1} / m! int_0^inf t (z + t)^{m-1} e^{-t} dt / (m - 1)!`, m being the
    order.
    """
    nodes, scales = _laguerre_along_last(z, order)
    root, _ = root_by_quadrature(z, order)
    # Relative to the root no power overflows.
    quarter = 0.25 * scales * (z[..., None] + nodes)
    x = quarter / (0.25 * root[..., None])
    integral = order * jnp.sum(scales * nodes * x ** (order - 1), axis=-1) / root
    root_of_factorial = math.exp(math.lgamma(order + 1) / order)
    power = (z / root / root_of_factorial) ** (order - 1) / root_of_factorial
    return -power * (integral / root)


def _laguerre_along_last(z: Array, order: int) -> tuple[Array, Array]:
    """Nodes and scales along a new last axis of the logits."""
    shape = (1,) * z.ndim + (-1,)
    nodes, scales = (jnp.asarray(x, z.dtype).reshape(shape) for x in _laguerre(order))
    return nodes, scales


@cache
def _laguerre(order: int) -> tuple[Any, Any]:
    """Nodes t_i, and scales `s_i = (w_i / order!)^(1/order)` from the weights w_i."""
    # In NumPy, as the cache outlives the trace: inside `jax.jit` JAX makes tracers.
    nodes, weights = np.polynomial.laguerre.laggauss(order // 2 + 1)
    log_scales = (np.log(weights) - math.lgamma(order + 1)) / order
    return nodes, np.exp(log_scales)
