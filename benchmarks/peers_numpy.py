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
    """The closed form, in every layout."""
    peers = []
    for axis in problem.layouts():
        z = problem.laid_out(axis)
        index = np.expand_dims(problem.labels.astype(np.int64), axis)
        run = partial(value_and_grad, problem.pair, z, index, axis)
        peers.append(Peer("NumPy", axis, run))
    return peers


def reference(problem: Problem) -> tuple[Array, Array]:
    """Losses and gradients of the first examples, in float64."""
    logits = problem.logits[:CHECKED].astype(np.float64)
    labels = problem.labels[:CHECKED].astype(np.int64)
    return value_and_grad(problem.pair, logits, labels[:, None], -1)


def value_and_grad(pair: str, z: Array, index: Array, axis: int) -> tuple[Array, Array]:
    """Losses [m] and gradients of a batch.

    Args:
        pair: "NORMALIZER + LOSS".
        z: Logits, [n, m] or [m, n].
        index: Labels, with a class axis of length 1.
        axis: Class axis, 0 or -1.
    """
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
    gradient_at_label = slope_at_label / total - slope_at_label / at_label
    np.put_along_axis(gradient, index, gradient_at_label, axis)
    return np.log(total / at_label).squeeze(axis), gradient


def _brier(
    weights: Array, slopes: Array, index: Array, axis: int
) -> tuple[Array, Array]:
    total = weights.sum(axis, keepdims=True)
    p = weights / total
    residual = p.copy()
    p_at_label = np.take_along_axis(p, index, axis)
    np.put_along_axis(residual, index, p_at_label - 1, axis)
    mean = (p * residual).sum(axis, keepdims=True)
    loss = (residual * residual).sum(axis)
    # In place: a large batch is limited by the memory's speed.
    residual -= mean
    residual *= slopes
    residual *= 2 / total
    return loss, residual


WEIGHTS: dict[str, Callable[[Array, int], Any]] = {
    "softmax": _softmax,
    "taylor": _taylor,
    "spherical": _spherical,
}
LOSSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": _cross_entropy,
    "brier": _brier,
}
