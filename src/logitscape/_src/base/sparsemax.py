"""Sparsemax in NumPy, for checks that do not trust the library's own."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def sparsemax_rows(logits: NDArray[Any]) -> NDArray[Any]:
    """Project every row on the probability simplex (Martins and Astudillo 2016, algorithm 1).

    Args:
        logits: Logits, [m, n].

    Returns:
        Probabilities p = max(z - tau, 0), [m, n], with tau such that every row sums to 1.
    """
    ordered = -np.sort(-logits, axis=1)
    count = np.arange(1, logits.shape[1] + 1)
    thresholds = (np.cumsum(ordered, axis=1) - 1) / count
    support = np.sum(ordered > thresholds, axis=1)
    threshold = thresholds[np.arange(len(logits)), support - 1]
    probabilities: NDArray[Any] = np.maximum(logits - threshold[:, None], 0)
    return probabilities
