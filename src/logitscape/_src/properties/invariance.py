"""What a normalizer does not notice: shifts, scales, signs of the logits; and whether all classes are alike.

Measured at small logits that can be checked by hand: every "no" comes with one of them as its witness.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, TypeAlias, get_args

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ..objectives.batched import drop_in

Change: TypeAlias = Literal["shift", "scale", "sign", "permutation"]
Rows: TypeAlias = NDArray[Any]

VALUES = (0.0, 1.0, 2.0, 0.5, -1.0, -2.0)
SHIFT, SCALE = 3.0, 10.0


@dataclass(frozen=True)
class Invariance:
    """Whether the probabilities stay when all logits are changed alike.

    Attributes:
        change: "shift", z + 3; "scale", 10 z; "sign", -z; "permutation", where p has to be permuted like z.
        holds: whether no probability moved.
        largest: how far one moved at most, among logits in the domain before and after; NaN if none are.
        witness: simple logits where it fails by about as much, or which leave the domain; None if it holds.
        before: p at the witness.
        after: what it becomes (with a permutation undone); NaN if the changed logits are outside the domain.
    """

    change: Change
    holds: bool
    largest: float
    witness: tuple[float, ...] | None = None
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()


def invariances(normalizer: str | Callable[..., Any]) -> dict[Change, Invariance]:
    """Measure a normalizer, a spec or a function, at all logits of three classes from a few small values.

    The domain counts: where a change leads out of it, the normalizer is not invariant.
    """
    predict = jax.jit(drop_in(normalizer))
    return invariances_of(lambda z: np.asarray(predict(jnp.asarray(z)), float))


def invariances_of(predict: Callable[[Rows], Rows]) -> dict[Change, Invariance]:
    """The same for a function from logits [m, 3] to probabilities [m, 3]."""
    z = _probes()
    inputs = [z, z + SHIFT, SCALE * z, -z, np.roll(z, 1, axis=1), z[:, ::-1]]
    p, shifted, scaled, negated, rolled, reversed_ = map(predict, inputs)
    permuted = np.where(np.isnan(rolled), rolled, np.roll(rolled, -1, axis=1))
    swapped = reversed_[:, ::-1]
    worse = np.nanmax(np.abs(permuted - p), initial=0) >= np.nanmax(
        np.abs(swapped - p), initial=0
    )
    after = (shifted, scaled, negated, permuted if worse else swapped)
    return {
        change: _compare(change, z, p, q)
        for change, q in zip(get_args(Change), after, strict=True)
    }


def _probes() -> Rows:
    """The simplest first: small, and without repeated values."""
    rows = sorted(
        product(VALUES, repeat=3), key=lambda z: (3 - len(set(z)), sum(map(abs, z)), z)
    )
    return np.array(rows, jax.dtypes.canonicalize_dtype(np.float64))


def _compare(change: Change, z: Rows, before: Rows, after: Rows) -> Invariance:
    inside, stays = np.isfinite(before).all(axis=1), np.isfinite(after).all(axis=1)
    moved = np.where(
        inside & stays, np.max(np.abs(after - before), axis=1, initial=0), -np.inf
    )
    leaves = inside & ~stays
    largest, noise = float(np.max(moved)), 64 * float(np.finfo(z.dtype).eps)
    size = largest if largest >= 0 else float("nan")
    if largest <= noise and not leaves.any():
        return Invariance(change, holds=True, largest=size)
    at = int(np.argmax(moved >= largest / 2 if largest > noise else leaves))
    witness, p, q = (tuple(map(float, each[at])) for each in (z, before, after))
    return Invariance(change, False, size, witness, p, q)
