"""Convexity of a loss in the logits: a witness against it, a theorem for it, or neither.

The search follows the least eigenvalue of the Hessian, first at scattered points and then
around the worst. Tangent planes that lie above the loss elsewhere show kinks and jumps;
the loss along the chord confirms those.
"""

import numpy as np

from ..answers import Answer, Witness, undecided, without_second_derivatives
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate, one_hot, row
from ..random_logits import make_positive, normal_logits, uniform_logits
from ..simplify import few_classes, format_number, format_vector, in_few_digits
from ..subject import Subject
from ..vocabulary import CONVEX, NO_NEGATIVE_CURVATURE
from .certificates import certificate
from .chords import Counterexample, above_chord, kink_downwards
from .curvature import Curvature, curvature_of
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
METHOD = (
    "float64, {n} classes: Hessians at {m} logits up to 12, scattered and around the worst; "
    "tangent planes between {points} of them; the pull theorem on log-odds from -700 to 40"
)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Whether the loss is convex."""
    n = few_classes(subject, config)
    random = config.random()
    z = subject.domain.fit(scattered_logits(random, n))
    values = evaluate(subject, z)
    method = METHOD.format(n=n, m=HESSIANS, points=POINTS)
    if not np.isfinite(values.loss).any():
        why = "the loss is nowhere finite among the logits that were tried"
        return [undecided(QUESTION, why, method)]
    try:
        return [_answer(subject, z, values, random, method)]
    except Exception as error:
        return [without_second_derivatives(QUESTION, error, method)]


def scattered_logits(random: np.random.Generator, n: int) -> Rows:
    """Logits of all sizes alike, every other row positive, [m, n]."""
    log_sizes = random.uniform(np.log(0.1), np.log(WIDTH), (POINTS, 1))
    z = uniform_logits(random, (POINTS, n), np.exp(log_sizes))
    make_positive(z, slice(None, None, 2))
    return z


def far_logits(n: int) -> Rows:
    """Logits far out: the label against one rival and against all, and offsets, [m, n]."""
    sizes = np.concatenate([np.arange(12.0, 60.0, 1.5), np.geomspace(60, 600, 24)])
    label, rival = np.eye(n)[:2]
    directions = [label, -label, rival, -rival, label - rival, rival - label]
    directions += [np.ones(n), -np.ones(n)]
    z = (sizes[:, None, None] * np.array(directions)).reshape(-1, n)
    # At ties the gradient is one of several, which is no piece of its own.
    apart: Rows = z + 0.3 * np.cos(np.arange(n) ** 2.0)
    return apart


def _answer(
    subject: Subject,
    z: Rows,
    values: Values,
    random: np.random.Generator,
    method: str,
) -> Answer:
    curvature = curvature_of(subject, z)
    worst, least = _least_eigenvalue(curvature, z, random)
    # Tangent planes and theorems are about the whole loss: their premises are tried far out too.
    far = far_logits(z.shape[1])
    far = far[subject.domain.contains(far)]
    z = np.concatenate([z, far])
    values = Values(
        *map(np.concatenate, zip(values, evaluate(subject, far), strict=True))
    )
    counterexample = _counterexample(curvature, z, values, worst, least)
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
            verdict=CONVEX,
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
        verdict=NO_NEGATIVE_CURVATURE,
        severity="fine",
        text=text,
        method=method,
        number=least,
    )


def _counterexample(
    curvature: Curvature, z: Rows, values: Values, worst: Rows, least: float
) -> Counterexample | None:
    """The first violation that is found, the cheapest search first."""
    if least < 0:
        return _negative_curvature(curvature, worst)
    on_chord = above_chord(curvature.subject, z, values)
    if on_chord is not None:
        return on_chord
    return _where_pull_grows(curvature, z.shape[1])


def _least_eigenvalue(
    curvature: Curvature, z: Rows, random: np.random.Generator
) -> tuple[Rows, float]:
    """The logits with the least eigenvalue, [n], and that eigenvalue.

    The eigenvalue is 0 if none is negative beyond rounding.
    """
    worst = z[0]
    least = np.inf
    for step in range(ROUNDS + 1):
        eigenvalues = curvature.least(z)
        index = int(np.argmin(eigenvalues))
        if eigenvalues[index] < least:
            worst = z[index]
            least = float(eigenvalues[index])
        steps = normal_logits(random, z.shape, 0.5) / 3**step
        z = np.clip(worst + steps, -WIDTH, WIDTH)
    return worst, least if np.isfinite(least) else 0.0


def _negative_curvature(curvature: Curvature, z: Rows) -> Counterexample:
    least = float(curvature.least(z[None])[0])

    def still_negative(rows: Rows) -> Rows:
        negative: Rows = curvature.least(rows) <= least / 2
        return negative

    simple = in_few_digits(z, still_negative)
    eigenvalue = format_number(float(curvature.least(simple[None])[0]))
    text = (
        f"The curvature is negative at {format_vector(simple)}: "
        f"the Hessian has the eigenvalue {eigenvalue}."
    )
    shows = f"an eigenvalue of {eigenvalue}"
    witness = Witness(row(simple), one_hot(0, len(z)), shows, "hessian")
    return Counterexample(text, least, witness)


def _where_pull_grows(curvature: Curvature, n: int) -> Counterexample | None:
    """A place where the pull grows with p: negative curvature, or a kink downwards."""
    subject = curvature.subject
    values = values_by_margin(subject, n)
    if values is None:
        return None
    steps = np.flatnonzero(violations_of_theorem(-values.gradient[:, 0]))
    if not len(steps):
        return None
    middles = (MARGINS[steps] + MARGINS[steps + 1]) / 2
    rivals = np.resize(RIVALS[0], n - 1)
    z = logits_by_margin(middles, rivals)
    eigenvalues = curvature.least(z)
    worst = int(np.argmin(eigenvalues))
    if eigenvalues[worst] < 0:
        return _negative_curvature(curvature, z[worst])
    return kink_downwards(subject, middles, rivals)
