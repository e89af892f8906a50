"""Cross-entropy whose weight is that of the class that is predicted, and not of the label."""

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, one_hot, row
from ..simplify import format_first
from .mistake_samples import EXACT, Mistake, Samples

DIFFERENT = 1e-3
"""Least relative difference of two weights."""


def weight_of_prediction(samples: Samples) -> Mistake | None:
    """A loss that is cross-entropy times a factor that the largest logit alone decides."""
    weights = _weights(samples)
    if weights is None:
        return None
    heaviest = int(np.nanargmax(weights))
    shown = format_first(weights)
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
    least, most = np.nanmin(factors, axis=0), np.nanmax(factors, axis=0)
    by_label = np.nanmax(most - least) > EXACT * np.nanmax(np.abs(most))
    is_one = np.nanmax(most) - np.nanmin(most) <= DIFFERENT * np.nanmax(np.abs(most))
    return None if by_label or is_one else most
