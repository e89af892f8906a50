"""The part of the catalogue that the figures compare: the formulas that people argue about.

The catalogue is wider. What is true of all of it is in the listing that `logitscape list` prints.
"""

NORMALIZERS: tuple[str, ...] = (
    "softmax",
    "sum",
    "abs",
    "relu",
    "square",
    "spherical",
    "taylor",
    "softplus",
    "sigmoid",
    "sigsoftmax",
    "iterated_exponential",
    "min_shift",
    "argmax",
    "softmax_one",
    "sparsemax",
    "entmax",
)
"""Normalizers, in the order of the figures."""

PROBABILITY_LOSSES: tuple[str, ...] = (
    "cross_entropy",
    "exponential",
    "generalized_cross_entropy",
    "mae",
    "hellinger",
    "focal",
    "poly1",
    "symmetric_cross_entropy",
    "clipped_cross_entropy",
    "brier",
    "spherical_score",
    "tsallis_score",
    "kl",
    "reverse_kl",
    "label_smoothing",
)
"""Losses of probabilities."""

LOGIT_LOSSES: tuple[str, ...] = (
    "perceptron",
    "crammer_singer",
    "weston_watkins",
    "one_vs_rest",
    "squared_logits",
    "sparsemax_loss",
    "entmax_loss",
    "spherical_bound",
    "z_loss",
)
"""Losses of logits, which need no normalizer."""
