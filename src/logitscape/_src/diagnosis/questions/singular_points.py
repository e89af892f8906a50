"""Singular points: logits at which loss or gradient break, although all around is well.

They are looked for in the traced program, as scattered logits never meet them.
"""

from typing import NamedTuple

import numpy as np

from ..answers import Answer, Witness
from ..config import DiagnosisConfig
from ..evaluation import (
    Rows,
    evaluate,
    finite,
    finite_rows,
    losses,
    norms,
    one_hot,
    row,
)
from ..programs import Precision
from ..simplify import few_classes, format_first, format_vector
from ..subject import Subject, gradient_error
from .singular_search import Place, candidates
from .singular_values import SingularValues

QUESTION = "singular points"
MOST_CLASSES = 20
AROUND = 12
"""Number of neighbours of a point, at every distance."""
FAR, NEAR, NEARER = 1e-2, 1e-6, 1e-10
"""Distances of the neighbours, relative to the size of the logits."""
SURROUNDED = 0.6
"""Share of the neighbours that are finite around a point that breaks alone."""
GROWS = 2.5
"""Growth of the gradient from the far to the near neighbours that shows a pole."""
OFF = 1e-3
"""Difference of a loss from that of its neighbours that is no rounding."""
METHOD = (
    "{n} classes: {m} logits, simple ones and those where a step of the traced program "
    "meets a division by 0, a root or logarithm of 0, or equality"
)


