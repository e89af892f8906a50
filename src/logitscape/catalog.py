"""The catalogue: every normalizer and every loss by name. Formula, domain and source stand in each function's docstring."""

from collections.abc import Callable
from typing import Any

from . import losses, normalizers

NORMALIZERS: dict[str, Callable[..., Any]] = {
    "softmax": normalizers.softmax,
    "sum": normalizers.sum,
    "abs": normalizers.abs,
    "relu": normalizers.relu,
    "square": normalizers.square,
    "spherical": normalizers.spherical,
    "taylor": normalizers.taylor,
    "softplus": normalizers.softplus,
    "sigmoid": normalizers.sigmoid,
    "sigsoftmax": normalizers.sigsoftmax,
    "iterated_exponential": normalizers.iterated_exponential,
    "min_shift": normalizers.min_shift,
    "argmax": normalizers.argmax,
    "softmax_one": normalizers.softmax_one,
    "sparsemax": normalizers.sparsemax,
    "entmax": normalizers.entmax,
}

PROBABILITY_LOSSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": losses.cross_entropy,
    "exponential": losses.exponential,
    "generalized_cross_entropy": losses.generalized_cross_entropy,
    "mae": losses.mae,
    "hellinger": losses.hellinger,
    "focal": losses.focal,
    "poly1": losses.poly1,
    "symmetric_cross_entropy": losses.symmetric_cross_entropy,
    "clipped_cross_entropy": losses.clipped_cross_entropy,
    "brier": losses.brier,
    "spherical_score": losses.spherical_score,
    "tsallis_score": losses.tsallis_score,
    "kl": losses.kl,
    "reverse_kl": losses.reverse_kl,
    "label_smoothing": losses.label_smoothing,
}
"""Losses of probabilities, `(Probs, target) -> scalar`: they go with any normalizer."""

LOGIT_LOSSES: dict[str, Callable[..., Any]] = {
    "perceptron": losses.perceptron,
    "crammer_singer": losses.crammer_singer,
    "weston_watkins": losses.weston_watkins,
    "one_vs_rest": losses.one_vs_rest,
    "squared_logits": losses.squared_logits,
    "sparsemax_loss": losses.sparsemax_loss,
    "entmax_loss": losses.entmax_loss,
    "spherical_bound": losses.spherical_bound,
    "z_loss": losses.z_loss,
}
"""Losses of the logits themselves, `(logits, target) -> scalar`: they stand alone."""

LOSSES: dict[str, Callable[..., Any]] = PROBABILITY_LOSSES | LOGIT_LOSSES

PREDICTORS: dict[str, str] = {
    "perceptron": "argmax",
    "crammer_singer": "argmax",
    "weston_watkins": "argmax",
    "one_vs_rest": "sigmoid",
    "squared_logits": "argmax",
    "sparsemax_loss": "sparsemax",
    "entmax_loss": "entmax",
    "spherical_bound": "softmax",
    "z_loss": "softmax",
}
"""The normalizer that turns the logits trained with a logit loss into a prediction; it takes the parameters it shares."""
