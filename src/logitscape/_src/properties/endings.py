"""Functions that end: from some s on they are exactly 0, or undefined.

Float64 ends at 1e308 and 1e-308, so that `e^{-s}` is 0 from s = 745 on, like a function that is
exactly 0. The way there, followed to the last float, tells the two apart.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool

from .law import Kind, Law
from .least_squares import Samples

Pair: TypeAlias = tuple[Samples, Samples]
"""Positions s and the function values there."""

SMALLEST_TRUSTED = 1e-290
"""Size from which on a value has all its digits."""
VANISHING = 1e-150
"""Size below which 0 comes next because float64 ends: squares underflow below 1e-154."""
VANISHING_SHARE = 1e-80
"""The same relative to the largest value."""
EXPLODING = 1e150
"""Size above which infinity comes next because float64 ends: squares overflow above 1e154."""


def before_end(values: Samples) -> Bool[np.ndarray, " m"]:
    """Where a function is not yet what it is at the end, undefined or zero.

    A function that ends as neither is so everywhere.
    """
    if not np.isfinite(values[-1]):
        defined: Bool[np.ndarray, " m"] = np.isfinite(values)
        return defined
    if values[-1] == 0:
        nonzero: Bool[np.ndarray, " m"] = values != 0
        return nonzero
    return np.ones(len(values), bool)


def last_before_end(values: Samples) -> int | None:
    """Index of the last value before the end; None if there is no end, or it is everywhere."""
    before = before_end(values)
    if before[-1] or not before.any():
        return None
    return int(np.flatnonzero(before)[-1])


def samples_at_end(
    sample: Callable[[Samples], Pair], before: float, after: float, count: int
) -> list[Pair]:
    """Samples that close in on the position where a function ends.

    Args:
        sample: Function from positions to the pair of these positions and values.
        before: Position before the end.
        after: Position after it.
        count: Number of positions in every call of `sample`.

    Returns:
        The pair of every call; the last one holds two neighboring floats around the end.
    """
    pairs = []
    while np.nextafter(before, after) < after:
        s, values = sample(np.linspace(before, after, count))
        pairs.append((s, values))
        indices = np.flatnonzero(before_end(values))
        last = int(max(indices, default=0))
        before = s[last]
        after = s[last + 1]
    return pairs


def law_of_end(s: Samples, values: Samples) -> Law | None:
    """The law "zero" or "undefined"; None if the function does not end, or only float64 does."""
    before = before_end(values)
    if before[-1]:
        return None
    kind: Kind = "zero" if values[-1] == 0 else "undefined"
    last = last_before_end(values)
    if last is None:
        return Law(kind, range_of(s), begins=-math.inf)
    first = last + 1
    size = np.abs(values[:first])
    if _only_float64_ends(kind, s[:first], size):
        return None
    return Law(kind, range_of(s[first:]), begins=float(s[first]))


def range_of(s: Samples) -> tuple[float, float]:
    """The first and the last position."""
    return float(s[0]), float(s[-1])


def _only_float64_ends(kind: Kind, s: Samples, size: Samples) -> bool:
    """Whether a function leaves the range of float64 after s[-1] as smoothly as it came there."""
    last = size[-1]
    if kind == "zero":
        # A function that is small everywhere has not begun to vanish at 1e-150: it must
        # be small beside its own largest value as well.
        vanishing = min(VANISHING, VANISHING_SHARE * np.nanmax(size))
        extreme = last < SMALLEST_TRUSTED or last < vanishing
    else:
        extreme = last > EXPLODING
    return bool(extreme) and not _changes_abruptly(s, size)


def _changes_abruptly(s: Samples, size: Samples) -> bool:
    """Whether a function changes e-fold within the last millionth of s.

    A function like `(s0 - s)^20` does so, and no exponential.
    """
    end = s[-1]
    # An exponential ends where its exponent is about 745, a millionth of which is far
    # below the 1 of an e-fold change.
    near = int(np.searchsorted(s, end * (1 - 1e-6))) - 1
    # Samples that are too sparse to tell count as smooth.
    if near < 0 or s[near] < end * (1 - 1e-3):
        return False
    previous = float(size[near])
    last = float(size[-1])
    return not last / math.e < previous < last * math.e
