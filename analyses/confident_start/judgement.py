"""The judgement of every pair: predicted to recover or not, and recovered, stuck or in between."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaincinv

if TYPE_CHECKING:
    import pandas as pd

EVEN = 1 / 100
"""Least evenness of a gradient that is predicted to recover."""
LEARNS = 0.8
"""Least accuracy, from the gentle start, of a pair that learns."""
BACK = 0.9
"""Least way back of a pair that recovers."""
HALF = 0.5
"""Way back below which a pair is stuck."""

REFERENCE = "softmax + cross_entropy"
SQUARED_ERROR = "softmax + brier"
SPARSE_SQUARED_ERROR = "sparsemax + brier"
RULES = {"R1": "R1", "R2": "R2", "R3": "R3", "own": "own logits"}
"""Names of the rules that could predict instead, by the column of their evenness."""
EXPONENTIAL = {"softmax", "softmax_one", "sigsoftmax"}
LOGARITHMIC = {
    "cross_entropy",
    "focal",
    "poly1",
    "symmetric_cross_entropy",
    "label_smoothing",
}


def judged(pairs: "pd.DataFrame") -> "pd.DataFrame":
    """The pairs that learn from the gentle start, with the prediction and the outcome of each."""
    learning = pairs[pairs.gentle >= LEARNS].copy()
    learning["evenness"] = learning[["R1", "R2", "R3"]].min(axis=1)
    learning["predicted"] = learning.evenness >= EVEN
    learning["recovers"] = learning.way_back >= BACK
    learning["stuck"] = learning.way_back < HALF
    learning["law"] = np.where(learning.predicted, "keeps its size", learning.kind)
    return learning


def is_steady(pair: str) -> bool:
    """Whether the atlas shows a constant slope of the pair on R1 and R2."""
    normalizer, _, loss = pair.partition(" + ")
    return normalizer in EXPONENTIAL and loss in LOGARITHMIC


def clopper_pearson(hits: int, count: int) -> tuple[float, float]:
    """The exact 95 % interval of a share."""
    low, high = 0.0, 1.0
    if hits > 0:
        low = float(betaincinv(hits, count - hits + 1, 0.025))
    if hits < count:
        high = float(betaincinv(hits + 1, count - hits, 0.975))
    return low, high


def larger_share(condition: "pd.Series[bool]") -> float:
    """The share of the more frequent outcome."""
    share = float(condition.mean())
    return max(share, 1 - share)
