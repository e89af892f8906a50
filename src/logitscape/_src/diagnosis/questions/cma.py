"""Minimisation of many small functions at once, without derivatives.

An evolution strategy (rank-mu CMA; Hansen, "The CMA evolution strategy: a tutorial", 2016)
that evaluates large batches. Kinks, jumps and borders of domains do not disturb it.
"""

from collections.abc import Callable

import numpy as np

from ..evaluation import Rows, largest_components
from ..random_logits import normal_logits

WIDEN = 0.1
"""Share of the size of `start` by which the first spread is widened."""


def cma_es(
    cost: Callable[[Rows], Rows], start: Rows, spread: Rows, random: np.random.Generator
) -> tuple[Rows, Rows]:
    """Minimise k functions of n variables.

    Args:
        cost: Function from candidates [k, m, n] to costs [k, m]; never NaN, infinite where a
            candidate is outside the domain.
        start: First means, [k, n].
        spread: First covariances, [k, n, n].
        random: Generator of the candidates.

    Returns:
        The best points, [k, n], and the last covariances of the candidates, [k, n, n].
    """
    n = start.shape[1]
    mean = start
    spread = _widened(spread, start)
    for _ in range(8 * n + 24):
        mean, spread = _next_generation(cost, mean, spread, random)
    # A mean of good candidates may be worse than all of them.
    both = np.stack([start, mean], axis=1)
    before, after = cost(both).T[:, :, None]
    return np.where(before < after, start, mean), spread


def _widened(spread: Rows, start: Rows) -> Rows:
    """Covariances, [k, n, n], that are wide enough to leave a start that is far out."""
    size = largest_components(start)[:, None, None]
    identity = np.eye(start.shape[1])
    widened: Rows = spread + identity * (WIDEN * size) ** 2
    return widened


def _next_generation(
    cost: Callable[[Rows], Rows], mean: Rows, spread: Rows, random: np.random.Generator
) -> tuple[Rows, Rows]:
    """The mean and the covariance, around the old mean, of the best candidates."""
    n = mean.shape[1]
    steps = _draw_steps(spread, 8 * n + 16, random)
    # The mean itself is a candidate, so that nothing good is forgotten.
    steps[:, 0] = 0
    costs = cost(mean[:, None] + steps)
    order = np.argsort(costs, axis=1, kind="stable")
    chosen = order[:, : 2 * n + 4, None]
    best = np.take_along_axis(steps, chosen, axis=1)
    # Half of the old covariance remains, so that one lucky generation does not collapse it.
    covariance = best.swapaxes(1, 2) @ best / (2 * best.shape[1])
    next_mean = mean + best.mean(axis=1)
    return next_mean, spread / 2 + covariance


def _draw_steps(spread: Rows, count: int, random: np.random.Generator) -> Rows:
    """Normal steps with covariances [k, n, n], [k, count, n]."""
    k, n, _ = spread.shape
    values, vectors = np.linalg.eigh(spread)
    # Rounding may make an eigenvalue slightly negative.
    variances = np.maximum(values, 0)
    deviations = np.sqrt(variances)[:, None]
    steps = normal_logits(random, (k, count, n))
    rotated: Rows = (steps * deviations) @ vectors.swapaxes(1, 2)
    return rotated
