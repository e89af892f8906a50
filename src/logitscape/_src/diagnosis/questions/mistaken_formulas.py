"""Mistakes in the formula: softmax twice, probabilities that are clipped or underflow, a forgotten logarithm."""

import numpy as np
from scipy.special import log_softmax

from ..answers import Severity, Witness
from ..evaluation import Rows, evaluate, one_hot
from .mistake_samples import (
    EXACT,
    FAR,
    Found,
    Samples,
    factor_of,
    fit,
    short,
    weighted_surprise,
)


def forgotten_logarithm(samples: Samples) -> Found | None:
    """The negative probability, as when a likelihood is expected to take the logarithm."""
    p = np.exp(samples.log_p)
    features = np.concatenate([np.ones((len(p), 1)), p[:, :-1]], axis=1)
    for label, values in zip(samples.labels[:1], samples.values[:1], strict=True):
        weights = fit(features, values.loss)
        if weights is None:
            return None
        if weights[0] < -1e-3 or (abs(weights[0]) <= 1e-3 and weights[1 + label] < 0):
            text = "The loss is minus the probability: the logarithm is missing (a negative log-likelihood wants log p)."
            return Found(
                "logarithm missing",
                "serious",
                text,
                float(weights[1]),
                samples.witness(label, "loss = -p_y"),
            )
    return None


def softmax_twice(samples: Samples) -> Found | None:
    """Cross-entropy of a softmax of probabilities: confined to a band of width 1."""
    factor = factor_of(
        samples,
        lambda z, label: -log_softmax(np.exp(log_softmax(z, axis=1)), axis=1)[:, label],
    )
    if factor is None:
        return None
    low = float(np.log(np.e + samples.z.shape[1] - 1) - 1) * factor
    text = (
        f"Softmax is applied twice: the loss stays between {low:.3f} and {low + factor:.3f} whatever the logits, and the "
        "gradient fades both when wrong and when right. Give the logits to the loss."
    )
    shows = (
        f"the label is wrong by 1000, and the loss is only {samples.far.loss[-1]:.4f}"
    )
    witness = Witness(
        (0.0, 1000.0, *[0.0] * (samples.z.shape[1] - 2)),
        one_hot(0, samples.z.shape[1]),
        shows,
        "loss",
    )
    return Found("softmax applied twice", "serious", text, factor, witness)


def squared_error(samples: Samples) -> Found | None:
    """The squared error of the softmax, in whatever convention."""

    def formula(z: Rows, label: int) -> Rows:
        p = np.exp(log_softmax(z, axis=1))
        total: Rows = np.sum((p - np.eye(z.shape[1])[label]) ** 2, axis=1)
        return total

    factor = factor_of(samples, formula)
    if factor is None:
        return None
    text = f"This is the squared error of the softmax (Brier's score times {factor:.4g}): its gradient fades when wrong."
    return Found("squared error after softmax", "note", text, factor, None)


def sparsemax_squared(samples: Samples) -> Found | None:
    """The squared error of sparsemax in place of the sparsemax loss."""
    factor = factor_of(
        samples,
        lambda z, label: np.sum(
            (_sparsemax(z) - np.eye(z.shape[1])[label]) ** 2, axis=1
        ),
    )
    if factor is None:
        return None
    n = samples.z.shape[1]
    witness = Witness(
        (0.0, 3.0, *[0.0] * (n - 2)),
        one_hot(0, n),
        "gradient = 0 although class 1 is predicted",
    )
    text = "This is the squared error of sparsemax, not the sparsemax loss (whose gradient is p - t): it is dead once wrong by 1."
    return Found("squared error of sparsemax", "serious", text, factor, witness)


def _sparsemax(z: Rows) -> Rows:
    ordered = -np.sort(-z, axis=1)
    k = np.arange(1, z.shape[1] + 1)
    tau = (np.cumsum(ordered, axis=1) - 1) / k
    count = np.sum(ordered > tau, axis=1)
    projected: Rows = np.maximum(z - tau[np.arange(len(z)), count - 1][:, None], 0)
    return projected


