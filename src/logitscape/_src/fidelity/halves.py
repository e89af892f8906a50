"""Inputs in half precision, of which nothing may be summed or kept in half precision."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .batch import ROWS, WIDTH, Batch, Maker, eps_of
from .expected import Miss, expected
from .fault import Fault
from .fused import CallFailed
from .scope import Scope
from .vocabulary import (
    DOES_NOT_RUN,
    HALF_DIFFERS,
    HALF_GRADIENT,
    HALF_LOGITS,
    HALF_NORMALISER,
    HALF_SUM,
)

LARGE = 20.0
"""Size of logits beside which one unit in the last place of half precision matters."""

NEAR_TIES = (
    (20.0, 19.0, 0.0, 0.0),
    (20.0, 20.0, 19.0, 0.0),
    (24.0, 23.5, 0.0, 0.0),
    (18.0, 17.0, 17.5, 0.0),
    (22.0, 20.0, 21.0, 0.0),
)
"""Large logits that half precision has; the log-normaliser is none of them."""

AHEAD = 12.25
"""Lead of one class over thousands that together still count."""

MOST_CLASSES = 8192
"""Number of classes that shows what is lost when many are summed."""

MANY_ROWS = 4096
"""Number of rows that shows what is lost when the gradients of many are summed."""

BLOCK, TILE = 256, 512
"""Usual numbers of rows and classes that are summed at once."""


def faults(scope: Scope, dtype: str) -> Iterator[Fault]:
    """The faults that show with inputs of a half-precision dtype."""
    scope = replace(scope, maker=replace(scope.maker, dtype=dtype))
    try:
        found = _named(scope)
        if not found:
            batch = scope.batch()
            missed = scope.misses(scope.fused.run(batch), scope.expected(batch))
            if missed:
                text = f"{next(iter(missed.values()))}."
                found = [Fault(HALF_DIFFERS, text, batch)]
        yield from found
    except CallFailed as error:
        yield Fault(DOES_NOT_RUN, f"with inputs of {dtype}, {error}", scope.batch())


def _named(scope: Scope) -> list[Fault]:
    """The faults whose cause an experiment tells."""
    if scope.maker.positive:
        return []
    found = _near_ties(scope)
    if scope.fused.inputs == "linear":
        if HALF_NORMALISER not in {fault.verdict for fault in found}:
            found += _exact(scope, HALF_LOGITS, _long_sums(scope.maker, scope.classes))
        found += _gradients(scope)
    many = _most_classes(scope)
    if many and not found:
        lead = scope.maker.exact([[AHEAD, 0.0, 0.0, 0.0]], [0], many)
        found += _exact(scope, HALF_SUM, lead)
    return found


def _near_ties(scope: Scope) -> list[Fault]:
    """The fault that two large logits are told apart by less than they should be."""
    ties = scope.maker.exact(NEAR_TIES, [0, 1, 0, 0, 2], scope.classes)
    missed = _missed(scope, ties)
    if missed is None or missed.what != "losses":
        return []
    error = abs(missed.got - missed.expected)
    # The sum of exponentials is of the size of 1, the log-normaliser of that of the logits.
    is_normaliser = error > LARGE * eps_of(scope.maker.dtype) / 8
    return [Fault(HALF_NORMALISER if is_normaliser else HALF_SUM, f"{missed}.", ties)]


def _exact(scope: Scope, verdict: str, batch: Batch) -> list[Fault]:
    """The fault that a batch shows whose logits need no rounding in float32."""
    missed = _missed(scope, batch)
    return [] if missed is None else [Fault(verdict, f"{missed}.", batch)]


def _missed(scope: Scope, batch: Batch) -> Miss | None:
    want = expected(batch, scope.reference, exact=True)
    missed = scope.misses(scope.fused.run(batch), want)
    return next(iter(missed.values()), None)


def _long_sums(maker: Maker, classes: int) -> Batch:
    """Logits that are sums of numbers in half precision and none themselves."""
    small = 0.4 * 16 * eps_of(maker.dtype)
    start = maker.start()
    weights = np.zeros((classes, WIDTH))
    weights[start, :2] = 1.0
    weights[start + 1, 0] = 1.0
    features = np.zeros((ROWS, WIDTH))
    features[:, :2] = np.resize([[LARGE, small], [LARGE + 2, -small]], (ROWS, 2))
    arrays = {"features": features, "weights": weights}
    return maker.of(arrays, np.full(ROWS, start))


def _gradients(scope: Scope) -> list[Fault]:
    """The fault that small parts of a gradient are lost beside a large one."""
    experiments = {"weights": _many_rows(scope.maker, scope.classes)}
    if many := _most_classes(scope):
        experiments["features"] = _many_classes(scope.maker, many)
    for name, batch in experiments.items():
        want = expected(batch, scope.reference, exact=True)
        missed = scope.misses(scope.fused.run(batch), want).get(name)
        if missed is not None:
            return [Fault(HALF_GRADIENT, f"{missed}.", batch)]
    return []


def _many_rows(maker: Maker, classes: int) -> Batch:
    """One row, and then many whose features are lost beside its in half precision."""
    features = np.full((MANY_ROWS, WIDTH), 0.9 * eps_of(maker.dtype) / 4 / BLOCK)
    features[0] = 1.0
    arrays = {"features": features, "weights": np.zeros((classes, WIDTH))}
    return maker.of(arrays, np.full(MANY_ROWS, maker.start()))


def _many_classes(maker: Maker, classes: int) -> Batch:
    """One class, and then many whose weights are lost beside its in half precision."""
    start = maker.start()
    weights = np.full((classes, WIDTH), 0.9 * eps_of(maker.dtype) / 4 * classes / TILE)
    weights[start] = -1.0
    arrays = {"features": np.zeros((ROWS, WIDTH)), "weights": weights}
    return maker.of(arrays, np.full(ROWS, start))


def _most_classes(scope: Scope) -> int:
    """The largest number of classes that is right and not too large; 0 if none is large."""
    counts = [k for k in (scope.classes, *scope.other_classes) if k <= MOST_CLASSES]
    return max(counts) if max(counts, default=0) > 2 * TILE else 0
