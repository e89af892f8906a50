"""Correction: the time that gradient flow takes from a confidently wrong start.

The time is compared with that of the reference from the same start.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ...base.memory import kept
from ...dynamics.flow import Flows, flow
from ...dynamics.reasons import GAVE_UP, LEAVES, OUTSIDE, POLE, STUCK, ZERO
from ...objectives.objective import Objective
from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, one_hot, row
from ..simplify import few_classes
from ..subject import Subject
from ..vocabulary import CORRECTS, SLOW_TO_CORRECT

QUESTION = "correction"
MARGIN = 10.0
SHIFT = 6.0
"""Shift of all logits for normalizers that need positive ones, or predict the same at -5 and 5."""
SLOW = 100.0
MOST_CLASSES = 100
"""Largest number of classes with which flow does not take too long."""
LARGEST_LOG = 709.0
"""Logarithm of about the largest float64."""
SUBJECT, REFERENCE = 0, 1
REASONS = {
    ZERO: "its gradient is exactly 0 there",
    STUCK: "it comes to rest at a stationary point while still wrong",
    POLE: "its loss is infinite there, which has no slope to follow",
    LEAVES: "it leaves the domain, where the loss is not defined",
}


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Compare the times that gradient flow, dz/dt = -grad L, takes until the label is predicted.

    The flow starts at a margin of -10.
    """
    if subject.domain.is_bounded:
        why = f"Gradient flow leaves the domain: there are only {subject.domain}."
        return [undecided(QUESTION, why)]
    n = config.num_classes
    if n > MOST_CLASSES:
        n = few_classes(subject, config)
    try:
        flows = _both(_flows(subject, n), _flows_of_reference(config.reference, n))
    except TypeError as error:
        if subject.opaque is None:
            raise
        why = f"Its gradient flow is stiff, for which second derivatives are needed: {error}."
        return [undecided(QUESTION, why)]
    for start in range(len(flows.starts)):
        if _is_usable(flows, start):
            return [_answer(config.reference, flows, start)]
    why = "No start that was tried is both in the domain and wrong."
    return [undecided(QUESTION, why, _method(flows, 0))]


def _starts(n: int) -> Rows:
    start = np.zeros(n)
    start[0] = -MARGIN / 2
    start[1] = MARGIN / 2
    return np.stack([start, start + SHIFT])


def _flows(subject: Subject, n: int) -> Flows:
    objective = Objective(subject.name, subject.function, subject.normalizer)
    return flow({"of a subject": objective}, _starts(n))


# The same for all subjects of a session.
@kept(maxsize=4)
def _flows_of_reference(reference: Subject, n: int) -> Flows:
    return _flows(reference, n)


def _both(subject: Flows, reference: Flows) -> Flows:
    """The flows of the subject and of the reference, in rows."""
    arrays = ("times", "log_times", "reached", "reasons", "ends", "lengths")
    rows: dict[str, Any] = {
        name: np.concatenate([getattr(subject, name), getattr(reference, name)])
        for name in arrays
    }
    return replace(subject, objectives=("subject", "reference"), **rows)


def _is_usable(flows: Flows, start: int) -> bool:
    """Whether the start is in the domain of the subject, and wrong."""
    in_domain = flows.reasons[SUBJECT, start] != OUTSIDE
    return bool(in_domain and flows.times[SUBJECT, start] != 0)


def _answer(reference: Subject, flows: Flows, start: int) -> Answer:
    method = _method(flows, start)
    reason = str(flows.reasons[SUBJECT, start])
    if reason == GAVE_UP:
        why = (
            f"Gradient flow from a margin of -{MARGIN:g} was still wrong when steps "
            "ran out."
        )
        return undecided(QUESTION, why, method)
    if reason:
        return _never(flows, start, method)
    reference_corrects = flows.reached[REFERENCE, start]
    if not reference_corrects or flows.times[REFERENCE, start] == 0:
        why_not = flows.reasons[REFERENCE, start] or "it is not wrong there"
        why = f"{reference.name} is no measure: from this start, {why_not}."
        return undecided(QUESTION, why, method)
    return _in_time(reference, flows, start, method)