def clipped(samples: Samples) -> Found | None:
    """A probability kept from 0, by a clip or a constant inside the logarithm: the loss is flat far out, at -log(epsilon)."""
    loss = samples.far.loss
    flat = np.isfinite(loss).all() and abs(loss[-1] - loss[-2]) <= 1e-9 * abs(loss[-1])
    if not flat or loss[-1] <= 0:
        return None
    epsilon = float(np.exp(-loss[-1]))
    p = np.exp(samples.log_p[:, samples.labels[0]])
    seen = np.exp(-samples.values[0].loss)
    dead = not samples.far.gradient[-2:].any() and epsilon < 0.1
    if dead and np.max(np.abs(seen - np.maximum(p, epsilon))) <= EXACT:
        return _kept_from_zero(
            samples, "clipped probability", "serious", "is exactly 0", epsilon
        )
    if np.max(np.abs(seen - (p + epsilon))) <= EXACT:
        severe: Severity = "serious" if epsilon > 1e-4 else "warning"
        return _kept_from_zero(
            samples, "epsilon inside the logarithm", severe, "fades", epsilon
        )
    return None


def _kept_from_zero(
    samples: Samples, verdict: str, severity: Severity, how: str, epsilon: float
) -> Found:
    n, most = samples.z.shape[1], -np.log(epsilon)
    gap = float(np.ceil(most + 5))
    at = (0.0, gap, *[0.0] * (n - 2))
    gradient = evaluate(samples.subject, [at], 0).gradient[0]
    witness = Witness(
        at,
        one_hot(0, n),
        f"the label is wrong by {gap:g}; gradient = {short(gradient)}",
    )
    text = (
        f"The probability is kept above {epsilon:.2g}: the gradient {how} once the label is wrong by more than "
        f"{most:.3g}, and the loss never exceeds that. Use log_softmax of the logits."
    )
    return Found(verdict, severity, text, epsilon, witness)


def log_of_probability(samples: Samples) -> Found | None:
    """The logarithm of a softmax that underflows: cross-entropy until the probability is 0."""
    fitted = list(weighted_surprise(samples))
    lost = ~np.isfinite(samples.far.loss) | ~np.isfinite(samples.far.gradient).all(
        axis=1
    )
    if not fitted or not lost[-1]:
        return None
    gap = 1000.0
    n = samples.z.shape[1]
    at = (0.0, gap, *[0.0] * (n - 2))
    loss = float(samples.far.loss[-1])
    witness = Witness(
        at,
        one_hot(0, n),
        f"loss = {loss:g}, gradient = {short(samples.far.gradient[-1])}; it should be {gap:g}",
    )
    text = (
        "The logarithm is taken of a probability, which underflows: loss and gradient are infinite or NaN once the label is "
        "wrong by about 104 in float32 (745 in float64). Use log_softmax."
    )
    return Found("logarithm of a probability", "serious", text, gap, witness)


def power_of_nothing(samples: Samples) -> Found | None:
    """A gradient that is NaN or infinite once p rounds to 1, as of `(1 - p)^gamma` with gamma < 1."""
    bad = np.isfinite(samples.right.loss) & ~np.isfinite(samples.right.gradient).all(
        axis=1
    )
    if not bad.any():
        return None
    gap = float(FAR[np.argmax(bad)])
    n = samples.z.shape[1]
    at = (0.0, gap, *[0.0] * (n - 2))
    shows = f"gradient = {short(samples.right.gradient[np.argmax(bad)])} although the loss is finite"
    text = (
        "The gradient is NaN or infinite once the label's probability rounds to 1, as of (1 - p)^gamma with gamma below 1: "
        "about 17 of margin in float32, 37 in float64."
    )
    return Found(
        "NaN when right", "serious", text, gap, Witness(at, one_hot(1, n), shows)
    )
