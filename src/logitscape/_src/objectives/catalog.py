"""The catalogue: every normalizer and every loss by name. Formula, domain and source stand in each function's docstring."""

from collections.abc import Callable
from typing import Any

from ..losses import distribution, fenchel_young, label, margin, regression
from ..normalizers import exponential, rational, sigmoidal, sparse

NORMALIZERS: dict[str, Callable[..., Any]] = {
    "softmax": exponential.softmax,
    "sum": rational.sum,
    "abs": rational.abs,
    "relu": rational.relu,
    "square": rational.square,
    "spherical": rational.spherical,
    "taylor": rational.taylor,
    "softplus": sigmoidal.softplus,
    "sigmoid": sigmoidal.sigmoid,
    "sigsoftmax": sigmoidal.sigsoftmax,
    "iterated_exponential": exponential.iterated_exponential,
    "min_shift": rational.min_shift,
    "argmax": exponential.argmax,
    "softmax_one": exponential.softmax_one,
    "sparsemax": sparse.sparsemax,
    "entmax": sparse.entmax,
}

PROBABILITY_LOSSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": label.cross_entropy,
    "exponential": label.exponential,
    "generalized_cross_entropy": label.generalized_cross_entropy,
    "mae": label.mae,
    "hellinger": label.hellinger,
    "focal": label.focal,
    "poly1": label.poly1,
    "symmetric_cross_entropy": label.symmetric_cross_entropy,
    "clipped_cross_entropy": label.clipped_cross_entropy,
    "brier": distribution.brier,
    "spherical_score": distribution.spherical_score,
    "tsallis_score": distribution.tsallis_score,
    "kl": distribution.kl,
    "reverse_kl": distribution.reverse_kl,
    "label_smoothing": distribution.label_smoothing,
}
"""Losses of probabilities, `(Probs, target) -> scalar`: they go with any normalizer."""

LOGIT_LOSSES: dict[str, Callable[..., Any]] = {
    "perceptron": margin.perceptron,
    "crammer_singer": margin.crammer_singer,
    "weston_watkins": margin.weston_watkins,
    "one_vs_rest": regression.one_vs_rest,
    "squared_logits": regression.squared_logits,
    "sparsemax_loss": fenchel_young.sparsemax_loss,
    "entmax_loss": fenchel_young.entmax_loss,
    "spherical_bound": regression.spherical_bound,
    "z_loss": regression.z_loss,
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
