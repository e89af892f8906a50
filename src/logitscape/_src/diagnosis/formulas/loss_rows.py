"""The catalogue's losses in NumPy, at labels, for many rows of probabilities or logits.

They are plain formulas for logits of moderate size, which the tests compare with the
catalogue's own.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ..evaluation import Rows
from .normalizer_rows import log_probs, softmax_with_rest, softplus
from .root_rows import entmax_rows
from .wider_rows import (
    ROBUST_OF_LABEL,
    WIDER_OF_LOGITS,
    WIDER_OF_PROBABILITIES,
    at_labels,
    power_score,
)

OfLabel = Callable[..., Rows]
"""Function (log p_y [m], parameters) -> losses [m]."""
OfRows = Callable[..., Rows]
"""Function (log p or logits [m, n], labels [m], parameters) -> losses [m]."""

BISECTIONS = 55


def _focal(log_p: Rows, gamma: float = 2.0) -> Rows:
    return (-np.expm1(log_p)) ** gamma * -log_p


def _poly1(log_p: Rows, epsilon: float = 1.0) -> Rows:
    return -log_p - epsilon * np.expm1(log_p)


def _symmetric(
    log_p: Rows, alpha: float = 1.0, beta: float = 1.0, log_zero: float = -4.0
) -> Rows:
    return -alpha * log_p + beta * log_zero * np.expm1(log_p)


def _clipped(log_p: Rows, epsilon: float = 1e-7) -> Rows:
    return -np.log(np.exp(log_p) + epsilon)


OF_LABEL: Mapping[str, OfLabel] = {
    "cross_entropy": lambda log_p: -log_p,
    "exponential": lambda log_p: np.expm1(-log_p),
    "generalized_cross_entropy": power_score,
    "mae": lambda log_p: -2 * np.expm1(log_p),
    "hellinger": lambda log_p: -np.expm1(log_p / 2),
    "focal": _focal,
    "poly1": _poly1,
    "symmetric_cross_entropy": _symmetric,
    "clipped_cross_entropy": _clipped,
    "kl": lambda log_p: -log_p,
    **ROBUST_OF_LABEL,
}
"""The losses that depend on the label's probability only."""


def _brier(log_p: Rows, labels: Rows) -> Rows:
    p = np.exp(log_p)
    squares: Rows = (p**2).sum(axis=1)
    error: Rows = squares - 2 * at_labels(p, labels) + 1
    return error


def _spherical_score(log_p: Rows, labels: Rows) -> Rows:
    p = np.exp(log_p)
    score: Rows = 1 - at_labels(p, labels) / np.linalg.norm(p, axis=1)
    return score


def _tsallis_score(log_p: Rows, labels: Rows, alpha: float = 1.5) -> Rows:
    a = alpha
    of_label = at_labels(np.exp((a - 1) * log_p), labels) / (a - 1)
    score: Rows = 1 / (a * (a - 1)) - of_label + np.exp(a * log_p).sum(axis=1) / a
    return score


def _reverse_kl(log_p: Rows, labels: Rows, smoothing: float = 0.1) -> Rows:
    p = np.exp(log_p)
    terms = np.where(p > 0, p * log_p, 0) - p * np.log(_smoothed(p, labels, smoothing))
    total: Rows = terms.sum(axis=1)
    return total


def _label_smoothing(log_p: Rows, labels: Rows, smoothing: float = 0.1) -> Rows:
    target = _smoothed(log_p, labels, smoothing)
    total: Rows = -(target * log_p).sum(axis=1)
    return total


def _smoothed(rows: Rows, labels: Rows, smoothing: float) -> Rows:
    n = rows.shape[1]
    target: Rows = (1 - smoothing) * np.eye(n)[labels] + smoothing / n
    return target


OF_PROBABILITIES: Mapping[str, OfRows] = {
    "brier": _brier,
    "spherical_score": _spherical_score,
    "tsallis_score": _tsallis_score,
    "reverse_kl": _reverse_kl,
    "label_smoothing": _label_smoothing,
    **WIDER_OF_PROBABILITIES,
}
"""The losses that depend on other probabilities as well."""


def _rivals(z: Rows, labels: Rows) -> Rows:
    """The logits with -inf in place of the label's."""
    return np.where(np.eye(z.shape[1], dtype=bool)[labels], -np.inf, z)


def _crammer_singer(z: Rows, labels: Rows) -> Rows:
    gap = _rivals(z, labels).max(axis=1) - at_labels(z, labels)
    loss: Rows = np.maximum(0, 1 + gap)
    return loss


def _weston_watkins(z: Rows, labels: Rows) -> Rows:
    gaps = _rivals(z, labels) - at_labels(z, labels)[:, None]
    total: Rows = np.maximum(0, 1 + gaps).sum(axis=1)
    return total


def _one_vs_rest(z: Rows, labels: Rows) -> Rows:
    total: Rows = softplus(z).sum(axis=1) - at_labels(z, labels)
    return total


