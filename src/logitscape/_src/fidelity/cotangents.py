"""The gradient is linear in the cotangent, and each row has its own."""

from collections.abc import Iterator

import numpy as np

from .expected import Bounded, miss
from .fault import Fault
from .plain import proportion
from .scope import Scope
from .vocabulary import (
    COTANGENT_IGNORED,
    FIRST_COTANGENT,
    MEAN_COTANGENT,
    NOT_LINEAR,
)

COTANGENTS = (0.5, -2.0, 3.0, 0.0, 1.25, -0.75)
"""A cotangent for each row: none is 1, and the first is neither their mean nor their sum."""

HALF_TRAINING_SCALE = 4096.0
"""A factor by which losses are scaled in training with float16."""


def faults(scope: Scope) -> Iterator[Fault]:
    """The faults that show only with a cotangent other than ones."""
    batch = scope.batch()
    cotangents = np.array(COTANGENTS)
    if scope.fused.reduction != "none":
        cotangents = np.asarray(cotangents[0])
    want = scope.expected(batch)
    found = dict[str, str]()
    for cotangent in (cotangents, 0 * cotangents, HALF_TRAINING_SCALE * cotangents):
        got = scope.fused.run(batch, cotangent).gradient
        right = want.gradient(cotangent, scope.fused.reduction)
        ones = want.gradient(1.0, scope.fused.reduction)
        for name in sorted(scope.compared):
            wrong = miss(name, got[name], right[name])
            if wrong is not None:
                verdict = _cause(got[name], ones[name], cotangent)
                found.setdefault(verdict, f"{wrong}, cotangent {_text(cotangent)}.")
    # A cause that one cotangent reveals explains what the others show.
    if len(found) > 1:
        found.pop(NOT_LINEAR, None)
    yield from (Fault(verdict, text, batch) for verdict, text in found.items())


def _cause(got: np.ndarray, ones: Bounded, cotangent: np.ndarray) -> str:
    """The cause, by which multiple of the gradient for ones was returned."""
    ratio = proportion(got, ones)
    if ratio is None:
        return NOT_LINEAR
    causes = {COTANGENT_IGNORED: 1.0}
    if cotangent.ndim:
        causes |= {FIRST_COTANGENT: cotangent[0], MEAN_COTANGENT: cotangent.mean()}
    for verdict, factor in causes.items():
        if abs(ratio - factor) <= 1e-2 * max(abs(factor), 1.0):
            return verdict
    return NOT_LINEAR


def _text(cotangent: np.ndarray) -> str:
    return np.array2string(cotangent, separator=", ")
