"""Can it correct itself: the time of gradient flow from a confidently wrong start, beside that of the reference."""

import math

import numpy as np

from ...dynamics.flow import GAVE_UP, LEAVES, OUTSIDE, POLE, STUCK, ZERO, Flows, flow
from ...objectives.objective import Objective
from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import one_hot, row
from ..subject import Subject

QUESTION = "correction"
MARGIN = 10.0
SHIFT = 6.0
"""Where a normalizer needs positive logits, or does not tell -5 from 5, all logits are shifted by this."""
SLOW = 100.0
WHERE = {
    ZERO: "its gradient is exactly 0 there",
    STUCK: "it comes to rest at a stationary point while still wrong",
    POLE: "its loss is infinite there, which has no slope to follow",
    LEAVES: "it leaves the domain, where the loss is not defined",
}


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """How long gradient flow, dz/dt = -grad L, takes from a margin of -10 until the label is predicted."""
    starts = _starts(config.num_classes)
    flows = flow(
        {"subject": _objective(subject), "reference": _objective(config.reference)},
        starts,
    )
    usable = [
        index
        for index in range(len(starts))
        if flows.reasons[0, index] != OUTSIDE and flows.times[0, index] != 0
    ]
    if not usable:
        return [
            undecided(
                QUESTION,
                "No start that was tried is both in the domain and wrong.",
                _method(flows, 0),
            )
        ]
    return [_answer(subject, config.reference, flows, usable[0])]


def _starts(n: int) -> np.ndarray:
    start = np.zeros(n)
    start[:2] = -MARGIN / 2, MARGIN / 2
    return np.stack([start, start + SHIFT])


def _objective(subject: Subject) -> Objective:
    return Objective(subject.name, subject.function, subject.normalizer)


def _answer(subject: Subject, reference: Subject, flows: Flows, index: int) -> Answer:
    method, why = _method(flows, index), str(flows.reasons[0, index])
    if why == GAVE_UP:
        return undecided(
            QUESTION,
            f"Gradient flow from a margin of -{MARGIN:g} was still wrong when steps ran out.",
            method,
        )
    if why:
        return _never(flows, index, method)
    if not flows.reached[1, index] or flows.times[1, index] == 0:
        reason = flows.reasons[1, index] or "it is not wrong there"
        return undecided(
            QUESTION,
            f"{reference.name} is no measure: from this start, {reason}.",
            method,
        )
    return _in_time(reference, flows, index, method)


def _in_time(reference: Subject, flows: Flows, index: int, method: str) -> Answer:
    log_ratio = float(flows.log_times[0, index] - flows.log_times[1, index])
    ratio = math.exp(min(log_ratio, 709.0))
    slow = ratio > SLOW
    times = f"{ratio:.3g}" if log_ratio < 700 else f"e^{log_ratio:.0f}"
    text = (
        f"Wrong by {MARGIN:g}, it is right again after a time of {flows.times[0, index]:.3g} of gradient flow: "
        f"{times} times that of {reference.name}."
    )
    return Answer(
        question=QUESTION,
        verdict="slow to correct" if slow else "corrects itself",
        severity="warning" if slow else "fine",
        text=text,
        method=method,
        number=ratio,
        witness=_weak(flows, index) if slow else None,
        details=_details(flows, index),
    )


def _never(flows: Flows, index: int, method: str) -> Answer:
    why = str(flows.reasons[0, index])
    text = f"Wrong by {MARGIN:g}, it stays wrong for ever under gradient flow: {WHERE.get(why, why)}."
    return Answer(
        question=QUESTION,
        verdict="never corrects itself",
        severity="serious",
        text=text,
        method=method,
        witness=_stuck(flows, index),
        details=_details(flows, index),
    )


def _weak(flows: Flows, index: int) -> Witness:
    return _witness(flows.starts[index], "a small gradient while class 1 is predicted")


def _stuck(flows: Flows, index: int) -> Witness:
    """Where it is seen: at the start if that does not move, at the end of the path otherwise."""
    why, start, end = flows.reasons[0, index], flows.starts[index], flows.ends[0, index]
    if why == ZERO:
        return _witness(start, "gradient = 0 while class 1 is predicted")
    if why == POLE:
        return _witness(end, "loss = inf", "loss")
    if why == LEAVES:
        return _witness(end, "loss = nan, where gradient flow has led", "loss")
    if why == STUCK:
        return _witness(
            end, "no step against the gradient leads on, while class 0 is not predicted"
        )
    return _witness(start, "a gradient that leads away from the label")


def _witness(logits: np.ndarray, shows: str, expression: str = "gradient") -> Witness:
    return Witness(row(logits), one_hot(0, len(logits)), shows, expression)  # type: ignore[arg-type]


def _method(flows: Flows, index: int) -> str:
    start = (
        f"label's logit {flows.starts[index, 0]:g}, rival's {flows.starts[index, 1]:g}"
    )
    others = f", others {flows.starts[index, 2]:g}" if flows.starts.shape[1] > 2 else ""
    moved = (
        f" (shifted by {SHIFT:g}: without that it is not wrong, or outside the domain)"
        if index
        else ""
    )
    return f"gradient flow from {start}{others}{moved}, {flows.starts.shape[1]} classes, float64"


def _details(flows: Flows, index: int) -> dict[str, object]:
    """Numbers only where they are finite, as JSON has no other."""
    found = {
        "time": flows.times[0, index],
        "log_time": flows.log_times[0, index],
        "reference_time": flows.times[1, index],
        "path_length": flows.lengths[0, index],
    }
    numbers = {
        name: float(value) for name, value in found.items() if np.isfinite(value)
    }
    return {
        **numbers,
        "start": list(row(flows.starts[index])),
        "reason": str(flows.reasons[0, index]),
    }
