"""Calls that follow each other: the same result again, and inputs that stay as they are."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .batch import Batch
from .expected import Miss
from .fault import Fault
from .fused import Outcome, attempt, on_device
from .scope import Scope
from .vocabulary import INPUTS_CHANGED, OVERWRITTEN, SECOND_CALL


def faults(scope: Scope) -> Iterator[Fault]:
    """The faults that show when the loss is called more than once, outside of `jit`."""
    first, second = scope.batch(), scope.batch(seed=1)
    want = scope.expected(first)
    losses, pull = scope.fused.pullback(first)
    once = scope.misses(Outcome(losses, pull(1.0)), want)
    if once:
        verdict = "differs under jit" if scope.fused.jit else SECOND_CALL
        yield _fault(verdict, "the first call outside of `jit`", once, first)
        return
    _, pull_second = scope.fused.pullback(second)
    pull_second(1.0)
    later = scope.misses(Outcome(losses, pull(1.0)), want)
    if later:
        yield _fault(OVERWRITTEN, "the same gradient after another call", later, first)
        return
    losses, pull = scope.fused.pullback(first)
    again = scope.misses(Outcome(losses, pull(1.0)), want)
    if again:
        yield _fault(SECOND_CALL, "a later call", again, first)
    yield from _inputs_changed(scope)


def _fault(verdict: str, when: str, missed: Mapping[str, Miss], batch: Batch) -> Fault:
    return Fault(verdict, f"in {when}, {next(iter(missed.values()))}.", batch)


def _inputs_changed(scope: Scope) -> Iterator[Fault]:
    batch = scope.batch()
    arrays, labels = on_device(batch)
    attempt(scope.fused.losses, arrays, labels)
    before: dict[str, Any] = {**batch.arrays, "labels": batch.labels}
    for name, array in {**arrays, "labels": labels}.items():
        if array.is_deleted():
            yield Fault(INPUTS_CHANGED, f"the {name} are deleted.", batch)
        elif not np.array_equal(np.asarray(array, before[name].dtype), before[name]):
            yield Fault(INPUTS_CHANGED, f"the {name} are other ones.", batch)
