"""Ordinary batches with many numbers of classes: where the loss is right at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import independence
from .batch import ROWS, Batch, Maker, Matrix
from .expected import Bounded, Expected, Miss, expected, misses
from .fault import Fault
from .fused import CallFailed, Fused, Outcome
from .reference import Reference
from .scope import Scope
from .vocabulary import (
    BIAS_NOT_USED,
    DOES_NOT_RUN,
    GRADIENTS_DIFFER,
    LAST_CLASSES,
    LOSSES_DIFFER,
    OFF_TILE,
    OTHER_REDUCTION,
    PADDING,
    REDUCTION_NOT_USED,
    WRONG_SHAPE,
)


@dataclass(frozen=True, eq=False)
class Trial:
    """An ordinary batch, what a loss returned for it, and what it must be."""

    batch: Batch
    outcome: Outcome
    want: Expected
    misses: dict[str, Miss]


def examine(
    fused: Fused, reference: Reference, maker: Maker, class_counts: Sequence[int]
) -> tuple[list[Fault], Scope | None]:
    """Find the faults on ordinary batches, and where the loss is right.

    Returns:
        The faults, and the scope; None if the loss is right nowhere.
    """
    faults, trials = list[Fault](), list[Trial]()
    for classes in class_counts:
        try:
            trials.append(trial(fused, reference, maker.ordinary(ROWS, classes)))
        except CallFailed as error:
            text = f"with {classes:,} classes, {error}"
            faults.append(Fault(DOES_NOT_RUN, text, maker.ordinary(ROWS, classes)))
    faults[1:] = []
    if not trials:
        return faults, None
    shape = wrong_shape(fused, trials[0])
    if shape is not None:
        return [*faults, shape], None
    sound = [each for each in trials if "losses" not in each.misses]
    if not sound and fused.jit:
        eager = trial(replace(fused, jit=False), reference, trials[0].batch)
        if "losses" not in eager.misses:
            wrong = _fault("differs under jit", trials[0], "losses")
            return [*faults, wrong], None
    if not sound:
        if fused.takes_bias and _is_without_bias(fused, reference, trials[0]):
            faults.append(_fault(BIAS_NOT_USED, trials[0], "losses"))
            without = replace(fused, takes_bias=False)
            maker = replace(maker, has_bias=False)
            more, scope = examine(without, reference, maker, class_counts)
            return [*faults, *more], scope
        cause = independence.influence(fused, trials[0].batch)
        return [*faults, cause or _fault(LOSSES_DIFFER, trials[0], "losses")], None
    faults += off_tile(trials)
    scope, wrong_gradients = _scope(fused, reference, maker, sound)
    return [*faults, *wrong_gradients], scope


def trial(fused: Fused, reference: Reference, batch: Batch) -> Trial:
    """Call the loss on a batch.

    Raises:
        CallFailed: If it raises an error.
    """
    want = expected(batch, reference)
    outcome = fused.run(batch)
    right = want.reduced(fused.reduction)
    if outcome.losses.shape != right.value.shape:
        return Trial(batch, outcome, want, {})
    gradient = want.gradient(1.0, fused.reduction)
    return Trial(
        batch, outcome, want, misses(outcome.losses, outcome.gradient, right, gradient)
    )


def wrong_shape(fused: Fused, tried: Trial) -> Fault | None:
    """The fault that the losses are fewer or more than they must be."""
    got = tried.outcome.losses.shape
    needed = tried.want.reduced(fused.reduction).value.shape
    if got == needed:
        return None
    is_reduced = got == () and needed != ()
    hint = " If that is meant, say `reductions=('mean',)`." if is_reduced else ""
    text = f"the losses have shape {got} instead of {needed}.{hint}"
    is_unused = is_reduced and fused.takes_reduction
    return Fault(REDUCTION_NOT_USED if is_unused else WRONG_SHAPE, text, tried.batch)


def off_tile(trials: Sequence[Trial]) -> Iterator[Fault]:
    """The fault that some numbers of classes give wrong losses and others do not."""
    wrong = [each for each in trials if "losses" in each.misses]
    if wrong:
        right = ", ".join(f"{count(each):,}" for each in trials if each not in wrong)
        counts = ", ".join(f"{count(each):,}" for each in wrong)
        text = f"right with {right} classes, wrong with {counts}: "
        verdict = cause_off_tile(wrong[0])
        yield Fault(verdict, f"{text}{wrong[0].misses['losses']}", wrong[0].batch)


def cause_off_tile(tried: Trial) -> str:
    """Whether classes are missing, or padding is counted, by how the losses differ."""
    got, want = tried.outcome.losses, tried.want.losses
    if got.shape != want.value.shape:
        return OFF_TILE
    # The loss of a row with the last label depends on more than padding.
    others = tried.batch.labels != count(tried) - 1
    excess, tolerance = (got - want.value)[others], want.tolerance[others]
    if (excess > 0).all() and (excess > tolerance).any():
        return PADDING
    return LAST_CLASSES if (excess <= tolerance).all() else OFF_TILE


def count(tried: Trial) -> int:
    """The number of classes."""
    return int(tried.batch.logits.shape[1])


def _scope(
    fused: Fused, reference: Reference, maker: Maker, sound: Sequence[Trial]
) -> tuple[Scope, list[Fault]]:
    """The scope, and the faults of gradients where the losses are right."""
    best = min(sound, key=lambda each: len(each.misses))
    faults = list[Fault]()
    for verdict in dict.fromkeys(_cause(best, fused, name) for name in best.misses):
        first = next(n for n in best.misses if _cause(best, fused, n) == verdict)
        faults.append(_fault(verdict, best, first))
    compared = frozenset(best.outcome.gradient) - frozenset(best.misses)
    partly = [each for each in sound if compared & frozenset(each.misses)]
    if partly:
        name = next(name for name in partly[0].misses if name in compared)
        faults.append(_fault(OFF_TILE, partly[0], name))
    others = tuple(count(t) for t in sound if t is not best and t not in partly)
    scope = Scope(fused, reference, maker, count(best), others, compared)
    return scope, faults


def _cause(tried: Trial, fused: Fused, name: str) -> str:
    """The name of the fault of one argument's gradient."""
    got = tried.outcome.gradient[name]
    want = tried.want.gradient(1.0, fused.reduction)[name]
    if not got.any():
        return f"no gradient of the {name}"
    ratio = proportion(got, want)
    rows = len(tried.batch.labels)
    if ratio is not None and any(
        np.isclose(ratio, other, rtol=1e-2) for other in (rows, 1 / rows)
    ):
        return OTHER_REDUCTION
    return GRADIENTS_DIFFER


def proportion(got: Matrix, want: Bounded) -> float | None:
    """The number by which a gradient differs from the right one, if it is a multiple."""
    size = float((want.value**2).sum())
    if size == 0 or not np.isfinite(got).all():
        return None
    ratio = float((got * want.value).sum()) / size
    tolerance = want.tolerance * max(abs(ratio), 1.0)
    is_multiple = (abs(got - ratio * want.value) <= 4 * tolerance).all()
    return ratio if is_multiple else None


def _is_without_bias(fused: Fused, reference: Reference, tried: Trial) -> bool:
    want = expected(tried.batch.without_bias(), reference).reduced(fused.reduction)
    got: Any = tried.outcome.losses
    return bool((abs(got - want.value) <= want.tolerance).all())


def _fault(verdict: str, tried: Trial, name: str) -> Fault:
    return Fault(verdict, f"{tried.misses[name]}.", tried.batch)
