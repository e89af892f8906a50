"""Minimisation without derivatives, many small problems at once: kinks, jumps and borders of domains are no matter.

An evolution strategy (rank-mu CMA; Hansen, "The CMA evolution strategy: a tutorial", 2016) that asks in large batches.
"""

from collections.abc import Callable

import numpy as np

from ..evaluation import Rows

WIDEN = 0.1


def cma_es(
    cost: Callable[[Rows], Rows], start: Rows, spread: Rows, random: np.random.Generator
) -> tuple[Rows, Rows]:
    """The best points, [k, n], of k problems at once, and how the candidates were spread in the end, [k, n, n].

    Args:
        cost: of candidates [k, m, n], [k, m]; NaN nowhere, infinite where a candidate is no good.
        start: [k, n].
        spread: the covariance at first, [k, n, n]; widened by a little of the size of `start`.
        random: where the candidates come from.
    """
    n = start.shape[1]
    mean, spread = (
        start,
        spread
        + np.eye(n) * (WIDEN * np.max(np.abs(start), axis=1)[:, None, None]) ** 2,
    )
    for _ in range(8 * n + 24):
        mean, spread = _step(cost, mean, spread, random)
    before, after = cost(np.stack([start, mean], axis=1)).T[:, :, None]
    return np.where(before < after, start, mean), spread


def _step(
    cost: Callable[[Rows], Rows], mean: Rows, spread: Rows, random: np.random.Generator
) -> tuple[Rows, Rows]:
    """One generation: the next mean and covariance are those of the best candidates around the mean."""
    n = mean.shape[1]
    values, vectors = np.linalg.eigh(spread)
    steps = random.standard_normal((len(mean), 8 * n + 16, n))
    steps = (steps * np.sqrt(np.maximum(values, 0))[:, None]) @ vectors.swapaxes(1, 2)
    steps[:, 0] = 0
    chosen = np.argsort(cost(mean[:, None] + steps), axis=1, kind="stable")[
        :, : 2 * n + 4
    ]
    best = np.take_along_axis(steps, chosen[..., None], axis=1)
    return mean + best.mean(axis=1), spread / 2 + best.swapaxes(1, 2) @ best / (
        2 * best.shape[1]
    )
