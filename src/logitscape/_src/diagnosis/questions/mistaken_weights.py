"""Cross-entropy whose weight is that of the class that is predicted, and not of the label."""

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, one_hot, row
from ..simplify import format_first
from .batch_influence import Batch, weights_of_mean
from .mistake_samples import EXACT, Mistake, Samples

CLOSE = 1e-6
"""Largest relative difference of weights that are meant to be the same."""
FEWEST, MOST = 3, 20
"""Numbers of classes for which a batch is tried in which every class leads twice."""
LEAD = 3.0
"""Logit of the class that leads; those of the others are between -1 and 1."""
DIFFERENT = 1e-3
"""Least relative difference of two weights."""


def weight_of_prediction(samples: Samples) -> Mistake | None:
    """A loss that is cross-entropy times a factor that the largest logit alone decides."""
    weights = _weights(samples)
    if weights is None:
        return _in_weighted_mean(samples)
    heaviest = int(np.nanargmax(weights))
    shown = format_first(weights[np.isfinite(weights)])
    text = (
        f"The weight of an example is that of the class which is predicted, {shown}, and not that "
        "of its label: the loss jumps where the prediction changes, and it falls if the model "
        "predicts a class of small weight, right or wrong."
    )
    z = samples.z[samples.z.argmax(axis=1) == heaviest][0]
    label = (heaviest + 1) % samples.num_classes
    witness = Witness(
        logits=row(np.round(samples.temperature * z, 6)),
        target=one_hot(label, samples.num_classes),
        shows=f"{weights[heaviest]:.4g} times the cross-entropy, as class {heaviest} leads",
        expression="loss",
    )
    number = float(weights[heaviest])
    return Mistake("weight of the prediction", "fault", text, number, witness)


def _in_weighted_mean(samples: Samples) -> Mistake | None:
    """The same in a mean that is divided by the sum of the weights, so that one alone has 1."""
    subject, n = samples.subject, samples.num_classes
    can_tell = subject.in_batches is not None and subject.reduction is None
    if not can_tell or subject.one_logit or not FEWEST <= n <= MOST:
        return None
    # Every class leads twice, with other labels, so that a weight of the label is none of these.
    leaders = np.tile(np.arange(n), 2)
    labels = (leaders + 1 + np.arange(2 * n) // n) % n
    z = np.tile(samples.z[0] / np.abs(samples.z[0]).max(), (2 * n, 1))
    z[n:] = z[n:, ::-1]
    z[np.arange(2 * n), leaders] = LEAD
    weights = weights_of_mean(subject, Batch(z, labels, "float64"))
    if weights is None or subject.refusal:
        return None
    first, second = weights[:n], weights[n:]
    spread = np.ptp(first) / first.max()
    if np.abs(first - second).max() > CLOSE * first.max() or spread <= DIFFERENT:
        return None
    heaviest = int(first.argmax())
    text = (
        "The weight of an example in the mean is that of the class which is predicted, "
        f"{format_first(first)} of a mean of 1, and not that of its label: the loss jumps where "
        "the prediction changes, and examples count less if a class of small weight is predicted."
    )
    order = np.array([heaviest, int(first.argmin())])
    witness = Witness(
        logits=row(np.round(z[order[0]], 6)),
        target=one_hot(int(labels[order[0]]), n),
        shows=f"an example of the heaviest prediction, class {heaviest}, in a batch",
        expression="batch",
        others=(row(np.round(z[order[1]], 6)),),
        other_labels=(int(labels[order[1]]),),
    )
    number = float(first.max())
    return Mistake("weight of the prediction", "fault", text, number, witness)


def _weights(samples: Samples) -> Rows | None:
    """The factor by the class that leads, [n]; None if the loss is another one."""
    leaders = samples.z.argmax(axis=1)
    factors = np.full((len(samples.labels), samples.num_classes), np.nan)
    for place, (label, values) in enumerate(samples.by_label()):
        ratios = values.loss / -samples.log_p[:, label]
        if not np.isfinite(ratios).all():
            return None
        for leader in np.unique(leaders):
            of_leader = ratios[leaders == leader]
            if np.ptp(of_leader) > EXACT * abs(of_leader[0]):
                return None
            factors[place, leader] = of_leader[0]
    # NaN for a class that never leads, as of many classes some do.
    least, most = np.fmin.reduce(factors), np.fmax.reduce(factors)
    by_label = np.nanmax(most - least) > EXACT * np.nanmax(np.abs(most))
    is_one = np.nanmax(most) - np.nanmin(most) <= DIFFERENT * np.nanmax(np.abs(most))
    return None if by_label or is_one else most
