"""The answers about changes of the logits that leave the probabilities as they are."""

from functools import partial
from typing import NamedTuple

import numpy as np

from ...properties.invariance import SCALE, SHIFT, Change, Invariance, invariances_of
from ..answers import Answer, Severity, Witness, undecided
from ..evaluation import one_hot, probabilities, row
from ..random_logits import scattered_logits
from ..simplify import format_vector
from ..subject import Subject

QUESTION = "invariances"
SUM_TOLERANCE = 1e-6
"""Largest difference of a sum of probabilities from 1 that counts as rounding."""
METHOD = (
    "float64, p at all logits of three classes from six small values, before and after"
)


class _Outcome(NamedTuple):
    """Verdict, severity and text of an answer."""

    verdict: str
    severity: Severity
    text: str


class _Wording(NamedTuple):
    """The words about one change of the logits.

    Attributes:
        changed: The changed logits.
        holds: Outcome if the probabilities stay as they are.
        fails: Outcome if they change.
    """

    changed: str
    holds: _Outcome
    fails: _Outcome


WORDINGS: dict[Change, _Wording] = {
    "shift": _Wording(
        changed=f"z + {SHIFT:g}",
        holds=_Outcome(
            verdict="p shift invariant",
            severity="fine",
            text="A common shift of the logits does not change p.",
        ),
        fails=_Outcome(
            verdict="p not shift invariant",
            severity="note",
            text="A common shift of the logits changes p",
        ),
    ),
    "scale": _Wording(
        changed=f"{SCALE:g} z",
        holds=_Outcome(
            verdict="p scale invariant",
            severity="note",
            text=(
                "The size of the logits does not change p: "
                "only their direction can be learnt."
            ),
        ),
        fails=_Outcome(
            verdict="p not scale invariant",
            severity="fine",
            text="The size of the logits matters",
        ),
    ),
    "sign": _Wording(
        changed="-z",
        holds=_Outcome(
            verdict="p sign invariant",
            severity="note",
            text=(
                "z and -z have the same p: "
                "pushing the label's logit far down makes it probable again."
            ),
        ),
        fails=_Outcome(
            verdict="p not sign invariant",
            severity="fine",
            text="z and -z are told apart",
        ),
    ),
    "permutation": _Wording(
        changed="the permuted logits, permuted back,",
        holds=_Outcome(
            verdict="p treats classes alike",
            severity="fine",
            text="Permuted logits have the permuted p.",
        ),
        fails=_Outcome(
            verdict="p treats classes differently",
            severity="note",
            text="Permuted logits do not have the permuted p",
        ),
    ),
}


def probability_invariances(subject: Subject) -> list[Answer]:
    """One answer for every change, or one that says why there is none."""
    try:
        invariances = invariances_of(partial(probabilities, subject))
    except Exception as error:
        why = f"p cannot be had for three classes: {type(error).__name__}"
        return [undecided(QUESTION, why)]
    answers = [_answer(invariance) for invariance in invariances.values()]
    return [*answers, *_sum_of_p(subject)]


def _sum_of_p(subject: Subject) -> list[Answer]:
    """A note where p is defined, and does not sum to 1."""
    z = np.concatenate(
        [np.zeros((1, 3)), scattered_logits(np.random.default_rng(0), (15, 3))]
    )
    totals = probabilities(subject, z).sum(axis=1)
    known = np.isfinite(totals)
    if not known.any() or np.abs(totals[known] - 1).max() <= SUM_TOLERANCE:
        return []
    low, high = totals[known].min(), totals[known].max()
    worst = int(np.argmax(np.where(known, np.abs(totals - 1), -1)))
    text = (
        f"p does not sum to 1: for three classes its sum was from {low:.3g} to {high:.3g}. What is "
        "said of distributions does not hold for it."
    )
    witness = Witness(
        logits=row(z[worst]),
        target=one_hot(0, 3),
        shows=f"p sums to {totals[worst]:.4g}",
        expression="probabilities",
    )
    method = f"float64, {len(z)} scattered logits of three classes"
    return [
        Answer(
            QUESTION, "p does not sum to 1", "note", text, method, float(high), witness
        )
    ]


def _answer(invariance: Invariance) -> Answer:
    wording = WORDINGS[invariance.change]
    outcome = wording.holds if invariance.holds else wording.fails
    text = outcome.text
    witness = None
    if invariance.witness is not None:
        shows = (
            f"p = {format_vector(invariance.before)}; "
            f"{wording.changed} has p = {format_vector(invariance.after)}"
        )
        text += f": at z = {format_vector(invariance.witness)}, {shows}."
        witness = Witness(
            logits=row(invariance.witness),
            target=one_hot(0, 3),
            shows=shows,
            expression="probabilities",
        )
    return Answer(
        question=QUESTION,
        verdict=outcome.verdict,
        severity=outcome.severity,
        text=text,
        method=METHOD,
        number=invariance.largest,
        witness=witness,
    )
