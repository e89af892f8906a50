"""Reductions: the mean over the kept rows, the sum, and their gradients."""

from collections.abc import Iterator

import numpy as np

from .batch import Batch, Matrix
from .expected import Bounded, Expected, Reduction, miss
from .fault import Fault
from .fused import CallFailed, Outcome
from .labels import IGNORED_ROWS, some_ignored
from .plain import proportion
from .scope import Scope
from .vocabulary import (
    ALL_IGNORED,
    COTANGENT_IGNORED,
    DOES_NOT_RUN,
    GRADIENTS_DIFFER,
    IGNORED_GRADIENT,
    IGNORED_SPOILS,
    MEAN_OVER_ALL,
    NOT_LINEAR,
    OTHER_REDUCTION,
    REDUCTION_DIFFERS,
    REDUCTION_NOT_USED,
)

SCALE = -2.5
"""Cotangent of a reduced loss."""


def faults(scope: Scope, *, with_ignored: bool) -> Iterator[Fault]:
    """The faults of every reduction, each named once.

    Args:
        scope: The loss.
        with_ignored: Whether to try batches of which some or all rows are ignored.
    """
    found = dict[str, Fault]()
    for reduction in scope.fused.reductions:
        for fault in _of_reduction(scope, reduction, with_ignored):
            found.setdefault(fault.verdict, fault)
    yield from found.values()


def _of_reduction(
    scope: Scope, reduction: Reduction, with_ignored: bool
) -> Iterator[Fault]:
    try:
        if reduction != "none":
            yield from _reduced(scope, reduction, with_ignored)
        if with_ignored:
            yield from _all_ignored(scope, reduction)
    except CallFailed as error:
        yield Fault(DOES_NOT_RUN, f"with the reduction {reduction!r}, {error}")


def _reduced(scope: Scope, reduction: Reduction, with_ignored: bool) -> Iterator[Fault]:
    batch = scope.batch()
    fault = _fault(scope, reduction, batch, scope.expected(batch), len(batch.labels))
    if fault is None and with_ignored:
        ignoring, want = some_ignored(scope, batch)
        kept = len(batch.labels) - len(IGNORED_ROWS)
        fault = _fault(scope, reduction, ignoring, want, kept)
    if fault is not None:
        yield fault


def _fault(
    scope: Scope, reduction: Reduction, batch: Batch, want: Expected, kept: int
) -> Fault | None:
    """The fault of one batch, first of the value, then of the gradient."""
    once = scope.fused.run(batch, 1.0, reduction)
    losses = once.losses
    right = want.reduced(reduction, kept)
    if losses.shape != () or miss("losses", losses, right) is not None:
        verdict = _cause_of_value(losses, want, reduction, kept)
        got = f"{float(losses):.6g}" if losses.shape == () else f"shape {losses.shape}"
        text = (
            f"reduction {reduction!r} gives {got} instead of {float(right.value):.6g}."
        )
        return Fault(verdict, text, batch)
    for cotangent in (1.0, SCALE):
        is_first = cotangent == 1
        outcome = once if is_first else scope.fused.run(batch, cotangent, reduction)
        gradient = outcome.gradient
        wanted = want.gradient(cotangent, reduction, kept)
        for name in sorted(scope.compared):
            missed = miss(name, gradient[name], wanted[name])
            if missed is not None:
                verdict = _cause_of_gradient(gradient[name], wanted[name], cotangent)
                if kept < len(batch.labels) and verdict == GRADIENTS_DIFFER:
                    verdict = (
                        IGNORED_GRADIENT if gradient[name].any() else IGNORED_SPOILS
                    )
                text = f"reduction {reduction!r}, cotangent {cotangent}: {missed}."
                return Fault(verdict, text, batch)
    return None


def _cause_of_value(
    losses: Matrix, want: Expected, reduction: Reduction, kept: int
) -> str:
    rows = len(want.batch.labels)

    def is_that_of(other: Bounded) -> bool:
        same_shape = losses.shape == other.value.shape
        return same_shape and miss("losses", losses, other) is None

    others: tuple[Reduction, ...] = ("none", "mean", "sum")
    different = [other for other in others if other != reduction]
    if any(is_that_of(want.reduced(other, kept)) for other in different):
        return REDUCTION_NOT_USED
    if reduction == "mean" and is_that_of(want.reduced("mean", rows)):
        return MEAN_OVER_ALL
    return REDUCTION_DIFFERS


def _cause_of_gradient(got: Matrix, wanted: Bounded, cotangent: float) -> str:
    ratio = proportion(got, wanted)
    if cotangent == 1:
        return OTHER_REDUCTION if ratio else GRADIENTS_DIFFER
    ignored = ratio is not None and np.isclose(ratio * cotangent, 1, rtol=1e-2)
    return COTANGENT_IGNORED if ignored else NOT_LINEAR


def _all_ignored(scope: Scope, reduction: Reduction) -> Iterator[Fault]:
    """The fault that nothing is left and the loss or its gradient is not finite."""
    batch = scope.batch()
    nothing = batch.relabelled(np.full_like(batch.labels, scope.fused.ignored_label))
    outcome = scope.fused.run(nothing, 1.0, reduction)
    for name, values in _results(outcome):
        if not np.isfinite(values).all():
            what = "loss" if name == "losses" else f"gradient of the {name}"
            text = f"with the reduction {reduction!r} the {what} is not finite."
            yield Fault(ALL_IGNORED, text, nothing)
            return


def _results(outcome: Outcome) -> Iterator[tuple[str, Matrix]]:
    yield "losses", outcome.losses
    yield from outcome.gradient.items()
