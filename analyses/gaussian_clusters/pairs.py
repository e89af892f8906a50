"""The pairs that are fitted, and the numbers of examples that each is fitted to."""

from collections.abc import Sequence

from ..shared.catalogue import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES
from .criteria import REFERENCE

SIZES = (100, 1000, 10_000)
LARGEST = 100_000
ALL_SIZES = (*SIZES, LARGEST)
LOSSES = [loss for loss in PROBABILITY_LOSSES if loss != "kl"]


def _every_pair() -> list[str]:
    pairs = []
    for normalizer in NORMALIZERS:
        pairs += [f"{normalizer} + {loss}" for loss in LOSSES]
    return [*pairs, *LOGIT_LOSSES]


def _closely_compared() -> set[str]:
    pairs = {REFERENCE, *LOGIT_LOSSES}
    pairs |= {f"softmax + {loss}" for loss in LOSSES}
    pairs |= {f"{normalizer} + cross_entropy" for normalizer in NORMALIZERS}
    pairs |= {f"{normalizer} + brier" for normalizer in NORMALIZERS}
    return pairs


def _widely_compared() -> set[str]:
    losses = set(LOSSES) - {"mae", "clipped_cross_entropy"}
    normalizers = ("spherical", "taylor", "abs", "softplus", "sigsoftmax")
    pairs = {f"softmax + {loss}" for loss in losses}
    pairs |= {f"{normalizer} + cross_entropy" for normalizer in normalizers}
    return pairs


PAIRS = _every_pair()
UP_TO_10_000 = _closely_compared()
"""Pairs that are fitted to 10,000 examples, and from many starts too."""
UP_TO_100_000 = _widely_compared()
"""Pairs that are fitted to 100,000 examples too."""
PROPER_PAIRS = [
    "softmax + brier",
    "softmax + spherical_score",
    "softmax + tsallis_score",
]
QUICK_PAIRS = [
    REFERENCE,
    "softmax + brier",
    "argmax + brier",
    "sum + cross_entropy",
    "z_loss",
]
QUICK_NORMALIZERS = ["softmax", "taylor", "softmax_one"]


def sizes_of(pair: str, quick: bool) -> Sequence[int]:
    """The numbers of examples that a pair is fitted to."""
    if quick:
        return SIZES[:2]
    if pair in UP_TO_100_000:
        return ALL_SIZES
    return SIZES if pair in UP_TO_10_000 else SIZES[:2]
