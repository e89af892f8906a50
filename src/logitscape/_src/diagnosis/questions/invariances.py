"""What the loss and the probabilities do not notice, whether all classes are treated alike, and whose argmax is predicted."""

from functools import partial
from typing import NamedTuple

import numpy as np

from ...properties.invariance import SCALE, SHIFT, Change, Invariance, invariances_of
from ..answers import Answer, Severity, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, losses, one_hot, probabilities, row
from ..simplify import few_classes, listed, number
from ..subject import Subject

QUESTION, ORDER = "invariances", "order"
POINTS = 128
WIDTHS = (0.5, 2.0, 8.0)
EXACT = 1e-5
"""By how much a loss may differ, relative to its size: sums in another order round otherwise."""
TIE = 1e-9


class _Wording(NamedTuple):
    """How one invariance of the probabilities is told."""

    change: str
    holds: tuple[str, Severity, str]
    fails: tuple[str, Severity, str]


WORDINGS: dict[Change, _Wording] = {
    "shift": _Wording(
        f"z + {SHIFT:g}",
        (
            "p shift invariant",
            "fine",
            "A common shift of the logits does not change p.",
        ),
        ("p not shift invariant", "note", "A common shift of the logits changes p"),
    ),
    "scale": _Wording(
        f"{SCALE:g} z",
        (
            "p scale invariant",
            "note",
            "The size of the logits does not change p: only their direction can be learnt.",
        ),
        ("p not scale invariant", "fine", "The size of the logits matters"),
    ),
    "sign": _Wording(
        "-z",
        (
            "p sign invariant",
            "note",
            "z and -z have the same p: pushing the label's logit far down makes it probable again.",
        ),
        ("p not sign invariant", "fine", "z and -z are told apart"),
    ),
    "permutation": _Wording(
        "the permuted logits, permuted back,",
        ("p treats classes alike", "fine", "Permuted logits have the permuted p."),
        (
            "p treats classes differently",
            "warning",
            "Permuted logits do not have the permuted p",
        ),
    ),
}


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Invariances of the loss, those of the probabilities, and the order of the classes."""
    z, labels = simple_logits(config.num_classes, config.random())
    of_loss = [_shift(subject, z, labels), _classes(subject, z, labels)]
    if subject.normalizer is None:
        return [
            *of_loss,
            *(
                undecided(question, "needs a normalizer: pass `normalizer=...`")
                for question in (QUESTION, ORDER)
            ),
        ]
    return [
        *of_loss,
        *_of_probabilities(subject),
        _order(subject, few_classes(subject, config), config.random()),
    ]


def simple_logits(n: int, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Logits of two decimals and three sizes without ties, every other row positive, [m, n], and every label in turn, [m]."""
    z = np.concatenate(
        [width * random.standard_normal((POINTS, n)) for width in WIDTHS]
    )
    z[::2] = np.abs(z[::2]) + 0.1
    rounded = np.round(z, 2) + 0.0
    tied = (np.diff(np.sort(rounded, axis=1), axis=1) == 0).any(axis=1, keepdims=True)
    return np.where(tied, z, rounded), np.arange(len(z)) % n


def _shift(subject: Subject, z: Rows, labels: Rows) -> Answer:
    before, after = (losses(subject, each, labels) for each in (z, z + SHIFT))
    differs, comparable = _differences(before, after)
    method = f"float64, the loss at z and z + {SHIFT:g} for {len(z)} logits"
    if not comparable.any():
        return undecided(
            QUESTION,
            "the loss is nowhere finite among the logits that were tried",
            method,
        )
    worst = _first(differs)
    if differs[worst] <= EXACT:
        return Answer(
            QUESTION,
            "shift invariant",
            "fine",
            "A common shift of the logits does not change the loss.",
            method,
        )
    shown = f"loss {number(before[worst])}, and {number(after[worst])} at z + {SHIFT:g}"
    witness = Witness(
        row(z[worst]), one_hot(int(labels[worst]), z.shape[1]), shown, "loss"
    )
    text = f"A common shift of the logits changes the loss: from {number(before[worst])} to {number(after[worst])} by {SHIFT:g}."
    return Answer(
        QUESTION, "not shift invariant", "note", text, method, witness=witness
    )


