"""Yes and no of one logit that are not mirror images of each other."""

from typing import NamedTuple

import numpy as np

from ...base.target_kinds import LABELS
from ..answers import Witness
from ..evaluation import Rows, evaluate, one_hot, row
from .mistake_samples import Mistake, Samples

PLACES = np.linspace(-12.0, 12.0, 49)
"""Logits in units of the temperature at which the slopes of yes and no are compared."""
FAR = 60.0
"""Logit at which an answer is as wrong as can be."""
LOGISTIC = 1e-5
"""Largest deviation from a logistic curve, in logits."""
TELLING = 1e-6
"""Least share of the largest slope whose logarithm tells where the curve lies."""
LEAST_GAP = 1e-2
"""Least distance of the two curves, in units of the temperature."""
ELSEWHERE = -3.0
"""The logits of the other classes, in units of the temperature, which must not move a curve."""


class _Curve(NamedTuple):
    """A slope that is a logistic function of the logit.

    Attributes:
        steepness: Factor of the logit.
        middle: Logit at which the slope is half of its largest.
    """

    steepness: float
    middle: float


def no_for_another_logit(samples: Samples) -> Mistake | None:
    """A logistic loss whose no has its middle above that of its yes, as `1 - z` for `-z` has.

    Between the two both answers cost little. The other way round it is a margin.
    """
    subject = samples.subject
    if subject.domain.is_bounded or subject.domain.normalised:
        return None
    if not subject.one_logit and subject.targets is not LABELS:
        return None
    yes, no = (_curve(samples, answer) for answer in (1, 0))
    if yes is None or no is None:
        return None
    gap = no.middle - yes.middle
    if abs(yes.steepness - no.steepness) > LOGISTIC * yes.steepness:
        return None
    if gap <= LEAST_GAP * samples.temperature or _depends_on_others(samples, yes, no):
        return None
    middle = round((yes.middle + no.middle) / 2, 6)
    z, t = _points(samples, np.array([middle]), 0)
    loss = float(evaluate(subject, z, t).loss[0])
    text = (
        f"Yes and no are not mirror images: the cost of a yes begins to rise below a logit of "
        f"{yes.middle:.4g}, that of a no above {no.middle:.4g}, and between them both answers "
        f"cost little. This is so where {gap:.4g} - z is taken in place of -z, such as log "
        "sigmoid(1 - z) for log(1 - sigmoid(z))."
    )
    shows = f"the answer is no, where yes and no cost the same: loss = {loss:.4g}"
    witness = Witness(row(z[0]), _target(samples, t[0]), shows, "loss")
    return Mistake("no is not 1 - yes", "fault", text, gap, witness)


def _depends_on_others(samples: Samples, yes: _Curve, no: _Curve) -> bool:
    """Whether other logits move the curves, as where the classes of an answer are ranked."""
    if samples.subject.one_logit:
        return False
    moved = [_curve(samples, answer, ELSEWHERE) for answer in (1, 0)]
    return any(
        curve is None or abs(curve.middle - before.middle) > LEAST_GAP
        for curve, before in zip(moved, (yes, no), strict=True)
    )


def _points(
    samples: Samples, places: Rows, answer: int, others: float = 0.0
) -> tuple[Rows, Rows]:
    """Logits [m, n] with one that is moved, and their labels [m] or targets [m, n]."""
    if samples.subject.one_logit:
        z = np.stack([np.zeros_like(places), places], axis=1)
        return z, np.full(len(places), answer)
    z = np.full((len(places), samples.num_classes), samples.temperature * others)
    z[:, 0] = places
    t = np.zeros_like(z)
    t[:, 0] = answer
    return z, t


def _target(samples: Samples, label: Rows) -> tuple[float, ...]:
    is_label = samples.subject.one_logit
    return one_hot(int(label), samples.num_classes) if is_label else row(label)


def _curve(samples: Samples, answer: int, others: float = 0.0) -> _Curve | None:
    """Where the slope of an answer lies; None if it is no logistic function."""
    places = samples.temperature * PLACES
    far = samples.temperature * FAR * (1 if answer == 0 else -1)
    z, t = _points(samples, np.append(places, far), answer, others)
    moved = 1 if samples.subject.one_logit else 0
    slope = evaluate(samples.subject, z, t).gradient[:, moved]
    if not np.isfinite(slope).all() or not slope[-1]:
        return None
    share = slope[:-1] / slope[-1]
    tells = (share > TELLING) & (share < 1 - TELLING)
    if tells.sum() < len(PLACES) // 4:
        return None
    odds = np.log(share[tells]) - np.log1p(-share[tells])
    steepness, start = np.polyfit(places[tells], odds, 1)
    error = np.abs(steepness * places[tells] + start - odds).max()
    if error > LOGISTIC * (1 + np.abs(odds).max()) or not steepness:
        return None
    return _Curve(abs(float(steepness)), round(float(-start / steepness), 9) + 0.0)
