"""Propriety: whether the expected loss is least where p is the true distribution.

A weaker property is asked for as well: whether the least expected loss at least predicts the
most probable class.
"""

from typing import Any

import numpy as np

from ..answers import Answer, Severity, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import one_hot, row
from ..simplify import few_classes, format_vector
from ..subject import Subject
from ..vocabulary import NO_FINITE_MINIMISER, PROPER
from .least_expected_loss import Minimiser, distributions, find_minimisers

QUESTION, TOP_LABEL = "proper", "top label"
MOST_CLASSES = 12
"""The largest number of classes whose search does not take too long."""
EXACT = 2e-4
"""Largest difference between p and the true distribution that counts as none."""
METHOD = (
    "expected loss over the labels minimised over the logits in float64, {n} classes, "
    "true shares {etas}"
)

_LEAST_AT = (
    "Where the classes' true shares are {eta}, the least expected loss is at p = {p}"
)
TEXTS = {
    PROPER: "The least expected loss is where p is the true distribution, to {error}.",
    "over-confident": _LEAST_AT + ": {excess} too sure.",
    "under-confident": _LEAST_AT + ": {excess} not sure enough.",
    "improper": _LEAST_AT + ".",
    "goes to a vertex": (
        "The least expected loss is where one class has all the probability: "
        "p = {p} for true shares {eta}."
    ),
    NO_FINITE_MINIMISER: (
        "The expected loss keeps falling as the logits grow: "
        "for true shares {eta} nothing finite is best."
    ),
}


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Whether the least expected loss is at the true distribution, and its top class predicted."""
    if subject.normalizer is None:
        return _both_undecided("It needs a normalizer: pass `normalizer=...`.")
    if subject.domain.is_bounded:
        return _both_undecided(f"p cannot be any distribution with {subject.domain}")
    n = few_classes(subject, config)
    if n > MOST_CLASSES:
        return _both_undecided(
            f"the function runs with {n} classes only, too many to search"
        )
    etas = distributions(n)
    method = METHOD.format(n=n, etas=", ".join(map(format_vector, etas)))
    minimisers = find_minimisers(subject, etas, config.random())
    if not minimisers:
        why = (
            "the expected loss is nowhere finite: "
            "some label always has an infinite or undefined loss"
        )
        return _both_undecided(why, method)
    cases = {"cases": [_case(minimiser) for minimiser in minimisers]}
    proper = _proper(minimisers, method, cases)
    return [proper, _top_label(minimisers, method, cases)]


def _both_undecided(why: str, method: str = "") -> list[Answer]:
    return [undecided(question, why, method) for question in (QUESTION, TOP_LABEL)]


def _proper(minimisers: list[Minimiser], method: str, cases: dict[str, Any]) -> Answer:
    verdict = _verdict(minimisers)
    severity: Severity = "fine" if verdict == PROPER else "note"
    worst = max(minimisers, key=lambda minimiser: minimiser.error)
    text = TEXTS[verdict].format(
        eta=format_vector(worst.eta),
        p=format_vector(worst.p),
        excess=f"{abs(worst.excess):.2g}",
        error=f"{worst.error:.1e}",
    )
    if verdict == NO_FINITE_MINIMISER:
        limit = "p tends to" if worst.error < 1e-2 else "p does not tend to"
        text += f" Far out {limit} the true shares."
    return Answer(
        question=QUESTION,
        verdict=verdict,
        severity=severity,
        text=text,
        method=method,
        number=worst.error,
        witness=None if verdict == PROPER else _witness(worst),
        details=cases,
    )


def _case(minimiser: Minimiser) -> dict[str, tuple[float, ...]]:
    return {
        "eta": row(minimiser.eta),
        "p": row(minimiser.p),
        "z": row(minimiser.z),
    }


def _verdict(minimisers: list[Minimiser]) -> str:
    at_vertex = [minimiser.p.max() > 1 - EXACT for minimiser in minimisers]
    if all(at_vertex):
        return "goes to a vertex"
    # Towards a vertex, logits always run away.
    if any(m.runs_away and m.p.max() < 1 - EXACT for m in minimisers):
        return NO_FINITE_MINIMISER
    if all(minimiser.error < EXACT for minimiser in minimisers):
        return PROPER
    if any(minimiser.is_missed for minimiser in minimisers):
        return "improper"
    if all(minimiser.excess > -EXACT for minimiser in minimisers):
        return "over-confident"
    if all(minimiser.excess < EXACT for minimiser in minimisers):
        return "under-confident"
    return "improper"


def _top_label(
    minimisers: list[Minimiser], method: str, cases: dict[str, Any]
) -> Answer:
    worst = max(
        minimisers, key=lambda minimiser: (minimiser.is_missed, minimiser.is_tied)
    )
    place = _LEAST_AT.format(eta=format_vector(worst.eta), p=format_vector(worst.p))
    if worst.is_missed:
        return Answer(
            question=TOP_LABEL,
            verdict="top label missed",
            severity="fault",
            text=f"{place}: another class is predicted.",
            method=method,
            witness=_witness(worst),
            details=cases,
        )
    if worst.is_tied:
        return Answer(
            question=TOP_LABEL,
            verdict="top label tied",
            severity="note",
            text=f"{place}: another class is predicted as well.",
            method=method,
            witness=_witness(worst),
        )
    return Answer(
        question=TOP_LABEL,
        verdict="top label recovered",
        severity="fine",
        text="At the least expected loss the most probable class is predicted.",
        method=method,
    )


def _witness(minimiser: Minimiser) -> Witness:
    top = int(np.argmax(minimiser.eta))
    shows = (
        f"p = {format_vector(minimiser.p)} where the expected loss is least "
        f"for true shares {format_vector(minimiser.eta)}"
    )
    return Witness(
        logits=row(np.round(minimiser.z, 6) + 0.0),
        target=one_hot(top, len(minimiser.z)),
        shows=shows,
        expression="probabilities",
    )