def _classes(subject: Subject, z: Rows, labels: Rows) -> Answer:
    """Permuting the classes and the target alike must not change the loss: by one place, and back to front."""
    n = z.shape[1]
    before = losses(subject, z, labels)
    moved = [np.roll(z, 1, axis=1), z[:, ::-1]]
    after = [
        losses(subject, moved[0], (labels + 1) % n),
        losses(subject, moved[1], n - 1 - labels),
    ]
    differs, comparable = (
        np.stack(each)
        for each in zip(*(_differences(before, each) for each in after), strict=True)
    )
    method = f"float64, the loss at {len(z)} logits with classes and target moved by one place, and back to front"
    if not comparable.any():
        return undecided(
            QUESTION,
            "the loss is nowhere finite among the logits that were tried",
            method,
        )
    how, worst = divmod(_first(differs), len(z))
    if differs[how, worst] <= EXACT:
        return Answer(
            QUESTION,
            "treats classes alike",
            "fine",
            "Permuting the classes does not change the loss.",
            method,
        )
    values = f"{number(before[worst])} and {number(after[how][worst])}"
    label = int(labels[worst])
    other = f"class {n - 1 - label if how else (label + 1) % n} and {row(moved[how][worst])}"
    witness = Witness(
        row(z[worst]),
        one_hot(label, n),
        f"losses {values}, the second for {other}",
        "loss",
    )
    text = f"The loss depends on which class is which: {values} for the same logits with the classes permuted."
    return Answer(
        QUESTION, "treats classes differently", "note", text, method, witness=witness
    )


def _first(differences: Rows) -> int:
    """The first of those that are about as large as the largest; the logits grow in size."""
    return int(np.argmax(differences.ravel() >= np.max(differences) / 2))


def _differences(before: Rows, after: Rows) -> tuple[Rows, Rows]:
    """Relative differences [m], infinite where the second is not finite; and where the first is finite."""
    finite, stays = np.isfinite(before), np.isfinite(after)
    both = finite & stays
    a, b = np.where(both, before, 0), np.where(both, after, 0)
    size = np.abs(a - b) / (1 + np.maximum(np.abs(a), np.abs(b)))
    return np.where(finite & ~stays, np.inf, size), finite


def _of_probabilities(subject: Subject) -> list[Answer]:
    try:
        found = invariances_of(partial(probabilities, subject))
    except Exception as error:
        return [
            undecided(
                QUESTION, f"p cannot be had for three classes: {type(error).__name__}"
            )
        ]
    return [_told(WORDINGS[change], each) for change, each in found.items()]


def _told(wording: _Wording, found: Invariance) -> Answer:
    method = "float64, p at all logits of three classes from six small values, before and after"
    if found.holds:
        verdict, severity, text = wording.holds
        return Answer(QUESTION, verdict, severity, text, method, found.largest)
    verdict, severity, text = wording.fails
    assert found.witness is not None
    shown = (
        f"p = {listed(found.before)}; {wording.change} has p = {listed(found.after)}"
    )
    witness = Witness(found.witness, one_hot(0, 3), shown, "probabilities")
    return Answer(
        QUESTION,
        verdict,
        severity,
        f"{text}: at z = {listed(found.witness)}, {shown}.",
        method,
        found.largest,
        witness,
    )


def _order(subject: Subject, n: int, random: np.random.Generator) -> Answer:
    z, _ = simple_logits(n, random)
    z = z[np.argsort(np.abs(z).sum(axis=1), kind="stable")]
    p = probabilities(subject, z)
    known = np.atleast_1d(np.isfinite(p).all(axis=1))
    make = partial(
        Answer, ORDER, method=f"float64, {int(known.sum())} logits of {n} classes"
    )
    if not known.any():
        return undecided(ORDER, "p is nowhere finite among the logits that were tried")
    of_largest = p[np.arange(len(z)), np.argmax(z, axis=1)]
    wrong = known & (
        of_largest < np.max(np.where(known[:, None], p, 0), axis=1) * (1 - TIE) - TIE
    )
    if not wrong.any():
        return make(
            "argmax p is argmax z",
            "fine",
            "The largest logit has the largest probability.",
        )
    at = int(np.argmax(wrong))
    text = f"The largest logit need not have the largest probability: z = {listed(z[at])} has p = {listed(p[at])}."
    witness = Witness(
        row(z[at]),
        one_hot(int(np.argmax(z[at])), n),
        f"p = {listed(p[at])}",
        "probabilities",
    )
    return make(
        "argmax p is not always argmax z",
        "note",
        text + " Predict by p.",
        witness=witness,
    )