class _Break(NamedTuple):
    """One point that breaks.

    Attributes:
        z: Logits, [n].
        label: Label.
        dtype: Precision in which it breaks.
        is_loss: Whether the loss itself is off, and not its gradient.
    """

    z: Rows
    label: int
    dtype: Precision
    is_loss: bool


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Whether loss or gradient break at single logits within 50."""
    n = config.num_classes
    if n > MOST_CLASSES:
        n = few_classes(subject, config)
    distances = SingularValues(subject, n)
    places = candidates(distances, n, subject.domain)
    method = METHOD.format(n=n, m=len(places.z))
    for dtype in _precisions(subject, config, n):
        broken = _first_break(subject, places, dtype, config.random())
        if broken is not None:
            return [_answer(subject, broken, method)]
    odd = _first_odd_value(subject, places, config.random())
    return [_fine(method) if odd is None else _odd_value(subject, odd, method)]


def _fine(method: str) -> Answer:
    return Answer(
        question=QUESTION,
        verdict="no singular point found",
        severity="fine",
        text="Loss and gradient are as around wherever a step of the program is singular.",
        method=method,
    )


def _precisions(subject: Subject, config: DiagnosisConfig, n: int) -> list[Precision]:
    others: list[Precision] = []
    if config.dtype != "float64" and not gradient_error(
        subject.function, n, config.dtype
    ):
        others.append(config.dtype)
    return ["float64", *others]


def _first_break(
    subject: Subject, places: Place, dtype: Precision, random: np.random.Generator
) -> _Break | None:
    """The first point that breaks and is well surrounded; the simplest come first."""
    values = evaluate(subject, places.z, places.labels, dtype=dtype)
    broken = np.flatnonzero(~finite_rows(values.gradient) | np.isnan(values.loss))
    for index in broken[:64]:
        place = Place(places.z[[index]], places.labels[[index]])
        loss = float(values.loss[index])
        if _should_be_finite(subject, place, loss, dtype, random):
            label = int(place.labels[0])
            return _Break(place.z[0], label, dtype, not np.isfinite(loss))
    return None


def _should_be_finite(
    subject: Subject,
    place: Place,
    loss: float,
    dtype: Precision,
    random: np.random.Generator,
) -> bool:
    """Whether the gradient is finite and bounded all around, or NaN with a finite loss."""
    n = place.z.shape[1]
    directions = random.standard_normal((AROUND, n))
    directions /= np.abs(directions).max(axis=1, keepdims=True)
    size = 1 + np.abs(place.z).max()
    if _is_at_a_corner(subject, place, FAR * size * np.ones(n), dtype):
        return False
    far = _inside(subject, place, FAR * size * directions)
    label = int(place.labels[0])
    around = evaluate(subject, far, label, dtype=dtype)
    if dtype == "float64" and np.isfinite(loss) and np.isfinite(around.loss).all():
        # A region of the narrower dtypes is where they round to 0, as precision tells.
        in_a_region = np.isnan(around.gradient).any(axis=1).mean() > SURROUNDED
        if in_a_region:
            return True
    if finite(around).mean() < SURROUNDED:
        return False
    near = evaluate(subject, _inside(subject, place, NEAR * size * directions), label)
    wide = evaluate(subject, far, label)
    return _largest(near.gradient) <= GROWS * _largest(wide.gradient)


def _inside(subject: Subject, place: Place, steps: Rows) -> Rows:
    """Logits around a place; what would leave the domain goes the other way."""
    domain = subject.domain
    moved = place.z + steps
    outside = (moved < domain.low) | (moved > domain.high)
    return np.where(outside, place.z - steps, moved)


def _is_at_a_corner(
    subject: Subject, place: Place, step: Rows, dtype: Precision
) -> bool:
    """Whether the loss is undefined in all of one direction, as where no logit is positive.

    Directions at random miss such a corner if there are many classes. What lies outside of the
    domain is undefined by right.
    """
    label = int(place.labels[0])
    aside = np.stack([place.z[0] - step, place.z[0] + step])
    aside = aside[subject.domain.contains(aside)]
    return bool(np.isnan(losses(subject, aside, label, dtype=dtype)).any())


def _first_odd_value(
    subject: Subject, places: Place, random: np.random.Generator
) -> Place | None:
    """The first point whose loss is not that of its neighbours, which agree."""
    z, labels = places
    step = random.standard_normal(z.shape) * NEAR * (1 + np.abs(z))
    at, before, after = (losses(subject, z + move, labels) for move in (0, -step, step))
    size = 1 + np.abs(before)
    agree = np.abs(before - after) <= OFF / 10 * size
    odd = np.flatnonzero(agree & (np.abs(at - before) > OFF * size))
    for index in odd[:64]:
        place = Place(z[[index]], labels[[index]])
        if _stands_alone(subject, place, float(at[index]), random):
            return place
    return None


def _stands_alone(
    subject: Subject, place: Place, at: float, random: np.random.Generator
) -> bool:
    """Whether the losses all around agree, and come no nearer to that of the point.

    They differ where the loss jumps, as at ties, and they go on rising around a pole.
    """
    n = place.z.shape[1]
    # Each class is moved most by some, as of many that are equal one may be the largest.
    most = np.concatenate([np.eye(n), -np.eye(n)])
    directions = random.standard_normal((2 * n, n)) + 5 * most
    size = 1 + np.abs(place.z).max()
    steps = np.concatenate([NEAR * directions, NEARER * directions]) * size
    around = losses(subject, place.z + steps, int(place.labels[0]))
    typical = float(np.median(around))
    tolerance = OFF / 10 * (1 + abs(typical))
    return bool((np.abs(around - typical) <= tolerance).all() and at != typical)


def _odd_value(subject: Subject, place: Place, method: str) -> Answer:
    z, label = place.z[0], int(place.labels[0])
    nearby = z + NEAR * np.cos(np.arange(len(z)) ** 2.0)
    at, near = losses(subject, np.stack([z, nearby]), label)
    shows = f"loss {at:.6g}, and {near:.6g} at logits that differ by {NEAR:g}"
    text = (
        f"At {format_vector(z, digits=9)} with label {label} the loss has a value of its "
        f"own: {at:.6g} instead of {near:.6g} all around. No gradient tells of that."
    )
    return Answer(
        question=QUESTION,
        verdict="another value at single logits",
        severity="fault",
        text=text,
        method=method,
        number=float(at - near),
        witness=Witness(
            row(z), one_hot(label, len(z)), shows, "losses", others=(row(nearby),)
        ),
    )


def _largest(gradient: Rows) -> float:
    """The largest norm among the rows that are finite; 0 if none is."""
    rows = gradient[finite_rows(gradient)]
    return float(norms(rows).max(initial=0))


def _answer(subject: Subject, broken: _Break, method: str) -> Answer:
    values = evaluate(subject, broken.z, broken.label, dtype=broken.dtype)
    gradient = format_first(values.gradient[0])
    shows = f"loss = {values.loss[0]:.4g}, gradient = {gradient}"
    place = format_vector(broken.z, digits=9)
    text = (
        f"At {place} with label {broken.label}, {shows}, although all is finite around: "
        "an intermediate value is 0 or infinite there, perhaps in a branch of a `where` "
        "that is not selected."
    )
    return Answer(
        question=QUESTION,
        verdict="not finite at single logits",
        severity="fault",
        text=text,
        method=f"{method}, {broken.dtype}",
        witness=Witness(
            logits=row(broken.z),
            target=one_hot(broken.label, len(broken.z)),
            shows=shows,
            expression="loss" if broken.is_loss else "gradient",
            dtype=broken.dtype,
        ),
    )
