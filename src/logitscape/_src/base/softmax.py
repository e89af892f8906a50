"""Softmax in NumPy, for checks that do not trust the library's own.

SciPy has these too, but takes a third of a second to import.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def log_softmax_rows(logits: NDArray[Any]) -> NDArray[Any]:
    """Logarithms of the softmax of every row.

    Args:
        logits: Logits, [m, n].

    Returns:
        Logarithms of the probabilities, [m, n].
    """
    gaps = logits - logits.max(axis=1, keepdims=True)
    logarithms: NDArray[Any] = gaps - np.log(np.exp(gaps).sum(axis=1, keepdims=True))
    return logarithms


def softmax_rows(logits: NDArray[Any]) -> NDArray[Any]:
    """Softmax of every row.

    Args:
        logits: Logits, [m, n].

    Returns:
        Probabilities, [m, n].
    """
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[Any] = weights / weights.sum(axis=1, keepdims=True)
    return probabilities


def logistic(x: NDArray[Any]) -> NDArray[Any]:
    """The logistic function 1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    probabilities: NDArray[Any] = np.where(x >= 0, 1, small) / (1 + small)
    return probabilities
