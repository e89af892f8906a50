"""Smoothness of a loss: its largest curvature, or the kinks and jumps that leave it without one."""

import numpy as np

from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, hessians, largest_components, one_hot, row
from ..simplify import few_classes, format_number, format_vector, in_few_digits
from ..subject import Subject
from ..vocabulary import BOUNDS, JUMPS
from .jumps import PAIRS, Jump, find_jumps
from .shells import HUGE, grows, shell_logits

METHOD = (
    "float64, {n} classes, Hessians at {m} logits of all sizes; "
    "{pairs} ways between scattered logits halved to find jumps"
)
SIMILAR = 0.9
"""Share of the largest curvature that a witness in few digits has at least."""


def smoothness(subject: Subject, config: DiagnosisConfig) -> Answer:
    """The smoothness constant, or the place where there is none."""
    n = few_classes(subject, config)
    random = config.random()
    all_logits, all_labels = shell_logits(n, random)
    # Every fourth direction is enough: Hessians are expensive.
    z, labels = subject.domain.centre + all_logits[:, ::4], all_labels[:, ::4]
    method = METHOD.format(n=n, m=labels.size, pairs=2 * PAIRS)
    of_loss, of_gradient = find_jumps(subject, n, random)
    if of_loss is not None:
        return _jumping_loss(of_loss, method)
    if of_gradient is not None:
        return _jumping_gradient(of_gradient, method)
    try:
        return _curvature(subject, z, labels, method)
    except Exception as error:
        why = f"the function has no second derivatives: {type(error).__name__}"
        return undecided(BOUNDS, why)


def _jumping_loss(jump: Jump, method: str) -> Answer:
    size = format_number(jump.size)
    place = format_vector(_place(jump))
    shows = f"loss other by {size} than at {row(jump.before)}"
    witness = Witness(
        row(jump.after),
        one_hot(0, len(jump.after)),
        shows,
        "losses",
        others=(row(jump.before),),
    )
    return Answer(
        question=BOUNDS,
        verdict=JUMPS,
        severity="trade",
        text=f"The loss jumps by {size} at {place}: no gradient tells of that.",
        method=method,
        number=jump.size,
        witness=witness,
    )


def _jumping_gradient(jump: Jump, method: str) -> Answer:
    size = format_number(jump.size)
    place = format_vector(_place(jump))
    shows = f"gradient other by {size} than at {row(jump.before)}"
    text = (
        f"The gradient jumps by {size} at {place}: "
        "the loss has a kink, and no smoothness constant."
    )
    return Answer(
        question=BOUNDS,
        verdict="kinked",
        severity="note",
        text=text,
        method=method,
        number=jump.size,
        witness=Witness(row(jump.after), one_hot(0, len(jump.after)), shows),
    )


def _place(jump: Jump) -> Rows:
    """The logits of a jump in few digits, [n]."""

    def is_near(rows: Rows) -> Rows:
        near: Rows = np.max(np.abs(rows - jump.after), axis=1) < 1e-8
        return near

    return in_few_digits(jump.after, is_near)


def _curvature(subject: Subject, z: Rows, labels: Rows, method: str) -> Answer:
    """Answer from the curvatures at logits [size, direction, n] with labels [size, direction]."""
    n = z.shape[2]
    curvatures = _curvatures(subject, z.reshape(-1, n), labels.reshape(-1))
    curvatures = curvatures.reshape(labels.shape)
    if np.isnan(curvatures).all():
        why = "no second derivative is finite among the logits that were tried"
        return undecided(BOUNDS, why)
    index = np.unravel_index(np.nanargmax(curvatures), curvatures.shape)
    largest = float(curvatures[index])
    unbounded = largest > HUGE or grows(curvatures) or grows(curvatures[::-1])
    largest_text = format_number(largest)
    if unbounded:
        text = (
            f"The curvature has no bound: it keeps growing, and reached {largest_text}."
        )
    else:
        text = f"The curvature is at most {largest_text} (the smoothness constant)."
    return Answer(
        question=BOUNDS,
        verdict="curvature unbounded" if unbounded else "smooth",
        severity="note" if unbounded else "fine",
        text=text,
        method=method,
        number=largest,
        witness=_witness(subject, z[index], int(labels[index]), largest),
    )


def _witness(subject: Subject, z: Rows, label: int, largest: float) -> Witness:
    """Logits [n] in few digits with nearly the largest curvature."""

    def similar(rows: Rows) -> Rows:
        labels = np.full(len(rows), label)
        curvatures = _curvatures(subject, rows, labels)
        large: Rows = curvatures >= SIMILAR * largest
        return large

    simple = in_few_digits(z, similar)
    curvature = _curvatures(subject, simple[None], np.array([label]))[0]
    shows = f"an eigenvalue of size {format_number(curvature)}"
    return Witness(row(simple), one_hot(label, len(z)), shows, "hessian")


def _curvatures(subject: Subject, z: Rows, labels: Rows) -> Rows:
    """The largest eigenvalue of the Hessian in absolute value, [m].

    It is NaN where the Hessian or the loss is not finite.
    """
    hessian = hessians(subject, z, labels)
    loss = evaluate(subject, z, labels).loss
    known = np.isfinite(loss) & np.isfinite(hessian).all(axis=(1, 2))
    # One NaN would make LAPACK fail for all.
    finite_hessian = np.where(known[:, None, None], hessian, 0)
    eigenvalues = np.linalg.eigvalsh(finite_hessian)
    return np.where(known, largest_components(eigenvalues), np.nan)
