"""Jumps of a loss and of its gradient between scattered points."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..evaluation import Rows, Values, evaluate, finite_rows
from ..random_logits import make_positive, uniform_logits
from ..subject import Subject

PAIRS = 256
WIDTH = 4.0
HALVINGS = 34
LEAST = 1e-5
"""Smallest jump that counts, relative to the largest value."""


class Jump(NamedTuple):
    """A jump between two points that are so close that nothing else explains the change.

    Attributes:
        before: Logits on one side, [n].
        after: Logits on the other side, [n].
        size: Size of the change.
    """

    before: Rows
    after: Rows
    size: float


def find_jumps(
    subject: Subject, n: int, random: np.random.Generator
) -> tuple[Jump | None, Jump | None]:
    """The largest jump of the loss of label 0, and the largest of its gradient.

    Either is None if there is none between pairs of scattered points.
    """
    start, end = uniform_logits(random, (2, PAIRS, n), WIDTH)
    every_other = slice(None, None, 2)
    make_positive(start, every_other)
    make_positive(end, every_other)
    start, end = subject.domain.fit(start), subject.domain.fit(end)
    of_loss = _largest_jump(subject, start, end, _loss)
    of_gradient = _largest_jump(subject, start, end, _gradient)
    return of_loss, of_gradient


def _largest_jump(
    subject: Subject, start: Rows, end: Rows, quantity: Callable[[Values], Rows]
) -> Jump | None:
    """Halve the way between all pairs, always towards the half that changes more.

    Args:
        subject: Subject to evaluate.
        start: First points of all pairs, [m, n].
        end: Second points, [m, n].
        quantity: Function from values to the rows whose change counts, [m, k].
    """
    at_start = quantity(evaluate(subject, start))
    at_end = quantity(evaluate(subject, end))
    largest = max(_largest_size(at_start), _largest_size(at_end))
    for _ in range(HALVINGS):
        middle = (start + end) / 2
        at_middle = quantity(evaluate(subject, middle))
        first_change = _change(at_start, at_middle)
        in_first = (first_change >= _change(at_middle, at_end))[:, None]
        start = np.where(in_first, start, middle)
        at_start = np.where(in_first, at_start, at_middle)
        end = np.where(in_first, middle, end)
        at_end = np.where(in_first, at_middle, at_end)
    # A continuous change halves with every halving, and is 1e-10 of the first one by now.
    change = _change(at_start, at_end)
    worst = int(np.argmax(change))
    if not change[worst] > LEAST * largest:
        return None
    return Jump(
        before=start[worst],
        after=end[worst],
        size=float(change[worst]),
    )


def _largest_size(values: Rows) -> float:
    finite = np.isfinite(values)
    size: float = np.max(np.abs(values), initial=0, where=finite)
    return size


def _loss(values: Values) -> Rows:
    return values.loss[:, None]


def _gradient(values: Values) -> Rows:
    finite = np.isfinite(values.loss)[:, None]
    return np.where(finite, values.gradient, np.nan)


def _change(before: Rows, after: Rows) -> Rows:
    """The distance, [m]; -1 where a value is not finite."""
    finite = finite_rows(before) & finite_rows(after)
    usable = finite[:, None]
    difference = np.where(usable, before, 0) - np.where(usable, after, 0)
    distance = np.linalg.norm(difference, axis=1)
    # Less than any distance, so that the search turns to the half that is finite.
    return np.where(finite, distance, -1)
