"""What is true of a loss of positives [N] and negatives [N, m], tried by a few values."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from .framework import Rows
from .reading import Reduction

Run: TypeAlias = Callable[..., Rows]

EXAMPLES = 5
NEGATIVES = 4
EXACT = 2e-6
"""Largest difference of equal losses, relative to their size: float32 rounds them."""


def hold(run: Run) -> bool:
    """Whether negatives are alike, and the loss depends on them and on the positives."""
    positives, negatives = _similarities()
    at = run(positives, negatives)
    return bool(
        _same(at, run(positives, negatives[:, ::-1].copy()))
        and not _same(at, run(positives + 1, negatives))
        and not _same(at, run(positives, negatives * 0.5))
    )


def reduction_of(run: Run) -> Reduction | None:
    """How the loss of a batch follows from those of its examples; None if it does not."""
    positives, negatives = _similarities()
    at = run(positives, negatives)
    each = [
        run(positives[i : i + 1], negatives[i : i + 1]).reshape(())
        for i in range(EXAMPLES)
    ]
    if at.ndim:
        return "none" if _same(at, each) else None
    if _same(at, np.mean(each)):
        return "mean"
    return "sum" if _same(at, np.sum(each)) else None


def _similarities() -> tuple[Rows, Rows]:
    random = np.random.default_rng(12)
    return random.normal(size=EXAMPLES), random.normal(size=(EXAMPLES, NEGATIVES))


def _same(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    return bool(np.all(np.abs(a - b) <= EXACT * (1 + np.abs(a))))
