"""Losses of a softmax in which something else is done to the label's logit than to its rivals'."""

from typing import NamedTuple

import numpy as np

from ..answers import Witness
from ..designs.label_angles import added_angle, degrees_of, scale_of_cosines, turned
from ..designs.softmax_designs import FEWEST, LEAST_LOSS, label_scores
from ..designs.softmax_forms import SAME, softmax_form
from ..evaluation import one_hot
from .mistake_samples import Mistake, Samples

DIFFERENT = 1e-2
"""Least relative difference of two scales that are meant to be different."""
WIDEST_MARGIN = 1.0
"""Angle up to which what is added is a margin that people may want."""
TURN = 2 * np.pi


class _LabelScale(NamedTuple):
    """Factors of the logits before the softmax."""

    label: int
    own: float
    of_rivals: float


def label_scaled_otherwise(samples: Samples) -> Mistake | None:
    """A temperature of the rivals that the label does not have, or another one.

    Where the logits have bounds, a smaller scale may be a margin.
    """
    if samples.subject.domain.is_bounded:
        return None
    found = _label_scale(samples)
    if found is None:
        return None
    falls = "falls" if found.own < found.of_rivals else "rises"
    text = (
        f"The label's logit is multiplied by {found.own:.4g} before the softmax, and those of its "
        f"rivals by {found.of_rivals:.4g}: the temperature is missing on one of them. The loss of "
        f"every label tends to its least value as the common level of all logits {falls}, which "
        "tells no class from another."
    )
    n = samples.num_classes
    level = -10.0 if found.own < found.of_rivals else 10.0
    witness = Witness(
        logits=(level,) * n,
        target=one_hot(found.label, n),
        shows="a smaller loss than where all logits are 0, although no class is ahead",
        expression="loss",
    )
    return Mistake("label scaled otherwise", "fault", text, found.own, witness)


def _label_scale(samples: Samples) -> _LabelScale | None:
    """The factors, if the label's score is its logit times another one than its rivals'."""
    designs = samples.of_designs
    form = softmax_form(designs)
    if form is None:
        return None
    label = designs.labels[0]
    loss = designs.losses(designs.at_small)[0]
    raised = label_scores(form.scores(designs.small), label, loss)
    logit = designs.small[loss > LEAST_LOSS, label]
    if len(raised) < FEWEST:
        return None
    of_rivals = float(form.scales[label])
    features = np.stack([logit, np.ones(len(logit))], axis=1)
    solution, *_ = np.linalg.lstsq(features, raised, rcond=None)
    error = np.abs(features @ solution - raised).max()
    own = of_rivals + float(solution[0])
    is_other = abs(own - of_rivals) > DIFFERENT * of_rivals
    if not is_other or own <= 0 or not error <= SAME * (1 + of_rivals):
        return None
    return _LabelScale(label, own, of_rivals)


def angle_on_the_wrong_side(samples: Samples) -> Mistake | None:
    """An angle that is taken from that of the label's cosine; one that is added is a design.

    So is one of more than a right angle, with which a label that is right is as one that is wrong.
    """
    designs = samples.of_designs
    label = designs.labels[0]
    scale = scale_of_cosines(designs, label)
    added = None if scale is None else added_angle(designs, label, scale)
    if added is None or 0 <= added <= WIDEST_MARGIN:
        return None
    degrees = degrees_of(added)
    if degrees is not None:
        return _angle_in_degrees(samples, label, degrees)
    if 0 <= added <= np.pi / 2:
        return None
    does = (
        f"{-added:.4g} is taken from that of the label's cosine, so that errors cost less"
        if added < 0
        else f"{added:.4g} is added to that of the label's cosine, more than a right angle, so "
        "that a label costs the more, the more right it is"
    )
    text = (
        f"A margin on the wrong side: an angle of {does}. What is meant is to add a part of a "
        "right angle."
    )
    witness = Witness(
        logits=(0.0,) * samples.num_classes,
        target=one_hot(label, samples.num_classes),
        shows="a smaller loss than without the margin, whose sign is wrong",
        expression="loss",
    )
    return Mistake(
        "margin on the wrong side", "fault", text, added, witness, of_scaled=False
    )


def angle_of_every_class(samples: Samples) -> Mistake | None:
    """A margin of angles that is added to the label's cosine and to all others alike."""
    label = samples.of_designs.labels[0]
    found = turned(samples.of_designs, label)
    if found is None:
        return None
    text = (
        f"An angle of {found.angle:.4g} is added to those of all cosines, the label's and its "
        f"rivals' (the scale is {found.scale:.4g}): a margin is for the label alone, which then "
        "has to be ahead by it."
    )
    witness = Witness(
        logits=(0.0,) * samples.num_classes,
        target=one_hot(label, samples.num_classes),
        shows=f"log {samples.num_classes}, as without a margin",
        expression="loss",
    )
    verdict = "margin on every class"
    return Mistake(verdict, "fault", text, found.angle, witness, of_scaled=False)


def _angle_in_degrees(samples: Samples, label: int, degrees: float) -> Mistake:
    radians = np.deg2rad(degrees)
    text = (
        f"The margin of the label's angle is {degrees:g} radians, which is {degrees / TURN:.3g} "
        f"turns: degrees were taken for radians. {degrees:g} degrees are {radians:.4g} radians."
    )
    witness = Witness(
        logits=(0.0,) * samples.num_classes,
        target=one_hot(label, samples.num_classes),
        shows=f"the loss with a margin of {degrees:g} radians, not degrees",
        expression="loss",
    )
    return Mistake("angle in degrees", "fault", text, degrees, witness, of_scaled=False)
