"""The objectives of the atlas: the normalizers of its rows and the losses of its columns."""

from ..shared.catalogue import LOGIT_LOSSES

EXPONENTIAL = ("softmax", "softmax_one", "sigsoftmax")
"""Normalizers that are like e^z or e^2z at both ends."""
LOGARITHMIC = (
    "cross_entropy",
    "kl",
    "focal",
    "poly1",
    "symmetric_cross_entropy",
    "label_smoothing",
)
"""Losses that are like -log p at p = 0."""
SMOOTHED = ("label_smoothing", "reverse_kl")
FAMILIES = {
    "$e^z$": EXPONENTIAL,
    "powers of $z$": (
        "softplus",
        "sum",
        "abs",
        "relu",
        "taylor",
        "square",
        "spherical",
    ),
    "bounded, or $e^{e^z}$": ("sigmoid", "iterated_exponential"),
    "exact zeros": ("min_shift", "argmax", "sparsemax", "entmax"),
}
"""Families of the rows, in order."""
ROWS = tuple(row for members in FAMILIES.values() for row in members)
"""Normalizers, family by family."""
COLUMNS = (
    *LOGARITHMIC,
    "exponential",
    "tsallis_score",
    "hellinger",
    "generalized_cross_entropy",
    "mae",
    "brier",
    "spherical_score",
    "reverse_kl",
    "clipped_cross_entropy",
)
PAIRS = {(row, column): f"{row} + {column}" for row in ROWS for column in COLUMNS}
"""Objectives by normalizer and loss."""
ALONE = LOGIT_LOSSES
"""Losses that take the logits themselves."""