def _in_time(reference: Subject, flows: Flows, start: int, method: str) -> Answer:
    log_times = flows.log_times[:, start]
    log_ratio = float(log_times[SUBJECT] - log_times[REFERENCE])
    ratio = math.exp(min(log_ratio, LARGEST_LOG))
    ratio_text = f"{ratio:.3g}" if log_ratio < 700 else f"e^{log_ratio:.0f}"
    text = (
        f"Wrong by {MARGIN:g}, it is right again after a time of "
        f"{flows.times[SUBJECT, start]:.3g} of gradient flow: "
        f"{ratio_text} times that of {reference.name}."
    )
    slow = ratio > SLOW
    return Answer(
        question=QUESTION,
        verdict=SLOW_TO_CORRECT if slow else CORRECTS,
        severity="trade" if slow else "fine",
        text=text,
        method=method,
        number=ratio,
        witness=_small_gradient(flows, start) if slow else None,
        details=_details(flows, start),
    )


def _never(flows: Flows, start: int, method: str) -> Answer:
    reason = str(flows.reasons[SUBJECT, start])
    text = (
        f"Wrong by {MARGIN:g}, it stays wrong for ever under gradient flow: "
        f"{REASONS.get(reason, reason)}."
    )
    return Answer(
        question=QUESTION,
        verdict="never corrects itself",
        severity="fault",
        text=text,
        method=method,
        witness=_never_corrected(flows, start, reason),
        details=_details(flows, start),
    )


def _small_gradient(flows: Flows, start: int) -> Witness:
    shows = "a small gradient while class 1 is predicted"
    return _witness(flows.starts[start], shows)


def _never_corrected(flows: Flows, start: int, reason: str) -> Witness:
    """The start if the flow does not move or never ends, the end of its path otherwise."""
    first = flows.starts[start]
    last = flows.ends[SUBJECT, start]
    if reason == ZERO:
        return _witness(first, "gradient = 0 while class 1 is predicted")
    if reason == POLE:
        return _loss_witness(last, "loss = inf")
    if reason == LEAVES:
        return _loss_witness(last, "loss = nan, where gradient flow has led")
    if reason == STUCK:
        return _witness(
            last,
            "no step against the gradient leads on, while class 0 is not predicted",
        )
    return _witness(first, "a gradient that leads away from the label")


def _witness(logits: Rows, shows: str) -> Witness:
    return Witness(row(logits), one_hot(0, len(logits)), shows)


def _loss_witness(logits: Rows, shows: str) -> Witness:
    return Witness(row(logits), one_hot(0, len(logits)), shows, "loss")


def _method(flows: Flows, start: int) -> str:
    logits = flows.starts[start]
    place = f"label's logit {logits[0]:g}, rival's {logits[1]:g}"
    if len(logits) > 2:
        place += f", others {logits[2]:g}"
    if start > 0:
        place += (
            f" (shifted by {SHIFT:g}: without that it is not wrong, "
            "or outside the domain)"
        )
    return f"gradient flow from {place}, {len(logits)} classes, float64"


def _details(flows: Flows, start: int) -> dict[str, object]:
    """Numbers of the flow, without those that are not finite, which JSON has not."""
    numbers = {
        "time": flows.times[SUBJECT, start],
        "log_time": flows.log_times[SUBJECT, start],
        "reference_time": flows.times[REFERENCE, start],
        "path_length": flows.lengths[SUBJECT, start],
    }
    details: dict[str, object] = {
        name: float(number) for name, number in numbers.items() if np.isfinite(number)
    }
    details["start"] = list(row(flows.starts[start]))
    details["reason"] = str(flows.reasons[SUBJECT, start])
    return details
