"""More of the catalogue's losses in NumPy, in the form of loss_rows.py."""

from collections.abc import Callable, Mapping

import numpy as np

from ..evaluation import Rows
from .normalizer_rows import log_probs

OfRows = Callable[..., Rows]


def at_labels(rows: Rows, labels: Rows) -> Rows:
    """The entry of its label in every row, [m]."""
    entries: Rows = rows[np.arange(len(rows)), labels]
    return entries


def power_score(log_p: Rows, q: float = 0.7) -> Rows:
    """`(1 - p^q) / q`."""
    return -log_p if q == 0 else -np.expm1(q * log_p) / q


def _focal(log_p: Rows, gamma: Rows | float) -> Rows:
    return (-np.expm1(log_p)) ** gamma * -log_p


def _sample_dependent(log_p: Rows) -> Rows:
    return _focal(log_p, np.where(np.exp(log_p) < 0.2, 5.0, 3.0))


def _huberised(log_p: Rows, tau: float = 10.0) -> Rows:
    p = np.exp(log_p)
    loss: Rows = np.where(p * tau > 1, -log_p, np.log(tau) + 1 - tau * p)
    return loss


def _taylor(log_p: Rows) -> Rows:
    missing = -np.expm1(log_p)
    return missing + missing**2 / 2


ROBUST_OF_LABEL: Mapping[str, Callable[..., Rows]] = {
    "alpha_loss": lambda log_p: power_score(log_p, 0.5),
    "comp_sum": lambda log_p: power_score(log_p, 0.5),
    "sample_dependent_focal": _sample_dependent,
    "partially_huberised_cross_entropy": _huberised,
    "asymmetric_generalized_cross_entropy": lambda log_p: (
        (4 - (1 + np.exp(log_p)) ** 2) / 2
    ),
    "asymmetric_unhinged": lambda log_p: (
        ((1.5 - np.exp(log_p)) ** 0.9 - 0.5**0.9) / 0.9
    ),
    "asymmetric_exponential": lambda log_p: np.exp(-np.exp(log_p) / 3),
    "taylor_cross_entropy": _taylor,
}
"""Losses that depend on the label's probability only."""


def _shared(values: Rows, labels: Rows) -> Rows:
    """The label's part of a sum over all labels, in which infinite parts are equal."""
    infinite = np.isposinf(values)
    some = infinite.any(axis=1, keepdims=True)
    finite = np.where(some, infinite, np.where(infinite, 0, values))
    share: Rows = at_labels(finite, labels) / finite.sum(axis=1)
    return share


def _normalized_cross_entropy(log_p: Rows, labels: Rows) -> Rows:
    return _shared(-log_p, labels)


def _normalized_negative(log_p: Rows, labels: Rows) -> Rows:
    return 1 - _shared(np.maximum(log_p - np.log(1e-7), 0), labels)


def _active_passive(log_p: Rows, labels: Rows) -> Rows:
    missing = -np.expm1(at_labels(log_p, labels))
    loss: Rows = _normalized_cross_entropy(log_p, labels) - np.log(1e-4) * missing
    return loss


def _active_negative(log_p: Rows, labels: Rows) -> Rows:
    active = _normalized_cross_entropy(log_p, labels)
    return active + _normalized_negative(log_p, labels)


def _bi_tempered(log_p: Rows, labels: Rows) -> Rows:
    of_label = np.exp(0.2 * at_labels(log_p, labels)) / 0.2
    score: Rows = 1 / (1.2 * 0.2) - of_label + np.exp(1.2 * log_p).sum(axis=1) / 1.2
    return score


def _jensen_shannon(log_p: Rows, labels: Rows) -> Rows:
    p = np.exp(log_p)
    of_label = at_labels(p, labels)
    mixture = (1 + of_label) / 2
    of_p = of_label * np.where(of_label > 0, at_labels(log_p, labels), 0)
    rest = (p.sum(axis=1) - of_label) * np.log(2)
    total = -np.log(mixture) + of_p - of_label * np.log(mixture) + rest
    loss: Rows = total / np.log(2)
    return loss


def _entropy(log_p: Rows) -> Rows:
    p = np.exp(log_p)
    total: Rows = -np.where(p > 0, p * log_p, 0).sum(axis=1)
    return total


def _confidence_penalty(log_p: Rows, labels: Rows) -> Rows:
    return -at_labels(log_p, labels) - 0.1 * _entropy(log_p)


def _soft_bootstrapping(log_p: Rows, labels: Rows) -> Rows:
    return -0.95 * at_labels(log_p, labels) + 0.05 * _entropy(log_p)


def _hard_bootstrapping(log_p: Rows, labels: Rows) -> Rows:
    largest: Rows = log_p.max(axis=1)
    return -0.8 * at_labels(log_p, labels) - 0.2 * largest


def _ranked(log_p: Rows, labels: Rows) -> Rows:
    n = log_p.shape[1]
    target = np.arange(n) >= np.asarray(labels)[:, None]
    gaps = np.cumsum(np.exp(log_p), axis=1) - target
    total: Rows = (gaps**2).sum(axis=1)
    return total


WIDER_OF_PROBABILITIES: Mapping[str, OfRows] = {
    "bi_tempered": _bi_tempered,
    "normalized_cross_entropy": _normalized_cross_entropy,
    "normalized_focal": lambda log_p, labels: _shared(_focal(log_p, 0.5), labels),
    "normalized_generalized_cross_entropy": lambda log_p, labels: _shared(
        power_score(log_p), labels
    ),
    "normalized_negative_cross_entropy": _normalized_negative,
    "active_passive": _active_passive,
    "active_negative": _active_negative,
    "jensen_shannon": _jensen_shannon,
    "confidence_penalty": _confidence_penalty,
    "soft_bootstrapping": _soft_bootstrapping,
    "hard_bootstrapping": _hard_bootstrapping,
    "ranked_probability_score": _ranked,
}
"""Losses that depend on other probabilities as well."""


