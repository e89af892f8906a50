"""The catalogue's losses with an answer for every class in NumPy, for many rows of logits.

They are plain formulas for logits of moderate size and targets of 0 and 1, which the tests compare
with the catalogue's own.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ...base.target_kinds import LABELS, POSITIVES, TargetKind
from ..evaluation import Rows
from .normalizer_rows import softplus

OfAnswers = Callable[..., Rows]
"""Function (logits [m, n], targets [m, n], parameters) -> losses [m]."""
LARGEST_LOG, SMALLEST = 10.0, 1e-4
"""Largest logarithm of a parameter, and the size below which it is 0."""


@dataclass(frozen=True)
class AnswerLoss:
    """A known loss of logits and an answer for every class.

    Attributes:
        function: The formula.
        starts: Values of its parameters from which a fit starts, apart from their defaults.
        on_log_scale: Whether the parameters are above 0, so that their logarithms are fitted.
    """

    function: OfAnswers = field(repr=False)
    starts: Mapping[str, float] = field(default_factory=dict)
    on_log_scale: bool = True

    def parameters(self, numbers: Rows) -> dict[str, float]:
        """The parameters that belong to the numbers of a fit."""
        values = numbers
        if self.on_log_scale:
            values = np.exp(np.clip(numbers, -LARGEST_LOG, LARGEST_LOG))
            values = np.where(values < SMALLEST, 0, values)
        return {
            name: float(value) for name, value in zip(self.starts, values, strict=True)
        }

    def start(self) -> list[float]:
        """The numbers of a fit where it starts."""
        values = list(self.starts.values())
        return list(map(math.log, values)) if self.on_log_scale else values


def _sigmoid(z: Rows) -> Rows:
    return np.exp(-softplus(-z))


def _of_margins(z: Rows, t: Rows, loss: Callable[[Rows], Rows]) -> Rows:
    total: Rows = loss((2 * t - 1) * z).sum(axis=1)
    return total


def _cross_entropy(z: Rows, t: Rows, pos_weight: float = 1.0) -> Rows:
    terms = pos_weight * t * softplus(-z) + (1 - t) * softplus(z)
    total: Rows = terms.sum(axis=1)
    return total


def _focal(z: Rows, t: Rows, gamma: float = 2.0, alpha: float = 0.25) -> Rows:
    yes = alpha * t * _sigmoid(-z) ** gamma * softplus(-z)
    no = (1 - alpha) * (1 - t) * _sigmoid(z) ** gamma * softplus(z)
    total: Rows = (yes + no).sum(axis=1)
    return total


def _asymmetric(
    z: Rows,
    t: Rows,
    gamma_positive: float = 1.0,
    gamma_negative: float = 4.0,
    shift: float = 0.05,
) -> Rows:
    q = np.maximum(_sigmoid(z) - shift, 0)
    yes = t * _sigmoid(-z) ** gamma_positive * softplus(-z)
    no = (1 - t) * q**gamma_negative * -np.log1p(-q)
    total: Rows = (yes + no).sum(axis=1)
    return total


def _brier(z: Rows, t: Rows) -> Rows:
    total: Rows = ((_sigmoid(z) - t) ** 2).sum(axis=1)
    return total


def _hinge(z: Rows, t: Rows, margin: float = 1.0) -> Rows:
    return _of_margins(z, t, lambda x: np.maximum(margin - x, 0))


def _squared_hinge(z: Rows, t: Rows, margin: float = 1.0) -> Rows:
    return _of_margins(z, t, lambda x: np.maximum(margin - x, 0) ** 2)


def _perceptron(z: Rows, t: Rows) -> Rows:
    return _of_margins(z, t, lambda x: np.maximum(-x, 0))


def _tversky(
    z: Rows, t: Rows, alpha: float = 0.3, beta: float = 0.7, smoothing: float = 0.0
) -> Rows:
    p = _sigmoid(z)
    hits = (t * p).sum(axis=1) + smoothing
    errors = alpha * ((1 - t) * p).sum(axis=1) + beta * (t * (1 - p)).sum(axis=1)
    share: Rows = np.where(errors + hits == 0, 1, errors / (errors + hits))
    return share


def _soft_f1(z: Rows, t: Rows, smoothing: float = 0.0) -> Rows:
    return _tversky(z, t, 0.5, 0.5, smoothing / 2)


def _dice(z: Rows, t: Rows, smoothing: float = 0.0) -> Rows:
    p = _sigmoid(z)
    squares = (p**2 + t**2).sum(axis=1) + smoothing
    loss: Rows = ((p - t) ** 2).sum(axis=1) / squares
    return loss


def _lovasz(z: Rows, t: Rows) -> Rows:
    errors = 1 - (2 * t - 1) * z
    order = np.argsort(-errors, axis=1, kind="stable")
    sorted_errors, wrong = (np.take_along_axis(x, order, axis=1) for x in (errors, t))
    positives = t.sum(axis=1, keepdims=True)
    kept = positives - np.cumsum(wrong, axis=1)
    union = positives + np.cumsum(1 - wrong, axis=1)
    jaccard = 1 - kept / union
    rises = np.diff(jaccard, axis=1, prepend=0)
    total: Rows = (rises * np.maximum(sorted_errors, 0)).sum(axis=1)
    return total


def _zlpr(z: Rows, t: Rows) -> Rows:
    others = np.log1p(((1 - t) * np.exp(z)).sum(axis=1))
    there = np.log1p((t * np.exp(-z)).sum(axis=1))
    total: Rows = others + there
    return total


def _lsep(z: Rows, t: Rows) -> Rows:
    others = ((1 - t) * np.exp(z)).sum(axis=1)
    there = (t * np.exp(-z)).sum(axis=1)
    total: Rows = np.log1p(others * there)
    return total


def _log_softmax(z: Rows) -> Rows:
    shifted = z - z.max(axis=1, keepdims=True)
    log_p: Rows = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_p


def _supervised(z: Rows, t: Rows, temperature: float = 0.1) -> Rows:
    counts = np.maximum(t.sum(axis=1), 1)
    loss: Rows = -(t * _log_softmax(z / temperature)).sum(axis=1) / counts
    return loss


def _mil_nce(z: Rows, t: Rows, temperature: float = 1.0) -> Rows:
    loss: Rows = -np.log((t * np.exp(_log_softmax(z / temperature))).sum(axis=1))
    return loss


def _siglip(z: Rows, t: Rows, scale: float = 10.0, bias: float = -10.0) -> Rows:
    return _cross_entropy(scale * z + bias, t)


OF_ANSWERS: Mapping[str, AnswerLoss] = {
    "sigmoid_cross_entropy": AnswerLoss(_cross_entropy, {"pos_weight": 3.0}),
    "sigmoid_focal": AnswerLoss(_focal, {"gamma": 2.0, "alpha": 0.5}),
    "asymmetric": AnswerLoss(
        _asymmetric, {"gamma_positive": 1.0, "gamma_negative": 3.0, "shift": 0.05}
    ),
    "sigmoid_brier": AnswerLoss(_brier),
    "binary_hinge": AnswerLoss(_hinge, {"margin": 1.0}),
    "binary_squared_hinge": AnswerLoss(_squared_hinge, {"margin": 1.0}),
    "binary_perceptron": AnswerLoss(_perceptron),
    "soft_f1": AnswerLoss(_soft_f1, {"smoothing": 1.0}),
    "dice": AnswerLoss(_dice, {"smoothing": 1.0}),
    "tversky": AnswerLoss(_tversky, {"alpha": 0.5, "beta": 0.5, "smoothing": 1.0}),
    "lovasz_hinge": AnswerLoss(_lovasz),
    "zlpr": AnswerLoss(_zlpr),
    "lsep": AnswerLoss(_lsep),
}
"""The multi-label losses."""

OF_MARKS: Mapping[str, AnswerLoss] = {
    "supervised_contrastive": AnswerLoss(_supervised, {"temperature": 0.5}),
    "mil_nce": AnswerLoss(_mil_nce, {"temperature": 0.5}),
    "siglip": AnswerLoss(_siglip, {"scale": 5.0, "bias": 0.0}, on_log_scale=False),
}
"""The losses of a row of similarities with its positives marked."""


def known_losses(kind: TargetKind) -> Mapping[str, AnswerLoss]:
    """The known losses of a kind of targets; none for a distribution."""
    by_kind = {LABELS.name: OF_ANSWERS, POSITIVES.name: OF_MARKS}
    return by_kind.get(kind.name, {})
