"""Mistaken formulas: a forgotten logarithm, softmax twice, squared errors, lost probability."""

import numpy as np

from ..answers import Witness
from ..evaluation import one_hot
from ..formulas.catalogue_rows import TWICE
from .mistake_samples import FAR, Mistake, Samples

SMALL = 1e-3
"""Largest constant that counts as none."""


def forgotten_logarithm(samples: Samples) -> Mistake | None:
    """The negative probability, which some expect a likelihood to take the logarithm of."""
    identity = samples.identity
    if identity is None or identity.spec != "softmax + mae":
        return None
    # The loss is `of_label * p_y + constant`; a distance from 1 has a positive constant.
    of_label = -2 * identity.factor
    constant = identity.constant - of_label
    if not (constant < -SMALL or (abs(constant) <= SMALL and of_label < 0)):
        return None
    text = (
        "The loss is minus the probability: the logarithm is missing "
        "(a negative log-likelihood wants log p)."
    )
    return Mistake(
        verdict="logarithm missing",
        severity="fault",
        text=text,
        number=of_label,
        witness=samples.witness(samples.labels[0], "loss = -p_y"),
    )


def softmax_twice(samples: Samples) -> Mistake | None:
    """Cross-entropy of a softmax of probabilities, which stays in a band."""
    identity = samples.identity
    if identity is None or identity.spec != TWICE:
        return None
    n = samples.num_classes
    width = 1 / identity.parameters.get("temperature", 1.0)
    # The least loss is that of p = (1, 0, ..., 0); with the label's p at 0 it is `width` more.
    least = float(np.logaddexp(width, np.log(n - 1)) - width)
    low = identity.factor * least + identity.constant
    high = low + identity.factor * width
    text = (
        f"Softmax is applied twice: the loss stays between {low:.3f} and "
        f"{high:.3f} whatever the logits, and the gradient fades both when wrong "
        "and when right."
    )
    shows = (
        f"the label is wrong by {samples.temperature * FAR[-1]:g}, "
        f"and the loss is only {samples.far.loss[-1]:.4f}"
    )
    far = samples.far_logits(float(FAR[-1]))
    return Mistake(
        verdict="softmax applied twice",
        severity="fault",
        text=text,
        number=identity.factor,
        witness=Witness(far, one_hot(0, n), shows, "loss"),
    )


def squared_error(samples: Samples) -> Mistake | None:
    """A multiple of the squared error of the softmax."""
    identity = samples.identity
    if identity is None or identity.spec != "softmax + brier":
        return None
    factor = identity.factor
    text = (
        f"This is the squared error of the softmax (Brier's score times {factor:.4g}): "
        "its gradient fades when wrong."
    )
    return Mistake("squared error after softmax", "note", text, factor)


def sparsemax_squared(samples: Samples) -> Mistake | None:
    """A multiple of the squared error of sparsemax, in place of the sparsemax loss."""
    identity = samples.identity
    if identity is None or identity.spec != "sparsemax + brier":
        return None
    witness = Witness(
        logits=samples.far_logits(3.0),
        target=one_hot(0, samples.num_classes),
        shows="gradient = 0 although class 1 is predicted",
    )
    text = (
        "This is the squared error of sparsemax, not the sparsemax loss "
        "(whose gradient is p - t): it is dead once wrong by "
        f"{samples.temperature:.4g}."
    )
    return Mistake(
        "squared error of sparsemax", "fault", text, identity.factor, witness
    )
