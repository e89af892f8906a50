"""Changes of all logits that leave the probabilities of a normalizer as they are.

They are measured at small logits that can be checked by hand, so that every "no" comes with
some of them as its witness.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ..objectives.batched import drop_in

Change: TypeAlias = Literal["shift", "scale", "sign", "permutation"]
Rows: TypeAlias = NDArray[Any]

VALUES = (0.0, 1.0, 2.0, 0.5, -1.0, -2.0)
# Of such small halves and whole numbers, z + 3 and 10 z are exact in every format, so
# that what changes is due to the normalizer and not to rounding of its logits.
SHIFT = 3.0
SCALE = 10.0
ROUNDING = 64
"""Number of epsilons up to which a difference between probabilities counts as rounding."""


@dataclass(frozen=True)
class Invariance:
    """Whether the probabilities stay the same when all logits change alike.

    Attributes:
        change: Change of the logits: "shift", z + 3; "scale", 10 z; "sign", -z; "permutation",
            of z, where p has to be permuted alike.
        holds: Whether no probability changes.
        largest: Largest change of a probability, among logits in the domain before and after;
            NaN if there are none.
        witness: Simple logits where some probability changes by at least half as much, or which
            leave the domain; None if the invariance holds.
        before: Probabilities at the witness.
        after: Probabilities after the change, with a permutation undone; NaN if the changed
            logits are outside the domain.
    """

    change: Change
    holds: bool
    largest: float
    witness: tuple[float, ...] | None = None
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()


def invariances(normalizer: str | Callable[..., Any]) -> dict[Change, Invariance]:
    """Measure the invariances of a normalizer at all logits of three classes from a few values.

    The domain counts: where a change leads out of it, the normalizer is not invariant.

    Args:
        normalizer: Spec of a normalizer, or a function from logits to probabilities.
    """
    predict = jax.jit(drop_in(normalizer))

    def predict_rows(z: Rows) -> Rows:
        return np.asarray(predict(jnp.asarray(z)), float)

    return invariances_of(predict_rows)


def invariances_of(predict: Callable[[Rows], Rows]) -> dict[Change, Invariance]:
    """Measure the invariances of a function from logits [m, 3] to probabilities [m, 3]."""
    z = _probes()
    p = predict(z)
    after: dict[Change, Rows] = {
        "shift": predict(z + SHIFT),
        "scale": predict(SCALE * z),
        "sign": predict(-z),
        "permutation": _after_worse_permutation(predict, z, p),
    }
    return {change: _compare(change, z, p, after[change]) for change in after}


def _after_worse_permutation(predict: Callable[[Rows], Rows], z: Rows, p: Rows) -> Rows:
    """Probabilities of permuted logits, with the permutation undone.

    Of a cyclic permutation and a reversal, which generate all others, the one that changes the
    probabilities more counts.
    """
    raw = predict(np.roll(z, 1, axis=1))
    # A class that is NaN stays so, whichever class takes its place.
    rolled = np.where(np.isnan(raw), raw, np.roll(raw, -1, axis=1))
    of_reversed = predict(z[:, ::-1])
    reversed_twice = of_reversed[:, ::-1]
    if _largest_change(rolled, p) >= _largest_change(reversed_twice, p):
        return rolled
    return reversed_twice


def _largest_change(after: Rows, before: Rows) -> Any:
    return np.nanmax(np.abs(after - before), initial=0)


def _probes() -> Rows:
    """All logits of three classes from the values, the simplest first.

    Logits without repeated values and of small size are the simplest.
    """

    def complexity(z: tuple[float, ...]) -> tuple[int, float, tuple[float, ...]]:
        repeated = 3 - len(set(z))
        size = sum(map(abs, z))
        return repeated, size, z

    rows = sorted(product(VALUES, repeat=3), key=complexity)
    # The dtype in which JAX computes, as it decides below how much is rounding.
    return np.array(rows, jax.dtypes.canonicalize_dtype(np.float64))


def _compare(change: Change, z: Rows, before: Rows, after: Rows) -> Invariance:
    inside = np.isfinite(before).all(axis=1)
    stays = np.isfinite(after).all(axis=1)
    leaves = inside & ~stays
    difference = np.max(np.abs(after - before), axis=1, initial=0)
    moved = np.where(inside & stays, difference, -np.inf)
    largest = float(np.max(moved))
    reported = largest if largest >= 0 else float("nan")
    noise = ROUNDING * float(np.finfo(z.dtype).eps)
    fails: Any
    if largest > noise:
        # Not only the largest change: a simpler example that shows half
        # of it is the better witness.
        fails = moved >= largest / 2
    elif leaves.any():
        fails = leaves
    else:
        return Invariance(change, holds=True, largest=reported)
    # The first that fails, as the simplest logits come first.
    witness = int(np.argmax(fails))
    return Invariance(
        change,
        holds=False,
        largest=reported,
        witness=_as_tuple(z[witness]),
        before=_as_tuple(before[witness]),
        after=_as_tuple(after[witness]),
    )


def _as_tuple(row: Rows) -> tuple[float, ...]:
    return tuple(map(float, row))