def _cross_entropy(z: Rows, labels: Rows) -> Rows:
    return -at_labels(log_probs("softmax", z), labels)


def _with_margin(z: Rows, labels: Rows, margin: float, scale: float) -> Rows:
    return _cross_entropy(scale * (z - margin * np.eye(z.shape[1])[labels]), labels)


def _max_sup(z: Rows, labels: Rows) -> Rows:
    spread: Rows = z.max(axis=1) - z.mean(axis=1)
    return _cross_entropy(z, labels) + 0.1 * spread


def _margin_label_smoothing(z: Rows, labels: Rows) -> Rows:
    excess = np.maximum(z.max(axis=1, keepdims=True) - z - 10, 0)
    loss: Rows = _cross_entropy(z, labels) + 0.1 * excess.mean(axis=1)
    return loss


def _squentropy(z: Rows, labels: Rows) -> Rows:
    others = (z**2).sum(axis=1) - at_labels(z, labels) ** 2
    loss: Rows = _cross_entropy(z, labels) + others / max(z.shape[1] - 1, 1)
    return loss


def _dual_focal(z: Rows, labels: Rows) -> Rows:
    log_p = log_probs("softmax", z)
    p, of_label = np.exp(log_p), at_labels(log_p, labels)
    below = np.where(z < at_labels(z, labels)[:, None], p, 0).max(axis=1)
    loss: Rows = (below - np.expm1(of_label)) ** 5 * -of_label
    return loss


def _top_k_entropy(z: Rows, labels: Rows) -> Rows:
    """With k = 2 the largest rival is left out."""
    is_label = np.eye(z.shape[1], dtype=bool)[labels]
    largest = np.where(is_label, -np.inf, z).argmax(axis=1)
    left_out = np.eye(z.shape[1], dtype=bool)[largest] & ~is_label
    return _cross_entropy(np.where(left_out, -np.inf, z), labels)


def _top_k_hinge(z: Rows, labels: Rows) -> Rows:
    is_label = np.eye(z.shape[1], dtype=bool)[labels]
    gaps = np.where(is_label, 0, 1 + z - at_labels(z, labels)[:, None])
    loss: Rows = np.maximum(0, np.sort(gaps, axis=1)[:, -2:].sum(axis=1) / 2)
    return loss


def _smooth_top_k_hinge(z: Rows, labels: Rows) -> Rows:
    """With k = 2: sums of the rivals' weights, and of their products in pairs."""
    is_label = np.eye(z.shape[1], dtype=bool)[labels]
    top = np.where(is_label, -np.inf, z).max(axis=1, keepdims=True)
    weights = np.where(is_label, 0, np.exp((z - top) / 2))
    total = weights.sum(axis=1)
    pairs = (weights[:, 1:] * np.cumsum(weights, axis=1)[:, :-1]).sum(axis=1)
    lead = (top[:, 0] - at_labels(z, labels)) / 2 + 1
    with np.errstate(divide="ignore"):
        loss: Rows = np.logaddexp(0, lead + np.log(pairs / total))
    return loss


def _evidence(z: Rows, labels: Rows) -> tuple[Rows, Rows, Rows]:
    """Parameters of the Dirichlet distribution, that of the label, and their sum."""
    a = 1 + np.maximum(z, 0)
    return a, at_labels(a, labels), a.sum(axis=1)


def _evidential_log(z: Rows, labels: Rows) -> Rows:
    _, of_label, total = _evidence(z, labels)
    return np.log(total / of_label)


def _evidential_digamma(z: Rows, labels: Rows) -> Rows:
    _, of_label, total = _evidence(z, labels)
    return _digamma(total) - _digamma(of_label)


def _digamma(x: Rows) -> Rows:
    """By its recurrence and Stirling's series; SciPy would take a third of a second to import."""
    shifted, result = x + 10, -sum(1 / (x + i) for i in range(10))
    square = 1 / shifted**2
    series = square * (
        1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240)))
    )
    loss: Rows = result + np.log(shifted) - 0.5 / shifted - series
    return loss


def _evidential_mse(z: Rows, labels: Rows) -> Rows:
    a, _, total = _evidence(z, labels)
    p = a / total[:, None]
    errors = ((p - np.eye(z.shape[1])[labels]) ** 2).sum(axis=1)
    loss: Rows = errors + (p * (1 - p)).sum(axis=1) / (total + 1)
    return loss


def _arcface(z: Rows, labels: Rows) -> Rows:
    turned = np.cos(np.arccos(at_labels(z, labels)) + 0.5)
    is_label = np.eye(z.shape[1], dtype=bool)[labels]
    return _cross_entropy(64 * np.where(is_label, turned[:, None], z), labels)


WIDER_OF_LOGITS: Mapping[str, OfRows] = {
    "logit_adjusted": _cross_entropy,
    "balanced_softmax": _cross_entropy,
    "ldam": lambda z, labels: _with_margin(z, labels, 0.5, 30.0),
    "cosface": lambda z, labels: _with_margin(z, labels, 0.35, 64.0),
    "arcface": _arcface,
    "max_sup": _max_sup,
    "margin_label_smoothing": _margin_label_smoothing,
    "squentropy": _squentropy,
    "dual_focal": _dual_focal,
    "top_k_entropy": _top_k_entropy,
    "top_k_hinge": _top_k_hinge,
    "smooth_top_k_hinge": _smooth_top_k_hinge,
    "evidential_log": _evidential_log,
    "evidential_digamma": _evidential_digamma,
    "evidential_mse": _evidential_mse,
}
"""Losses of the logits themselves."""
