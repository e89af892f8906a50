"""Mistaken formulas: a forgotten logarithm, softmax twice, squared errors."""

import numpy as np

from ..answers import Witness
from ..evaluation import one_hot
from ..formulas.catalogue_rows import (
    AS_PROBABILITIES,
    BEFORE_SIGMOID,
    LOG_BEFORE_SIGMOID,
    TWICE,
)
from .links import EXPONENTIAL_OF_P, LOG_FACTOR, WEIGHTED_FACTOR
from .mistake_samples import FAR, Mistake, Samples

SMALL = 1e-3
"""Largest constant that counts as none."""
CERTAIN = 40.0
"""Logit of a label that leads so far that all digits of its probability are those of 1."""


def forgotten_logarithm(samples: Samples) -> Mistake | None:
    """The negative probability, which some expect a likelihood to take the logarithm of."""
    identity = samples.identity
    if identity is None:
        return None
    if identity.spec == f"softmax + {EXPONENTIAL_OF_P}" and identity.factor > 0:
        text = (
            "The loss is the exponential of minus the probability, between 1/e and 1: the "
            "logarithm is missing (a negative log-likelihood wants log p)."
        )
        witness = samples.witness(samples.labels[0], "loss = e^(-p_y)")
        return Mistake("logarithm missing", "fault", text, identity.factor, witness)
    if identity.spec != "softmax + mae":
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


def log_probability_in_factor(samples: Samples) -> Mistake | None:
    """A focal factor `(1 - log p)^gamma`, which has the logarithm in place of p."""
    identity = samples.identity
    if identity is None or identity.spec != f"softmax + {LOG_FACTOR}":
        return None
    gamma = identity.parameters.get("gamma", 2.0)
    text = (
        f"The factor of the loss is (1 - log p)^{gamma:.4g}: it has log p in place of p, and "
        "rises without bound the more the label is wrong, where (1 - p)^gamma is at most 1."
    )
    far = samples.far_logits(float(FAR[0]))
    shows = (
        f"the label is wrong by {samples.temperature * FAR[0]:g}, "
        f"and the loss is {samples.far.loss[0]:.4g}"
    )
    witness = Witness(far, one_hot(0, samples.num_classes), shows, "loss")
    return Mistake("log-probability in the factor", "fault", text, gamma, witness)


def weight_in_factor(samples: Samples) -> Mistake | None:
    """A focal factor `(1 - p^w)^gamma`: p is taken from a cross-entropy that has its weight."""
    found = samples.recognised
    several = {found.rows.label: found.identity, **found.outliers}
    for label, identity in several.items():
        if identity is None or identity.spec != f"softmax + {WEIGHTED_FACTOR}":
            continue
        gamma, weight = identity.parameters["gamma"], identity.parameters["weight"]
        text = (
            f"The factor of the loss of label {label} is (1 - p^{weight:.4g})^{gamma:.4g}: p is "
            "the exponential of minus a cross-entropy that has its class weight already, and no "
            "probability. What is right and what is hard is told by another rule for every label."
        )
        shows = "a focal loss whose factor has p^w in place of p"
        return Mistake(
            verdict="weight inside the factor",
            severity="fault",
            text=text,
            number=weight,
            witness=samples.witness(label, shows),
        )
    return None


def logits_as_probabilities(samples: Samples) -> Mistake | None:
    """The logarithm of the logits themselves, or of their share in the sum."""
    identity = samples.recognised.identity
    if identity is None or identity.spec not in AS_PROBABILITIES:
        return None
    n = samples.num_classes
    text = (
        "The logits are taken for probabilities: the loss is the logarithm of the label's logit, "
        "or of its share in the sum of all, with no softmax. Logits that are negative have no "
        "such meaning and no gradient. Pass `from_logits=True`, or take log_softmax."
    )
    logits = (-1.0, *[-2.0] * (n - 1))
    witness = Witness(
        logits, one_hot(0, n), "label 0 is the largest of negative logits"
    )
    return Mistake("logits taken for probabilities", "fault", text, None, witness)


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
    return Mistake(
        verdict="softmax applied twice",
        severity="fault",
        text=text,
        number=identity.factor,
        witness=_small_though_wrong(samples),
    )


def _small_though_wrong(samples: Samples) -> Witness:
    """Logits that are far from right, and a loss that hardly tells."""
    shows = (
        f"the label is wrong by {samples.temperature * FAR[-1]:g}, "
        f"and the loss is only {samples.far.loss[-1]:.4f}"
    )
    far = samples.far_logits(float(FAR[-1]))
    return Witness(far, one_hot(0, samples.num_classes), shows, "loss")


def softmax_before_sigmoid(samples: Samples) -> Mistake | None:
    """Sigmoid cross-entropy of probabilities, which it takes for logits."""
    identity = samples.identity
    if identity is not None and identity.spec == LOG_BEFORE_SIGMOID:
        return _log_before_sigmoid(samples, identity.factor)
    if identity is None or identity.spec != BEFORE_SIGMOID:
        return None
    text = (
        "The probabilities of a softmax are given to a sigmoid cross-entropy, which takes logits: "
        "as they lie between 0 and 1, so little depends on them that the loss hardly moves, and "
        "the gradient fades both when wrong and when right."
    )
    witness = _small_though_wrong(samples)
    return Mistake("softmax before a sigmoid", "fault", text, identity.factor, witness)


def _log_before_sigmoid(samples: Samples, factor: float) -> Mistake:
    """The same of their logarithms, which are at most 0, as a sigmoid's answer then is 1 / 2."""
    least = factor * np.log(2)
    text = (
        "The log-probabilities of a softmax are given to a sigmoid cross-entropy, which takes "
        f"logits: as they are at most 0, the sigmoid's answer is at most 1 / 2, and the loss "
        f"never falls below {least:.4g}, however right the label is."
    )
    witness = Witness(
        logits=(CERTAIN, *[0.0] * (samples.num_classes - 1)),
        target=one_hot(0, samples.num_classes),
        shows=f"loss = {least:.6g} although the label leads by {CERTAIN:g}",
        expression="loss",
    )
    return Mistake("softmax before a sigmoid", "fault", text, factor, witness)


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
