"""Jumps of a loss and of its gradient, found by halving the way between scattered points."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..evaluation import Rows, Values, evaluate
from ..subject import Subject

PAIRS = 256
WIDTH = 4.0
HALVINGS = 34
LEAST = 1e-5
"""A jump is no smaller, relative to the largest value seen."""


class Jump(NamedTuple):
    """Two points [n] so close that only a jump explains the change between them, which has this size."""

    before: Rows
    after: Rows
    size: float


def jumps(
    subject: Subject, n: int, random: np.random.Generator
) -> tuple[Jump | None, Jump | None]:
    """The largest jump of the loss, and the largest of the gradient; None where none was found. Label 0."""
    a, b = WIDTH * random.uniform(-1, 1, (2, PAIRS, n))
    a[::2], b[::2] = np.abs(a[::2]), np.abs(b[::2])
    return _largest(subject, a, b, _loss), _largest(subject, a, b, _gradient)


def _largest(
    subject: Subject, a: Rows, b: Rows, quantity: Callable[[Values], Rows]
) -> Jump | None:
    at_a, at_b = (quantity(evaluate(subject, z)) for z in (a, b))
    scale = max(
        np.max(np.abs(each), initial=0, where=np.isfinite(each))
        for each in (at_a, at_b)
    )
    for _ in range(HALVINGS):
        middle = (a + b) / 2
        at_middle = quantity(evaluate(subject, middle))
        first = (_change(at_a, at_middle) >= _change(at_middle, at_b))[:, None]
        a, at_a = np.where(first, a, middle), np.where(first, at_a, at_middle)
        b, at_b = np.where(first, middle, b), np.where(first, at_middle, at_b)
    change = _change(at_a, at_b)
    worst = int(np.argmax(change))
    return (
        Jump(a[worst], b[worst], float(change[worst]))
        if change[worst] > LEAST * scale
        else None
    )


def _loss(values: Values) -> Rows:
    return values.loss[:, None]


def _gradient(values: Values) -> Rows:
    return np.where(np.isfinite(values.loss)[:, None], values.gradient, np.nan)


def _change(a: Rows, b: Rows) -> Rows:
    """The distance, [m]; -1 where it is not known."""
    known: Rows = np.isfinite(np.concatenate([a, b], axis=1)).all(axis=1)
    a, b = (np.where(known[:, None], each, 0) for each in (a, b))
    return np.where(known, np.linalg.norm(a - b, axis=1), -1)
