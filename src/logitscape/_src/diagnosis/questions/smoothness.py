"""How much the gradient changes: the largest curvature, and kinks and jumps, where there is none."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np

from ..answers import Answer, Severity, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, hessians, one_hot, row
from ..simplify import few_classes, listed, number, rounded
from ..subject import Subject
from .jumps import PAIRS, Jump, jumps
from .shells import HUGE, grows, points

QUESTION = "bounds"
METHOD = "float64, {n} classes, Hessians at {m} logits of all sizes; {pairs} ways between scattered logits halved to find jumps"


def smoothness(subject: Subject, config: DiagnosisConfig) -> Answer:
    """The smoothness constant, or where it fails."""
    n = few_classes(subject, config)
    random = config.random()
    z, labels = (each[:, ::4] for each in points(n, random))
    make = partial(
        Answer, QUESTION, method=METHOD.format(n=n, m=labels.size, pairs=2 * PAIRS)
    )
    of_loss, of_gradient = jumps(subject, n, random)
    if of_loss is not None:
        return _broken(
            make, of_loss, "loss", "jumps", "warning", "no gradient tells of that"
        )
    if of_gradient is not None:
        return _broken(
            make,
            of_gradient,
            "gradient",
            "kinked",
            "note",
            "the loss has a kink, and no smoothness constant",
        )
    try:
        return _curved(subject, z, labels, make)
    except Exception as error:
        return undecided(
            QUESTION, f"the function has no second derivatives: {type(error).__name__}"
        )


def _broken(
    make: Callable[..., Answer],
    jump: Jump,
    what: Literal["loss", "gradient"],
    verdict: str,
    severity: Severity,
    so: str,
) -> Answer:
    z = rounded(
        jump.after, lambda rows: np.max(np.abs(rows - jump.after), axis=1) < 1e-8
    )
    text = f"The {what} jumps by {number(jump.size)} at {listed(z)}: {so}."
    witness = Witness(
        row(jump.after),
        one_hot(0, len(z)),
        f"{what} other by {number(jump.size)} than at {row(jump.before)}",
        what,
    )
    return make(verdict, severity, text, number=jump.size, witness=witness)


def _curved(
    subject: Subject, z: Rows, labels: Rows, make: Callable[..., Answer]
) -> Answer:
    curvature = _curvature(
        subject, z.reshape(-1, z.shape[2]), labels.reshape(-1)
    ).reshape(labels.shape)
    if np.isnan(curvature).all():
        return undecided(
            QUESTION, "no second derivative is finite among the logits that were tried"
        )
    at = np.unravel_index(np.nanargmax(curvature), curvature.shape)
    largest, label = float(curvature[at]), int(labels[at])
    simple = rounded(
        z[at],
        lambda rows: (
            _curvature(subject, rows, np.full(len(rows), label)) >= 0.9 * largest
        ),
    )
    reached = number(_curvature(subject, simple[None], np.array([label]))[0])
    witness = Witness(
        row(simple),
        one_hot(label, z.shape[2]),
        f"an eigenvalue of size {reached}",
        "hessian",
    )
    if largest > HUGE or grows(curvature) or grows(curvature[::-1]):
        text = f"The curvature has no bound: it keeps growing, and reached {number(largest)}."
        return make(
            "curvature unbounded", "note", text, number=largest, witness=witness
        )
    text = f"The curvature is at most {number(largest)} (the smoothness constant)."
    return make("smooth", "fine", text, number=largest, witness=witness)


def _curvature(subject: Subject, z: Rows, labels: Rows) -> Rows:
    """The largest eigenvalue of the Hessian in absolute value, [m]; NaN where it or the loss is not finite."""
    hessian = hessians(subject, z, labels)
    known = np.isfinite(evaluate(subject, z, labels).loss) & np.isfinite(hessian).all(
        axis=(1, 2)
    )
    size = np.abs(np.linalg.eigvalsh(np.where(known[:, None, None], hessian, 0))).max(
        axis=1
    )
    return np.where(known, size, np.nan)
