"""Normalizers in NumPy that give some of the classes nothing: weights, or logits without those."""

import numpy as np

from ..evaluation import Rows


def top_k_rows(z: Rows, k: int) -> Rows:
    """The k largest logits; -inf for all others."""
    least = np.sort(z, axis=1)[:, -min(k, z.shape[1]), None]
    return np.where(z >= least, z, -np.inf)


def above_mean_rows(z: Rows) -> Rows:
    """The logits that are not below their mean; -inf for all others."""
    below_top = z - z.max(axis=1, keepdims=True)
    is_kept = z.shape[1] * below_top >= below_top.sum(axis=1, keepdims=True)
    return np.where(is_kept, z, -np.inf)


def t_softmax_weights(z: Rows, width: float) -> Rows:
    """`max(s + t, 0) e^s`, s being the logits less the largest."""
    below_top = z - z.max(axis=1, keepdims=True)
    weights: Rows = np.maximum(below_top + width, 0) * np.exp(below_top)
    return weights


def r_softmax_weights(z: Rows, rate: float, epsilon: float = 1e-8) -> Rows:
    """The same with the t that leaves a share of the classes with next to nothing."""
    below_top = z - z.max(axis=1, keepdims=True)
    quantile = np.quantile(below_top, rate, axis=1, keepdims=True)
    weights: Rows = np.maximum(below_top - quantile + epsilon, 0) * np.exp(below_top)
    return weights


def hourglass_rows(z: Rows, q: float) -> Rows:
    """The logits that sparsehourglass gives to sparsemax."""
    weight = q * z.shape[1]
    size = np.abs(z.sum(axis=1, keepdims=True))
    scaled: Rows = (1 + weight) / (size + weight) * z
    return scaled
