"""Changes of the logits that leave the loss and the probabilities as they are.

The answers also tell whether all classes are treated alike, and whether p predicts the
largest logit.
"""

from typing import NamedTuple

import numpy as np

from ...base.target_kinds import DISTRIBUTION
from ...properties.invariance import SHIFT
from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, finite_rows, losses, one_hot, probabilities, row
from ..random_logits import simple_logits
from ..simplify import few_classes, format_number, format_vector
from ..subject import Subject
from .probability_invariances import probability_invariances

QUESTION, ORDER = "invariances", "order"
EXACT = 1e-5
"""Largest relative difference of equal losses: sums in another order round otherwise."""
TIE = 1e-9
NOWHERE_FINITE = "the loss is nowhere finite among the logits that were tried"


class _Permutation(NamedTuple):
    """Logits and labels with the classes permuted."""

    z: Rows
    labels: Rows


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Invariances of the loss, those of the probabilities, and the order of the classes."""
    z, labels = simple_logits(config.num_classes, config.random())
    z = subject.domain.fit(z)
    results = [_shift(subject, z, labels), _classes(subject, z, labels)]
    if subject.targets is not DISTRIBUTION:
        return results
    if subject.normalizer is None:
        why = "It needs a normalizer: pass `normalizer=...`."
        return [*results, undecided(QUESTION, why), undecided(ORDER, why)]
    if subject.domain.is_bounded:
        why = f"needs logits of any size, and there are only {subject.domain}"
        return [*results, undecided(QUESTION, why), undecided(ORDER, why)]
    results += probability_invariances(subject)
    n = few_classes(subject, config)
    results.append(_order(subject, n, config.random()))
    return results


def _shift(subject: Subject, z: Rows, labels: Rows) -> Answer:
    shift = subject.domain.step(SHIFT)
    method = f"float64, the loss at z and z + {shift:g} for {len(z)} logits"
    before = losses(subject, z, labels)
    after = losses(subject, z + shift, labels)
    if not np.isfinite(before).any():
        return undecided(QUESTION, NOWHERE_FINITE, method)
    differences = _differences(before, after)
    worst = _first_large(differences)
    if differences[worst] <= EXACT:
        return Answer(
            question=QUESTION,
            verdict="shift invariant",
            severity="fine",
            text="A common shift of the logits does not change the loss.",
            method=method,
        )
    old, new = format_number(before[worst]), format_number(after[worst])
    witness = Witness(
        logits=row(z[worst]),
        target=one_hot(int(labels[worst]), z.shape[1]),
        shows=f"loss {old}, and {new} at z + {shift:g}",
        expression="losses",
        others=(row(z[worst] + shift),),
    )
    text = f"A common shift of the logits changes the loss: from {old} to {new} by {shift:g}."
    return Answer(
        question=QUESTION,
        verdict="not shift invariant",
        severity="note",
        text=text,
        method=method,
        witness=witness,
    )


def _classes(subject: Subject, z: Rows, labels: Rows) -> Answer:
    """Whether a permutation of the classes of logits and target leaves the loss as it is."""
    method = (
        f"float64, the loss at {len(z)} logits with classes and target moved by one place, "
        "and back to front"
    )
    before = losses(subject, z, labels)
    if not np.isfinite(before).any():
        return undecided(QUESTION, NOWHERE_FINITE, method)
    permutations = _permutations(z, labels)
    after = [losses(subject, moved.z, moved.labels) for moved in permutations]
    differences = np.stack([_differences(before, values) for values in after])
    which, worst = divmod(_first_large(differences), len(z))
    if differences[which, worst] <= EXACT:
        return Answer(
            question=QUESTION,
            verdict="treats classes alike",
            severity="fine",
            text="Permuting the classes does not change the loss.",
            method=method,
        )
    moved = permutations[which]
    old, new = format_number(before[worst]), format_number(after[which][worst])
    shows = f"losses {old} and {new}, the second with the classes permuted"
    witness = Witness(
        logits=row(z[worst]),
        target=one_hot(int(labels[worst]), z.shape[1]),
        shows=shows,
        expression="losses",
        others=(row(moved.z[worst]),),
        other_labels=(int(moved.labels[worst]),),
    )
    text = (
        f"The loss depends on which class is which: {old} and {new} "
        "for the same logits with the classes permuted."
    )
    return Answer(
        question=QUESTION,
        verdict="treats classes differently",
        severity="note",
        text=text,
        method=method,
        witness=witness,
    )


def _permutations(z: Rows, labels: Rows) -> tuple[_Permutation, _Permutation]:
    """All classes moved by one place, and in reverse order."""
    n = z.shape[1]
    moved = _Permutation(np.roll(z, 1, axis=1), (labels + 1) % n)
    reverse = _Permutation(z[:, ::-1], n - 1 - labels)
    return moved, reverse


def _first_large(differences: Rows) -> int:
    """The first difference that is at least half of the largest; the logits grow in size."""
    large = differences.ravel() >= np.max(differences) / 2
    return int(np.argmax(large))


def _differences(before: Rows, after: Rows) -> Rows:
    """Relative differences, [m]; infinite where only the second loss is not finite."""
    finite_before = np.isfinite(before)
    finite_after = np.isfinite(after)
    both = finite_before & finite_after
    a = np.where(both, before, 0)
    b = np.where(both, after, 0)
    size = np.maximum(np.abs(a), np.abs(b))
    # Relative for large losses, absolute for small ones.
    relative = np.abs(a - b) / (1 + size)
    return np.where(finite_before & ~finite_after, np.inf, relative)


def _order(subject: Subject, n: int, random: np.random.Generator) -> Answer:
    """Whether the largest logit has the largest probability."""
    z, _ = simple_logits(n, random)
    # The simplest first, as the first that fails is the witness.
    z = z[np.argsort(np.abs(z).sum(axis=1), kind="stable")]
    p = probabilities(subject, z)
    finite = finite_rows(p)
    if not finite.any():
        why = "p is nowhere finite among the logits that were tried"
        return undecided(ORDER, why)
    method = f"float64, {int(finite.sum())} logits of {n} classes"
    of_largest_logit = p[np.arange(len(z)), np.argmax(z, axis=1)]
    largest = np.max(np.where(finite[:, None], p, 0), axis=1)
    wrong = finite & (of_largest_logit < largest * (1 - TIE) - TIE)
    if not wrong.any():
        return Answer(
            question=ORDER,
            verdict="argmax p is argmax z",
            severity="fine",
            text="The largest logit has the largest probability.",
            method=method,
        )
    first = int(np.argmax(wrong))
    p_text = format_vector(p[first])
    witness = Witness(
        logits=row(z[first]),
        target=one_hot(int(np.argmax(z[first])), n),
        shows=f"p = {p_text}",
        expression="probabilities",
    )
    text = (
        "The largest logit need not have the largest probability: "
        f"z = {format_vector(z[first])} has p = {p_text}. Predict by p."
    )
    return Answer(
        question=ORDER,
        verdict="argmax p is not always argmax z",
        severity="note",
        text=text,
        method=method,
        witness=witness,
    )
