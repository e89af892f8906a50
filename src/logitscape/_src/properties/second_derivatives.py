"""Second derivatives of many objectives along directions, and the eigenvalues of Hessians.

Second derivatives are taken by applying forward mode twice, along curves. A curve in the logits
passes through the normalizer and then through the loss, so that a family of pairs shares its
parts and compiles in a fraction of the time that Hessians by reverse mode take.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..objectives.grouping import by_loss, by_normalizer, pairs
from ..objectives.objective import Objective

NOISE = 1e-9
"""Size below which an eigenvalue counts as 0, relative to the largest one of its Hessian."""
NOISE_FLOOR = 1e-3
"""Size that is added to the largest eigenvalue, so that a Hessian of nearly 0 is noise as well."""


class Curve(NamedTuple):
    """A curve `x(t) = value + t first + t^2/2 second` around t = 0, of arrays or pytrees.

    Attributes:
        value: Point at t = 0.
        first: First derivative in t.
        second: Second derivative in t.
    """

    value: Any
    first: Any
    second: Any


RowsAndCurves: TypeAlias = tuple[list[int], list[Curve]]
"""Rows of objectives, and the curves of their losses, [rows, m, q], one after the other."""


def second_derivatives(
    objectives: Sequence[Objective],
    target: NDArray[Any],
    directions: NDArray[Any],
    z: Array,
) -> tuple[Array, Array]:
    """Losses and their second derivatives along all directions.

    Args:
        objectives: Objectives, each at logits of its own.
        target: Target of all examples, [n].
        directions: Directions, [q, n].
        z: Logits, [objective, m, n].

    Returns:
        Losses, [objective, m], and second derivatives, [objective, m, q].
    """
    t = jnp.asarray(target, z.dtype)
    d = jnp.asarray(directions, z.dtype)
    rows_alone, curves_alone = _curves_alone(objectives, t, d, z)
    rows_of_pairs, curves_of_pairs = _curves_of_pairs(pairs(objectives), t, d, z)
    # The inverse of a permutation: it puts the curves into the order of the objectives.
    order = np.argsort([*rows_alone, *rows_of_pairs])
    curves = [*curves_alone, *curves_of_pairs]
    values = jnp.concatenate([curve.value for curve in curves])
    seconds = jnp.concatenate([curve.second for curve in curves])
    # The value is the same along all directions.
    return values[order][..., 0], seconds[order]


def _curves_alone(
    objectives: Sequence[Objective], target: Array, directions: Array, z: Array
) -> RowsAndCurves:
    """Curves of the objectives that are no pair of a normalizer and a loss."""
    rows = []
    curves = []
    for row, objective in enumerate(objectives):
        if objective.loss is None:
            loss = partial(_with_target, objective.function, target)
            rows.append(row)
            curves.append(_curves_along(loss, z[row][None], directions))
    return rows, curves


def _curves_of_pairs(
    objectives: dict[int, Objective], target: Array, directions: Array, z: Array
) -> RowsAndCurves:
    """Curves of the pairs: first through every normalizer, then through every loss."""
    if not objectives:
        return [], []
    rows_of_probs = []
    parts = []
    for normalizer, rows in by_normalizer(objectives).items():
        rows_of_probs.extend(rows)
        parts.append(_curves_along(normalizer, z[np.array(rows)], directions))
    probs = jax.tree.map(_concatenated, *parts)
    rows_of_losses = []
    curves = []
    for loss, rows in by_loss(objectives).items():
        places = np.array([rows_of_probs.index(row) for row in rows])
        chosen = jax.tree.map(lambda leaf, places=places: leaf[places], probs)
        rows_of_losses.extend(rows)
        curves.append(_over_lanes(partial(_with_target, loss, target), chosen))
    return rows_of_losses, curves


def _concatenated(*leaves: Array) -> Array:
    return jnp.concatenate(leaves)


def _with_target(loss: Any, target: Array, prediction: Any) -> Any:
    return loss(prediction, target)


def _curves_along(function: Any, z: Array, directions: Array) -> Curve:
    """Curves of a function from every point [..., m, n] along every direction [q, n]."""
    shape = (*z.shape[:-1], *directions.shape)
    points = jnp.broadcast_to(z[..., None, :], shape)
    along = jnp.broadcast_to(directions, shape)
    return _over_lanes(function, Curve(points, along, jnp.zeros_like(along)))


def _over_lanes(function: Any, curves: Curve) -> Curve:
    """Curves of a function along curves of three leading axes.

    These are joined to one, as every further axis of `vmap` is traced through once more.
    """
    leading = jax.tree.leaves(curves)[0].shape[:3]

    def joined(leaf: Array) -> Array:
        return leaf.reshape(-1, *leaf.shape[3:])

    def split(leaf: Array) -> Array:
        return leaf.reshape(*leading, *leaf.shape[1:])

    flat = jax.tree.map(joined, curves)
    mapped: Curve = jax.tree.map(split, jax.vmap(partial(curve_of, function))(*flat))
    return mapped


def curve_of(
    function: Callable[[Any], Any], value: Any, first: Any, second: Any
) -> Curve:
    """The curve of function values along the curve of these three coefficients."""

    def point(t: Array) -> Any:
        def at_t(a: Array, b: Array, c: Array) -> Array:
            return a + t * b + t * t * (c / 2)

        return function(jax.tree.map(at_t, value, first, second))

    def point_and_slope(t: Array) -> Any:
        return jax.jvp(point, (t,), (jnp.ones_like(t),))

    zero = jnp.zeros((), jax.tree.leaves(value)[0].dtype)
    one = jnp.ones_like(zero)
    primals, tangents = jax.jvp(point_and_slope, (zero,), (one,))
    new_value, new_first = primals
    _, new_second = tangents
    return Curve(new_value, new_first, new_second)


def hessian_directions(n: int) -> NDArray[Any]:
    """Directions whose second derivatives determine a Hessian: e_j, then e_j + e_k for j < k."""
    units = np.eye(n)
    pairs_of_classes = combinations(range(n), 2)
    sums = [units[j] + units[k] for j, k in pairs_of_classes]
    return np.array([*units, *sums])


def hessian_eigenvalues(second: NDArray[Any], n: int) -> NDArray[Any]:
    """Eigenvalues of Hessians, ascending, from their second derivatives.

    Args:
        second: Second derivatives along `hessian_directions(n)`, [..., n (n + 1) / 2].
        n: Number of classes.

    Returns:
        Eigenvalues, [..., n]; NaN where the Hessian is not finite, 0 where they are noise.
    """
    # Entries are subtracted below: inf - inf makes NumPy warn, and NaN does not.
    without_infinities = np.where(np.isfinite(second), second, np.nan)
    hessian = _hessians(without_infinities, n)
    sums = hessian.sum(axis=(-2, -1), keepdims=True)
    finite = np.isfinite(sums)
    # By NumPy, as the batched `eigvalsh` of jaxlib may deadlock where threads call it at once.
    values = np.linalg.eigvalsh(np.where(finite, hessian, 0))
    largest = np.max(np.abs(values), axis=-1, keepdims=True)
    # Mixed entries are differences of second derivatives, so that even a tiny
    # eigenvalue has errors of the size of the largest times epsilon.
    is_noise = np.abs(values) < NOISE * (NOISE_FLOOR + largest)
    without_noise = np.where(is_noise, 0, values)
    return np.where(finite[..., 0], without_noise, np.nan)


def _hessians(second: NDArray[Any], n: int) -> NDArray[Any]:
    lanes = second.shape[:-1]
    hessian = np.zeros((*lanes, n, n))
    diagonal = second[..., :n]
    for k in range(n):
        hessian[..., k, k] = diagonal[..., k]
    for q, (j, k) in enumerate(combinations(range(n), 2), start=n):
        # Along e_j + e_k the second derivative is H_jj + 2 H_jk + H_kk.
        twice = second[..., q] - diagonal[..., j] - diagonal[..., k]
        mixed = twice / 2
        hessian[..., j, k] = mixed
        hessian[..., k, j] = mixed
    return hessian
