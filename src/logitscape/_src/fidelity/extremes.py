"""Logits with a large common offset, and confident examples, right and wrong."""

from collections.abc import Iterator
from math import log

import numpy as np
from numpy.typing import NDArray

from .batch import Batch, Matrix
from .expected import Bounded, expected
from .fault import Fault
from .fused import Outcome
from .scope import Scope
from .vocabulary import (
    CONFIDENT_GRADIENT,
    CONFIDENT_LOSS,
    CONFIDENT_MISTAKES,
    OFFSET_DIGITS,
    OFFSET_OVERFLOWS,
)

OFFSETS = (1e8, -1e8)
"""Common offsets; in float32 the numbers next to them are 8 away."""

STEPS = ((8.0, 0.0, 16.0, 0.0), (0.0, 0.0, 0.0, 0.0), (-8.0, 8.0, 0.0, 0.0))
"""Logits that can be added to the offsets without rounding."""

RIGHT_BY, WRONG_BY = 20.0, 60.0
"""Logarithms of the odds of the predicted class in confident examples."""

LEAST = 1e-30
"""Entries below this size need not keep their digits; they are near float32's smallest."""


def offsets(scope: Scope) -> Iterator[Fault]:
    """The faults that show when a large constant is added to all logits."""
    if scope.maker.positive:
        return
    for offset in OFFSETS:
        fault = _at_offset(scope, offset)
        if fault is not None:
            yield fault
            return


def _at_offset(scope: Scope, offset: float) -> Fault | None:
    batch = scope.maker.exact(STEPS, [2, 0, 3], scope.classes, offset=offset)
    want = expected(batch, scope.reference, exact=True)
    outcome = scope.fused.run(batch)
    arrays = [outcome.losses, *(outcome.gradient[name] for name in scope.compared)]
    is_right_finite = np.isfinite(want.losses.value).all()
    if is_right_finite and not all(np.isfinite(array).all() for array in arrays):
        text = f"at logits near {offset:g} the losses are {outcome.losses}."
        return Fault(OFFSET_OVERFLOWS, text, batch)
    near = scope.maker.exact(STEPS, [2, 0, 3], scope.classes)
    without = expected(near, scope.reference, exact=True)
    is_invariant = np.allclose(want.losses.value, without.losses.value, rtol=1e-6)
    missed = scope.misses(outcome, want) if is_invariant else {}
    if not missed:
        return None
    text = f"at logits near {offset:g}, {next(iter(missed.values()))}."
    return Fault(OFFSET_DIGITS, text, batch)


def confident(scope: Scope) -> Iterator[Fault]:
    """The faults of confident examples: results without a single correct digit."""
    size = log(scope.classes)
    right = _single(scope, float(round(size + RIGHT_BY)), label=0)
    outcome = scope.fused.run(right)
    want = expected(right, scope.reference, exact=True)
    lost = _without_digits(scope, outcome, want.gradient(1.0, scope.fused.reduction))
    if _is_lost(outcome.losses, want.reduced(scope.fused.reduction).value):
        value = float(want.losses.value.sum())
        text = f"the loss is {float(outcome.losses.sum()):.4g} instead of {value:.4g}."
        yield Fault(CONFIDENT_LOSS, text, right)
    if lost is not None:
        yield Fault(CONFIDENT_GRADIENT, lost, right)
    yield from _mistake(scope, _single(scope, float(round(size + WRONG_BY)), label=1))


def _mistake(scope: Scope, batch: Batch) -> Iterator[Fault]:
    outcome = scope.fused.run(batch)
    want = expected(batch, scope.reference, exact=True)
    if _is_lost(outcome.losses, want.reduced(scope.fused.reduction).value):
        value = float(want.losses.value.sum())
        text = f"the loss is {float(outcome.losses.sum()):.4g} instead of {value:.4g}."
        yield Fault(CONFIDENT_MISTAKES, text, batch)
        return
    lost = _without_digits(scope, outcome, want.gradient(1.0, scope.fused.reduction))
    if lost is not None:
        yield Fault(CONFIDENT_MISTAKES, lost, batch)


def _single(scope: Scope, margin: float, label: int) -> Batch:
    rest = 1.0 if scope.maker.positive else 0.0
    return scope.maker.exact([[margin, rest, rest, rest]], [label], scope.classes)


def _without_digits(
    scope: Scope, outcome: Outcome, right: dict[str, Bounded]
) -> str | None:
    """What is said of the first gradient that has an entry without a correct digit."""
    for name in sorted(scope.compared):
        got, want = outcome.gradient[name], right[name].value
        lost = _lost(got, want)
        if lost.any():
            place = tuple(int(i) for i in np.argwhere(lost)[0])
            entry = "".join(f"[{i}]" for i in place)
            return (
                f"entry {entry} of the gradient of the {name} is {got[place]:.4g} "
                f"instead of {want[place]:.4g}."
            )
    return None


def _is_lost(got: Matrix, want: Matrix) -> bool:
    return bool(_lost(got, want).any())


def _lost(got: Matrix, want: Matrix) -> NDArray[np.bool_]:
    """Where not even the first digit is right: the error is half of the number."""
    lost = ~(abs(got - want) <= abs(want) / 2) & (abs(want) > LEAST)
    return np.asarray(lost)