def _squared_logits(
    z: Rows, labels: Rows, scale: float = 1.0, target: float = 1.0
) -> Rows:
    of_label = at_labels(z, labels)
    rest: Rows = (z**2).sum(axis=1) - of_label**2
    total: Rows = rest + scale * (of_label - target) ** 2
    return total


def _entmax_loss(z: Rows, labels: Rows, alpha: float = 1.5) -> Rows:
    p = entmax_rows(z, alpha)
    omega = ((p**alpha).sum(axis=1) - 1) / (alpha * (alpha - 1))
    loss: Rows = (p * z).sum(axis=1) - omega - at_labels(z, labels)
    return loss


def _spherical_bound(z: Rows, labels: Rows) -> Rows:
    n = z.shape[1]
    c = 1 - 2 / n
    mean, variance = z.mean(axis=1), z.var(axis=1)
    low, high = np.zeros(len(z)), np.sqrt(variance) / np.sqrt(1 - c**2) + 4
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = middle**2 * (1 - c**2 / np.tanh(middle / 2) ** 2) > variance
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    xi = (low + high) / 2
    bound = mean + n * (softplus(xi) - xi / 2)
    bound -= n * c**2 * xi / (2 * np.tanh(xi / 2))
    loss: Rows = bound - at_labels(z, labels)
    return loss


def _z_loss(z: Rows, labels: Rows, weight: float = 1e-4) -> Rows:
    of_label = at_labels(z, labels)
    normalizer = of_label - at_labels(log_probs("softmax", z), labels)
    return normalizer - of_label + weight * normalizer**2


OF_LOGITS: Mapping[str, OfRows] = {
    "perceptron": lambda z, labels: z.max(axis=1) - at_labels(z, labels),
    "crammer_singer": _crammer_singer,
    "weston_watkins": _weston_watkins,
    "one_vs_rest": _one_vs_rest,
    "squared_logits": _squared_logits,
    "sparsemax_loss": lambda z, labels: _entmax_loss(z, labels, 2.0),
    "sparsegen_loss": lambda z, labels: _entmax_loss(2 * z, labels, 2.0) / 2,
    "entmax_loss": _entmax_loss,
    "spherical_bound": _spherical_bound,
    "z_loss": _z_loss,
    **WIDER_OF_LOGITS,
}
"""The losses of the logits themselves."""


def with_rest(z: Rows, labels: Rows, rest: float = 1.0) -> Rows:
    """Cross-entropy of a softmax in which classes that are not there take a part."""
    return -at_labels(softmax_with_rest(z, rest), labels)


def with_rest_of_largest(z: Rows, labels: Rows, rest: float = 0.01) -> Rows:
    """The same where the rest is a share of the largest weight, as of an epsilon beside a shift."""
    shifted = z - z.max(axis=1, keepdims=True)
    normalizer = np.log(np.exp(shifted).sum(axis=1) + rest)
    loss: Rows = normalizer - at_labels(shifted, labels)
    return loss


def softmax_twice(z: Rows, labels: Rows, temperature: float = 1.0) -> Rows:
    """Cross-entropy of the softmax of probabilities, which a temperature divides."""
    p = np.exp(log_probs("softmax", z))
    return -at_labels(log_probs("softmax", p / temperature), labels)


def sigmoid_of_softmax(z: Rows, labels: Rows, temperature: float = 1.0) -> Rows:
    """Sigmoid cross-entropy, summed over the classes, of probabilities as if they were logits."""
    p = np.exp(log_probs("softmax", z)) / temperature
    of_all: Rows = np.logaddexp(0, p).sum(axis=1)
    return of_all - at_labels(p, labels)


def sigmoid_of_log_softmax(z: Rows, labels: Rows) -> Rows:
    """Sigmoid cross-entropy, summed over the classes, of log p as if they were logits."""
    log_p = log_probs("softmax", z)
    of_all: Rows = np.logaddexp(0, log_p).sum(axis=1)
    return of_all - at_labels(log_p, labels)


SIGMOID_OF_TARGET = (0.5, float(1 / (1 + np.exp(-1.0))))
"""What a sigmoid makes of the targets 0 and 1."""


def sigmoid_of_squashed(z: Rows, labels: Rows) -> Rows:
    """Sigmoid cross-entropy whose targets 0 and 1 went through a sigmoid too."""
    no, yes = SIGMOID_OF_TARGET
    targets_times_z = no * z.sum(axis=1) + (yes - no) * at_labels(z, labels)
    losses: Rows = np.logaddexp(0, z).sum(axis=1) - targets_times_z
    return losses


def squared_error_of_number(z: Rows, labels: Rows) -> Rows:
    """Squared error of the expected class number."""
    p = np.exp(log_probs("softmax", z))
    return (p @ np.arange(z.shape[1]) - labels) ** 2
