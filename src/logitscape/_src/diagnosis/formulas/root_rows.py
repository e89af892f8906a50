"""Normalizers in NumPy whose threshold is the root of an equation."""

import numpy as np

from ..evaluation import Rows

NEWTON_STEPS = 40
BISECTIONS = 60
CONVERGED = 1e-9
"""Error before a step of Newton's method that leaves none, as it squares the error."""


def entmax_rows(z: Rows, alpha: float) -> Rows:
    """`p_k = [(alpha - 1) z_k - tau]_+^{1 / (alpha - 1)}`, for alpha above 1 and at most 2."""
    scaled = (alpha - 1) * z
    power = 1 / (alpha - 1)
    threshold = scaled.max(axis=1, keepdims=True) - 1
    # The sum of p is convex in the threshold, and at least 1 at the first: Newton's method
    # comes from one side.
    for _ in range(NEWTON_STEPS):
        above = np.maximum(scaled - threshold, 0)
        excess = (above**power).sum(axis=1, keepdims=True) - 1
        slope = power * (above ** (power - 1) * (above > 0)).sum(axis=1, keepdims=True)
        threshold = threshold + excess / slope
        if np.nanmax(np.abs(excess), initial=0) < CONVERGED:
            break
    probabilities: Rows = np.maximum(scaled - threshold, 0) ** power
    return probabilities


def heavy_tailed_rows(z: Rows, gamma: float) -> Rows:
    """`p_k = (a + gamma (max z - z_k))^{-1 / gamma}`: entmax with alpha = 1 - gamma below 1."""
    below = gamma * (z.max(axis=1, keepdims=True) - z)
    base = np.ones((len(z), 1))
    # The power -gamma of the sum is concave in a: Newton's method comes from below.
    for _ in range(NEWTON_STEPS):
        total = ((below + base) ** (-1 / gamma)).sum(axis=1, keepdims=True)
        slope = ((below + base) ** (-1 / gamma - 1)).sum(axis=1, keepdims=True)
        base = base + (total ** (gamma + 1) - total) / slope
        if np.nanmax(np.abs(total - 1), initial=0) < CONVERGED:
            break
    probabilities: Rows = (below + base) ** (-1 / gamma)
    return probabilities


def normmax_weights(z: Rows, alpha: float) -> Rows:
    """What the probabilities of alpha-normmax are in proportion to."""
    weights: Rows = entmax_rows(alpha / (alpha - 1) * z, 2 - 1 / alpha) ** (1 / alpha)
    return weights


def budget_rows(z: Rows, total: float) -> Rows:
    """`min(max(z_k - tau, 0), 1)` with tau such that they sum to the total."""
    low = z.min(axis=1, keepdims=True) - 1
    high = z.max(axis=1, keepdims=True)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        is_above = np.clip(z - middle, 0, 1).sum(axis=1, keepdims=True) >= total
        low, high = np.where(is_above, middle, low), np.where(is_above, high, middle)
    parts: Rows = np.clip(z - low, 0, 1)
    return parts
