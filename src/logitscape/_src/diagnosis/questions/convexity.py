"""Convexity of a loss in the logits: a witness against it, a theorem for it, or neither.

The search follows the least eigenvalue of the Hessian, first at scattered points and then
around the worst. Tangent planes that lie above the loss elsewhere show kinks and jumps;
the loss along the chord confirms those.
"""

from typing import NamedTuple

import numpy as np

from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate, hessians, losses, one_hot, row
from ..random_logits import make_positive, normal_logits, uniform_logits
from ..simplify import few_classes, format_number, format_vector, in_few_digits
from ..subject import Subject
from .certificates import certificate, tangent_excess
from .pull_theorem import (
    MARGINS,
    RIVALS,
    logits_by_margin,
    values_by_margin,
    violations_of_theorem,
)

QUESTION = "convexity"
POINTS, ROUNDS, WIDTH = 1024, 2, 12.0
HESSIANS = POINTS * (ROUNDS + 1)
CHORDS, CHORD_POINTS = 64, 15
NOISE = 1e-6
METHOD = (
    "float64, {n} classes: Hessians at {m} logits up to 12, scattered and around the worst; "
    "tangent planes between {points} of them; the pull theorem on log-odds from -700 to 40"
)


class _Counterexample(NamedTuple):
    """A violation of convexity.

    Attributes:
        text: Description.
        number: Least eigenvalue, or minus the height of the loss above a chord.
        witness: Logits that show it.
    """

    text: str
    number: float
    witness: Witness


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Whether the loss is convex."""
    n = few_classes(subject, config)
    random = config.random()
    z = scattered_logits(random, n)
    values = evaluate(subject, z)
    method = METHOD.format(n=n, m=HESSIANS, points=POINTS)
    if not np.isfinite(values.loss).any():
        why = "the loss is nowhere finite among the logits that were tried"
        return [undecided(QUESTION, why, method)]
    try:
        return [_answer(subject, z, values, random, method)]
    except Exception as error:
        first_line = (str(error).splitlines() or [""])[0]
        why = f"the function has no second derivatives: {first_line}"
        return [undecided(QUESTION, why, method)]


def scattered_logits(random: np.random.Generator, n: int) -> Rows:
    """Logits of all sizes alike, every other row positive, [m, n]."""
    log_sizes = random.uniform(np.log(0.1), np.log(WIDTH), (POINTS, 1))
    z = uniform_logits(random, (POINTS, n), np.exp(log_sizes))
    make_positive(z, slice(None, None, 2))
    return z


def _answer(
    subject: Subject,
    z: Rows,
    values: Values,
    random: np.random.Generator,
    method: str,
) -> Answer:
    worst, least = _least_eigenvalue(subject, z, random)
    counterexample = _counterexample(subject, z, values, worst, least)
    if counterexample is not None:
        return Answer(
            question=QUESTION,
            verdict="not convex",
            severity="note",
            text=counterexample.text,
            method=method,
            number=counterexample.number,
            witness=counterexample.witness,
        )
    theorem = certificate(subject, z, values)
    if theorem is not None:
        return Answer(
            question=QUESTION,
            verdict="convex (certified)",
            severity="fine",
            text=f"Convex in the logits. {theorem}",
            method=method,
            number=least,
        )
    text = (
        f"None of {HESSIANS} Hessians has negative curvature and no chord is below the "
        "loss; no theorem is known."
    )
    return Answer(
        question=QUESTION,
        verdict="no negative curvature found",
        severity="fine",
        text=text,
        method=method,
        number=least,
    )


def _counterexample(
    subject: Subject, z: Rows, values: Values, worst: Rows, least: float
) -> _Counterexample | None:
    """The first violation that is found, the cheapest search first."""
    if least < 0:
        return _negative_curvature(subject, worst)
    above_chord = _above_chord(subject, z, values)
    if above_chord is not None:
        return above_chord
    weak_pull = _where_pull_grows(subject, z.shape[1])
    if weak_pull is not None:
        return _negative_curvature(subject, weak_pull)
    return None


def _least_eigenvalue(
    subject: Subject, z: Rows, random: np.random.Generator
) -> tuple[Rows, float]:
    """The logits with the least eigenvalue, [n], and that eigenvalue.

    The eigenvalue is 0 if none is negative beyond rounding.
    """
    worst = z[0]
    least = np.inf
    for step in range(ROUNDS + 1):
        eigenvalues = _least_eigenvalues(subject, z)
        index = int(np.argmin(eigenvalues))
        if eigenvalues[index] < least:
            worst = z[index]
            least = float(eigenvalues[index])
        steps = normal_logits(random, z.shape, 0.5) / 3**step
        z = np.clip(worst + steps, -WIDTH, WIDTH)
    return worst, least if np.isfinite(least) else 0.0


def _least_eigenvalues(subject: Subject, z: Rows) -> Rows:
    """The least eigenvalue of every Hessian, [m].

    It is 0 within rounding, and infinite where the Hessian or the loss is not finite.
    """
    hessian = hessians(subject, z)
    known = np.isfinite(losses(subject, z)) & np.isfinite(hessian).all(axis=(1, 2))
    if not known.any():
        return np.full(len(z), np.inf)
    eigenvalues = np.linalg.eigvalsh(np.where(known[:, None, None], hessian, 0))
    size = np.abs(eigenvalues)
    # Eigenvalues have rounding errors in proportion to the largest one; where a Hessian
    # fades to 0, those of the terms that cancel in it are as large as elsewhere.
    noise = NOISE * (size.max(axis=1) + np.median(size[known]))
    least = eigenvalues[:, 0]
    beyond_rounding = np.where(np.abs(least) <= noise, 0, least)
    return np.where(known, beyond_rounding, np.inf)


def _negative_curvature(subject: Subject, z: Rows) -> _Counterexample:
    least = float(_least_eigenvalues(subject, z[None])[0])

    def still_negative(rows: Rows) -> Rows:
        negative: Rows = _least_eigenvalues(subject, rows) <= least / 2
        return negative

    simple = in_few_digits(z, still_negative)
    eigenvalue = format_number(float(_least_eigenvalues(subject, simple[None])[0]))
    text = (
        f"The curvature is negative at {format_vector(simple)}: "
        f"the Hessian has the eigenvalue {eigenvalue}."
    )
    shows = f"an eigenvalue of {eigenvalue}"
    witness = Witness(row(simple), one_hot(0, len(z)), shows, "hessian")
    return _Counterexample(text, least, witness)


def _above_chord(subject: Subject, z: Rows, values: Values) -> _Counterexample | None:
    """A point at which the loss lies above a chord.

    Only chords whose tangent planes lie above the loss are tried.
    """
    excess = tangent_excess(z, values)
    order = np.argsort(-excess, axis=None, kind="stable")[:CHORDS]
    positive = order[excess.flat[order] > 0]
    start, end = np.unravel_index(positive, excess.shape)
    if not len(start):
        return None
    share = np.linspace(0, 1, CHORD_POINTS + 2)[1:-1, None]
    rest = 1 - share
    between = rest[..., None] * z[start] + share[..., None] * z[end]
    chord = rest * values.loss[start] + share * values.loss[end]
    loss = losses(subject, between.reshape(-1, z.shape[1])).reshape(chord.shape)
    height = loss - chord
    noise = NOISE * (1 + np.abs(chord))
    height = np.where(np.isnan(height) | (height <= noise), -np.inf, height)
    highest = np.unravel_index(np.argmax(height), height.shape)
    if not height[highest] > 0:
        return None
    which = highest[1]
    point = between[highest]
    amount = format_number(height[highest])
    text = (
        f"The loss lies above one of its chords, by {amount} at {format_vector(point)}."
    )
    shows = (
        f"{amount} more than on the chord from "
        f"{row(z[start[which]])} to {row(z[end[which]])}"
    )
    witness = Witness(row(point), one_hot(0, z.shape[1]), shows, "loss")
    return _Counterexample(text, -float(height[highest]), witness)


def _where_pull_grows(subject: Subject, n: int) -> Rows | None:
    """Logits where the pull grows with p and the Hessian has a negative eigenvalue, [n]."""
    values = values_by_margin(subject, n)
    if values is None:
        return None
    steps = np.flatnonzero(violations_of_theorem(-values.gradient[:, 0]))
    if not len(steps):
        return None
    middles = (MARGINS[steps] + MARGINS[steps + 1]) / 2
    z = logits_by_margin(middles, np.resize(RIVALS[0], n - 1))
    eigenvalues = _least_eigenvalues(subject, z)
    worst = int(np.argmin(eigenvalues))
    return z[worst] if eigenvalues[worst] < 0 else None
