"""Whether a loss is convex in the logits: a witness if not, a theorem if one applies, else what the search did not find.

The search goes for the least eigenvalue of the Hessian, at scattered points and then around the worst, and for tangent planes
that lie above the loss elsewhere, which shows kinks and jumps; those are confirmed by the loss along the chord.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate, hessians, losses, one_hot, row
from ..simplify import few_classes, listed, number, rounded
from ..subject import Subject
from .certificates import (
    MARGINS,
    RIVALS,
    by_margin,
    certificate,
    logits,
    tangent_excess,
    weakens,
)

QUESTION = "convexity"
POINTS, ROUNDS, WIDTH = 1024, 2, 12.0
CHORDS = 64
NOISE = 1e-6
METHOD = (
    "float64, {n} classes: Hessians at {m} logits up to 12, scattered and around the worst; tangent planes between "
    "{points} of them; the pull theorem on log-odds from -700 to 40"
)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Convex or not."""
    n, random = few_classes(subject, config), config.random()
    z = scattered(random, n)
    values = evaluate(subject, z)
    method = METHOD.format(n=n, m=POINTS * (ROUNDS + 1), points=POINTS)
    make = partial(Answer, QUESTION, method=method)
    if not np.isfinite(values.loss).any():
        return [
            undecided(
                QUESTION,
                "the loss is nowhere finite among the logits that were tried",
                method,
            )
        ]
    try:
        return [_answer(subject, z, values, random, make)]
    except Exception as error:
        return [
            undecided(
                QUESTION,
                f"the function has no second derivatives: {str(error).splitlines()[0]}",
                method,
            )
        ]


def scattered(random: np.random.Generator, n: int) -> Rows:
    """Points at all distances from 0 alike, every other one with positive logits only."""
    z = np.exp(
        random.uniform(np.log(0.1), np.log(WIDTH), (POINTS, 1))
    ) * random.uniform(-1, 1, (POINTS, n))
    z[::2] = np.abs(z[::2])
    return z


def _answer(
    subject: Subject,
    z: Rows,
    values: Values,
    random: np.random.Generator,
    make: Callable[..., Answer],
) -> Answer:
    worst, least = _most_bent(subject, z, random)
    if least < 0:
        return _bent(subject, worst, make)
    chord = _chord(subject, z, values)
    if chord is not None:
        return _not_convex(make, *chord)
    beyond = _weak_pull(subject, z.shape[1])
    if beyond is not None:
        return _bent(subject, beyond, make)
    theorem = certificate(subject, z, values)
    if theorem is not None:
        return make(
            "convex (certified)",
            "fine",
            f"Convex in the logits. {theorem}",
            number=least,
        )
    text = f"None of {POINTS * (ROUNDS + 1)} Hessians has negative curvature and no chord is below the loss; no theorem is known."
    return make("no negative curvature found", "fine", text, number=least)


def _most_bent(
    subject: Subject, z: Rows, random: np.random.Generator
) -> tuple[Rows, float]:
    """The logits with the least eigenvalue, and that eigenvalue; 0 if none is negative beyond rounding."""
    best, least = z[0], np.inf
    for step in range(ROUNDS + 1):
        bent = _eigenvalues(subject, z)
        at = int(np.argmin(bent))
        if bent[at] < least:
            best, least = z[at], float(bent[at])
        z = np.clip(
            best + random.standard_normal(z.shape) * 0.5 / 3**step, -WIDTH, WIDTH
        )
    return best, least if np.isfinite(least) else 0.0


def _eigenvalues(subject: Subject, z: Rows) -> Rows:
    """The least eigenvalue of every Hessian, [m]; 0 within rounding, infinite where it or the loss is not finite."""
    hessian = hessians(subject, z)
    known = np.isfinite(losses(subject, z)) & np.isfinite(hessian).all(axis=(1, 2))
    values = np.linalg.eigvalsh(np.where(known[:, None, None], hessian, 0))
    noise = NOISE * (
        np.abs(values).max(axis=1) + np.median(np.abs(values)[known])
        if known.any()
        else 1
    )
    return np.where(
        known, np.where(np.abs(values[:, 0]) <= noise, 0, values[:, 0]), np.inf
    )


def _bent(subject: Subject, z: Rows, make: Callable[..., Answer]) -> Answer:
    least = float(_eigenvalues(subject, z[None])[0])
    simple = rounded(z, lambda rows: _eigenvalues(subject, rows) <= least / 2)
    reached = number(float(_eigenvalues(subject, simple[None])[0]))
    witness = Witness(
        row(simple), one_hot(0, len(z)), f"an eigenvalue of {reached}", "hessian"
    )
    text = f"The curvature is negative at {listed(simple)}: the Hessian has the eigenvalue {reached}."
    return _not_convex(make, text, least, witness)


def _not_convex(
    make: Callable[..., Answer], text: str, least: float, witness: Witness
) -> Answer:
    return make("not convex", "note", text, number=least, witness=witness)


def _chord(
    subject: Subject, z: Rows, values: Values
) -> tuple[str, float, Witness] | None:
    """Where the loss lies above a chord, among those whose tangent planes say so."""
    excess = tangent_excess(z, values)
    order = np.argsort(-excess, axis=None, kind="stable")[:CHORDS]
    start, end = np.unravel_index(order[excess.flat[order] > 0], excess.shape)
    if not len(start):
        return None
    share = np.linspace(0, 1, 17)[1:-1, None]
    middle = (1 - share[..., None]) * z[start] + share[..., None] * z[end]
    chord = (1 - share) * values.loss[start] + share * values.loss[end]
    above = losses(subject, middle.reshape(-1, z.shape[1])).reshape(chord.shape) - chord
    above = np.where(
        np.isnan(above) | (above <= NOISE * (1 + np.abs(chord))), -np.inf, above
    )
    at = np.unravel_index(np.argmax(above), above.shape)
    if not above[at] > 0:
        return None
    ends = f"{row(z[start[at[1]]])} to {row(z[end[at[1]]])}"
    text = f"The loss lies above one of its chords, by {number(above[at])} at {listed(middle[at])}."
    shown = f"{number(above[at])} more than on the chord from {ends}"
    return (
        text,
        -float(above[at]),
        Witness(row(middle[at]), one_hot(0, z.shape[1]), shown, "loss"),
    )


def _weak_pull(subject: Subject, n: int) -> Rows | None:
    """Logits where the pull is weaker than it is where the model is more right, if the Hessian agrees."""
    values = by_margin(subject, n)
    if values is None:
        return None
    steps = np.flatnonzero(weakens(-values.gradient[:, 0]))
    z = logits((MARGINS[steps] + MARGINS[steps + 1]) / 2, np.resize(RIVALS[0], n - 1))
    bent = _eigenvalues(subject, z) if len(z) else np.zeros(1)
    return z[np.argmin(bent)] if bent.min() < 0 else None
