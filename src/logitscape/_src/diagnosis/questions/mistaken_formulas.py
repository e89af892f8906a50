"""Mistaken formulas: a forgotten logarithm, softmax twice, squared errors."""

import numpy as np

from ...base.softmax import log_softmax_rows
from ...base.sparsemax import sparsemax_rows
from ..answers import Witness
from ..evaluation import Rows, one_hot
from .mistake_samples import FAR, Mistake, Samples, factor_of, fit


def forgotten_logarithm(samples: Samples) -> Mistake | None:
    """The negative probability, which some expect a likelihood to take the logarithm of."""
    p = np.exp(samples.log_p)
    # The probabilities sum to 1: with a constant, one of them is not needed.
    features = np.concatenate([np.ones((len(p), 1)), p[:, :-1]], axis=1)
    label = samples.labels[0]
    weights = fit(features, samples.values[0].loss)
    if weights is None:
        return None
    constant = weights[0]
    of_label = weights[1 + label]
    if constant < -1e-3 or (abs(constant) <= 1e-3 and of_label < 0):
        text = (
            "The loss is minus the probability: the logarithm is missing "
            "(a negative log-likelihood wants log p)."
        )
        return Mistake(
            verdict="logarithm missing",
            severity="fault",
            text=text,
            number=float(weights[1]),
            witness=samples.witness(label, "loss = -p_y"),
        )
    return None


def softmax_twice(samples: Samples) -> Mistake | None:
    """Cross-entropy of a softmax of probabilities, which stays in a band of width 1."""

    def formula(z: Rows, label: int) -> Rows:
        p = np.exp(log_softmax_rows(z))
        loss: Rows = -log_softmax_rows(p)[:, label]
        return loss

    factor = factor_of(samples, formula)
    if factor is None:
        return None
    n = samples.num_classes
    # The least loss is that of p = (1, 0, ..., 0), whose logsumexp is log(e + n - 1);
    # with the label's p at 0 it is 1 more.
    low = float(np.log(np.e + n - 1) - 1) * factor
    text = (
        f"Softmax is applied twice: the loss stays between {low:.3f} and "
        f"{low + factor:.3f} whatever the logits, and the gradient fades both when wrong "
        "and when right. Give the logits to the loss."
    )
    shows = (
        f"the label is wrong by 1000, and the loss is only {samples.far.loss[-1]:.4f}"
    )
    far = samples.far_logits(float(FAR[-1]))
    return Mistake(
        verdict="softmax applied twice",
        severity="fault",
        text=text,
        number=factor,
        witness=Witness(far, one_hot(0, n), shows, "loss"),
    )


def squared_error(samples: Samples) -> Mistake | None:
    """A multiple of the squared error of the softmax."""

    def formula(z: Rows, label: int) -> Rows:
        return _squared_error(np.exp(log_softmax_rows(z)), label)

    factor = factor_of(samples, formula)
    if factor is None:
        return None
    text = (
        f"This is the squared error of the softmax (Brier's score times {factor:.4g}): "
        "its gradient fades when wrong."
    )
    return Mistake("squared error after softmax", "note", text, factor)


def sparsemax_squared(samples: Samples) -> Mistake | None:
    """A multiple of the squared error of sparsemax, in place of the sparsemax loss."""

    def formula(z: Rows, label: int) -> Rows:
        return _squared_error(sparsemax_rows(z), label)

    factor = factor_of(samples, formula)
    if factor is None:
        return None
    witness = Witness(
        logits=samples.far_logits(3.0),
        target=one_hot(0, samples.num_classes),
        shows="gradient = 0 although class 1 is predicted",
    )
    text = (
        "This is the squared error of sparsemax, not the sparsemax loss "
        "(whose gradient is p - t): it is dead once wrong by 1."
    )
    return Mistake("squared error of sparsemax", "fault", text, factor, witness)


def _squared_error(p: Rows, label: int) -> Rows:
    """The squared error of probabilities [m, n], [m]."""
    target = np.eye(p.shape[1])[label]
    error: Rows = np.sum((p - target) ** 2, axis=1)
    return error
