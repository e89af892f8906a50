"""The judgement of every pair: predicted to recover or not, and recovered, stuck or in between."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaincinv

if TYPE_CHECKING:
    import pandas as pd

EVEN = 1 / 100
"""Least evenness of a gradient that counts as keeping its size."""
LEARNS = 0.8
"""Least accuracy, from the gentle start, of a pair that learns."""
BACK = 0.9
"""Least way back of a pair that recovers."""
HALF = 0.5
"""Way back below which a pair is stuck."""

LOOKED_AT = Path(__file__).with_name("looked_at.txt")
"""Names of the pairs on whose outcomes the prediction was chosen, a line each.

They are half of the 157 that learned in the first study, drawn by the seed 7. Names are kept, and
not the seed, as more pairs learn with more rates, and a draw from these is another half.
"""
REFERENCE = "softmax + cross_entropy"
SQUARED_ERROR = "softmax + brier"
SPARSE_SQUARED_ERROR = "sparsemax + brier"
RULES = {"R1": "R1", "R2": "R2", "R3": "R3", "own": "own logits"}
"""Names of single rules of the gradient's norm, by the column of their evenness."""
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
    learning = with_outcomes(pairs[pairs.gentle >= LEARNS])
    learning["evenness"] = learning[["R1", "R2", "R3"]].min(axis=1)
    even = learning.evenness >= EVEN
    learning["law"] = np.where(even, "keeps its size", learning.kind)
    learning["held_out"] = held_out(learning.pair)
    return learning


def with_outcomes(pairs: "pd.DataFrame") -> "pd.DataFrame":
    """The pairs, with the prediction and the outcome of each."""
    # A way back that is not a number is none.
    return pairs.assign(
        predicted=pairs.predicted_way_back >= BACK,
        recovers=pairs.way_back >= BACK,
        stuck=pairs.way_back < HALF,
    )


def held_out(pairs: "pd.Series[str]") -> "pd.Series[bool]":
    """Which pairs are not those on whose outcomes the prediction was chosen."""
    return ~pairs.isin(looked_at())


@cache
def looked_at() -> frozenset[str]:
    """The pairs on whose outcomes the prediction was chosen."""
    return frozenset(LOOKED_AT.read_text(encoding="utf-8").splitlines())


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
