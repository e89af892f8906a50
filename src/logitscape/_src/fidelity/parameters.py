"""Parameters such as label smoothing: accepted, used, and used in the gradient as well."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .batch import ROWS, Batch
from .expected import Miss
from .fault import Fault
from .fused import CallFailed, Outcome
from .scope import Scope
from .vocabulary import (
    DOES_NOT_RUN,
    PARAMETER_DIFFERS,
    PARAMETER_NOT_IN_GRADIENT,
    PARAMETER_NOT_USED,
    PARAMETER_ON_PADDING,
)

MANY_CLASSES = 4096
"""A number of classes beyond which nothing new is expected of a parameter."""

LOW = -100.0
"""Size of logits that a soft cap of 30 brings near its floor, where padding would lie."""


def faults(scope: Scope, parameters: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of every parameter; each is changed alone."""
    for name, value in parameters.items():
        try:
            yield from _of_parameter(scope, name, value)
        except CallFailed as error:
            yield Fault(DOES_NOT_RUN, f"with {name}={value!r}, {error}")


def _of_parameter(scope: Scope, name: str, value: Any) -> Iterator[Fault]:
    changed = scope.with_parameters({name: value})
    for batch in _batches(scope, scope.classes):
        outcome = changed.fused.run(batch)
        missed = changed.misses(outcome, changed.expected(batch))
        if missed:
            verdict = _cause(scope, batch, outcome, missed)
            yield _fault(verdict, name, value, missed, batch)
            return
    for classes in off_tile(scope.other_classes):
        for batch in _batches(scope, classes):
            outcome = changed.fused.run(batch)
            missed = changed.misses(outcome, changed.expected(batch))
            if missed:
                yield _fault(PARAMETER_ON_PADDING, name, value, missed, batch)
                return


def off_tile(counts: Sequence[int]) -> tuple[int, ...]:
    """The least and the greatest number of classes that usual tiles do not divide."""
    odd = sorted(count for count in counts if count % 2 and count < MANY_CLASSES)
    return tuple(dict.fromkeys([*odd[:1], *odd[-1:]]))


def _batches(scope: Scope, classes: int) -> Iterator[Batch]:
    yield scope.maker.ordinary(ROWS, classes)
    if not scope.maker.positive:
        low = [[1.0, 0.0, 2.0, -1.0], [0.0, 3.0, 0.0, 0.0]]
        yield scope.maker.exact(low, [2, 0], classes, offset=LOW)


def _cause(
    scope: Scope, batch: Batch, outcome: Outcome, missed: Mapping[str, Miss]
) -> str:
    """Whether the result is that without the parameter."""
    without = scope.misses(outcome, scope.expected(batch))
    if "losses" in missed:
        return PARAMETER_DIFFERS if "losses" in without else PARAMETER_NOT_USED
    is_unused = not any(name in without for name in missed)
    return PARAMETER_NOT_IN_GRADIENT if is_unused else PARAMETER_DIFFERS


def _fault(
    verdict: str, name: str, value: Any, missed: Mapping[str, Miss], batch: Batch
) -> Fault:
    first = next(iter(missed.values()))
    size = f" at logits near {LOW:g}" if np.median(batch.logits) == LOW else ""
    return Fault(verdict, f"{name}={value!r}{size}: {first}.", batch)
