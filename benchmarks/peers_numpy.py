"""Loss and gradient in closed form, in NumPy, with `p = g(z) / S`.

Cross-entropy: `log S - log g_y`, gradient `g'_k / S - t_k g'_y / g_y`.
Brier score: `sum (p - t)^2`, gradient `g'_k / S (r_k - <p, r>)` with `r = 2 (p - t)`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .peers import CHECKED, Array, Peer, Problem

EPSILON = 1e-3


def peers(problem: Problem) -> list[Peer]:
    return [
        Peer(
            "NumPy",
            axis,
            partial(
                value_and_grad,
                problem.pair,
                problem.laid_out(axis),
                _index(problem, axis),
                axis,
            ),
        )
        for axis in problem.layouts()
    ]


def reference(problem: Problem) -> tuple[Array, Array]:
    """Losses and gradients of the first examples, in float64."""
    labels = problem.labels[:CHECKED].astype(np.int64)[:, None]
    return value_and_grad(
        problem.pair, problem.logits[:CHECKED].astype(np.float64), labels, -1
    )


def value_and_grad(pair: str, z: Array, index: Array, axis: int) -> tuple[Array, Array]:
    """`index` holds the labels, with a class axis of length 1."""
    normalizer, loss = pair.split(" + ")
    weights, slopes = WEIGHTS[normalizer](z, axis)
    outputs: tuple[Array, Array] = LOSSES[loss](weights, slopes, index, axis)
    return outputs


def _softmax(z: Array, axis: int) -> tuple[Array, Array]:
    weights = np.exp(z - z.max(axis, keepdims=True))
    return weights, weights


def _taylor(z: Array, axis: int) -> tuple[Array, Array]:
    return 1 + z * (1 + z / 2), 1 + z


def _spherical(z: Array, axis: int) -> tuple[Array, Array]:
    return z * z + EPSILON, 2 * z


def _cross_entropy(
    weights: Array, slopes: Array, index: Array, axis: int
) -> tuple[Array, Array]:
    total = weights.sum(axis, keepdims=True)
    at_label = np.take_along_axis(weights, index, axis)
    gradient = slopes / total
    slope_at_label = np.take_along_axis(slopes, index, axis)
    np.put_along_axis(
        gradient, index, slope_at_label / total - slope_at_label / at_label, axis
    )
    return np.log(total / at_label).squeeze(axis), gradient


def _brier(
    weights: Array, slopes: Array, index: Array, axis: int
) -> tuple[Array, Array]:
    total = weights.sum(axis, keepdims=True)
    p = weights / total
    residual = p.copy()
    np.put_along_axis(residual, index, np.take_along_axis(p, index, axis) - 1, axis)
    mean = (p * residual).sum(axis, keepdims=True)
    loss = (residual * residual).sum(axis)
    residual -= mean
    residual *= slopes
    residual *= 2 / total
    return loss, residual


def _index(problem: Problem, axis: int) -> Array:
    return np.expand_dims(problem.labels.astype(np.int64), axis)


WEIGHTS: dict[str, Callable[[Array, int], Any]] = {
    "softmax": _softmax,
    "taylor": _taylor,
    "spherical": _spherical,
}
LOSSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": _cross_entropy,
    "brier": _brier,
}
