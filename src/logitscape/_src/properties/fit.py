"""The gradient law: how the pull, the gradient norm or the loss behaves as s -> infinity on a ray.

Float64 ends at 1e308 and 1e-308, so `e^{-s}` is 0 from s = 745 on, like a function that is exactly 0. The way
there, followed to the last float, tells the two apart. Constants come from values between 1e-290 and 1e290.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool
from numpy.typing import ArrayLike

from .law import Kind, Law
from .tail import FAR, Samples, tail_law

Pair: TypeAlias = tuple[Samples, Samples]

START = 1e-3
LEAST, LARGEST = 1e-290, 1e290  # sizes that are trusted
VANISHING, EXPLODING = (
    1e-150,
    1e150,
)  # beyond which 0 and inf are the end of float64: squares end at 1e±154
FEWEST = 8  # samples that a law is fitted on
SAMPLES = 512  # of every call of `evaluate`, so that it is compiled once


def find_law(
    evaluate: Callable[[Samples], ArrayLike],
    *,
    start: float = START,
    end: float | int = 1e8,
) -> Law:
    """The law of a function on a ray, sampled as far and as densely as it takes.

    Args:
        evaluate: s -> f(s), both float64, of shape [512] in every call; f accurate relative to its own size.
        start: where to begin to look.
        end: where to stop. A rate below 1e-14 or so is taken for none.

    Returns:
        Law; "zero" or "undefined" if f is so at `end`, with the first such s found to the last float.

    Raises:
        ValueError: `start` and `end` are not positive, finite and increasing, or f(s) has not the shape of s.
    """
    if not 0 < start < end < math.inf:
        raise ValueError(
            f"`find_law(start=..., end=...)` must be 0 < start < end < inf, got {start} and {end}."
        )

    def samples(s: Samples) -> Pair:
        return s, _same_shape("find_law(evaluate)", s, evaluate(s))

    scan = samples(np.geomspace(start, end, SAMPLES))
    alive = _not_ended(scan[1])
    if alive[-1] or not alive.any():
        return fit_law(*scan)
    last = int(np.flatnonzero(alive)[-1])
    edge = _edge(samples, *scan[0][last : last + 2])
    tail = samples(
        np.geomspace(max(start, scan[0][last] / FAR), scan[0][last], SAMPLES)
    )
    s, first = np.unique(
        np.concatenate([part[0] for part in (scan, tail, *edge)]), return_index=True
    )
    return fit_law(s, np.concatenate([part[1] for part in (scan, tail, *edge)])[first])


def fit_law(s: ArrayLike, values: ArrayLike) -> Law:
    """The law of samples `values = f(s)`, as they stand; `find_law` chooses the samples itself.

    Args:
        s: [m], positive and increasing, best spread evenly in log s, and as far as f is a normal float64.
        values: [m]; may change sign, vanish, be infinite or NaN.

    Raises:
        ValueError: `s` is not as said, has fewer than 8 entries, or `values` not its shape.
    """
    s = np.asarray(s, np.float64)
    if (
        s.ndim != 1
        or len(s) < FEWEST
        or not np.all(np.isfinite(s))
        or s[0] <= 0
        or np.any(np.diff(s) <= 0)
    ):
        raise ValueError(
            f"`fit_law(s, ...)` must be at least {FEWEST} positive, finite, increasing numbers, got {s}."
        )
    values = _same_shape("fit_law(s, values)", s, values)
    return _law_of_end(s, values) or _law_before_end(s, values)


def _not_ended(values: Samples) -> Bool[np.ndarray, " m"]:
    """Where f is not yet what it is at the end: undefined or zero; everywhere, if it ends as neither."""
    if not np.isfinite(values[-1]):
        alive: Bool[np.ndarray, " m"] = np.isfinite(values)
        return alive
    return values != 0 if values[-1] == 0 else np.ones(len(values), bool)


def _edge(
    samples: Callable[[Samples], Pair], before: float, after: float
) -> list[Pair]:
    """Samples ever closer to where f ends, from `before` and `after` to two neighbouring floats."""
    found = []
    while np.nextafter(before, after) < after:
        s, values = samples(np.linspace(before, after, SAMPLES))
        found.append((s, values))
        last = int(max(np.flatnonzero(_not_ended(values)), default=0))
        before, after = s[last], s[last + 1]
    return found


def _law_of_end(s: Samples, values: Samples) -> Law | None:
    """The law "zero" or "undefined", if f ends so and not merely because float64 does."""
    alive = _not_ended(values)
    kind: Kind = "zero" if values[-1] == 0 else "undefined"
    if alive[-1]:
        return None
    if not alive.any():
        return Law(kind, _range(s), begins=-math.inf)
    last = int(np.flatnonzero(alive)[-1])
    if _float64_ends(kind, s[: last + 1], np.abs(values[: last + 1])):
        return None
    return Law(kind, _range(s[last + 1 :]), begins=float(s[last + 1]))


def _float64_ends(kind: Kind, s: Samples, size: Samples) -> bool:
    """Whether f, last seen at s[-1], went on to leave the range of float64 as smoothly as it came there."""
    extreme = size[-1] > EXPLODING
    if kind == "zero":
        extreme = size[-1] < LEAST or size[-1] < min(VANISHING, 1e-80 * np.nanmax(size))
    return bool(extreme) and not _abrupt(s, size)


def _abrupt(s: Samples, size: Samples) -> bool:
    """Whether f changes e-fold within the last millionth of s, as `(s0 - s)^20` does and no exponential."""
    near = int(np.searchsorted(s, s[-1] * (1 - 1e-6))) - 1
    if near < 0 or s[near] < s[-1] * (1 - 1e-3):
        return False
    before, last = float(size[near]), float(size[-1])
    return not last / math.e < before < last * math.e


def _law_before_end(s: Samples, values: Samples) -> Law:
    """The law of the last stretch where f is trusted and keeps its sign."""
    size = np.abs(values)
    sign = np.nan_to_num(np.sign(values)) * (
        (size > _least_trusted(size)) & (size < LARGEST)
    )
    end = int(max(np.flatnonzero(sign), default=-1)) + 1
    breaks = np.flatnonzero(np.diff(sign[:end])) + 1
    first = int(max(breaks, default=0))
    kept = _range(s[first : max(end, first + 1)])
    if np.sum(s[breaks] > kept[1] / FAR) > 2:
        return Law("oscillating", kept)
    if end - first < FEWEST:
        return Law("undetermined", kept)
    law = tail_law(s[first:end], size[first:end])
    return replace(law, coefficient=law.coefficient * float(sign[first]) + 0.0)


def _least_trusted(size: Samples) -> float:
    """The least size with all its digits: they are lost on the way to 0, which for a square is at 1e-162."""
    if size[-1] > 0 or not np.any(size > 0):
        return LEAST
    return max(LEAST, 1e18 * float(size[np.flatnonzero(size)[-1]]))


def _range(s: Samples) -> tuple[float, float]:
    return float(s[0]), float(s[-1])


def _same_shape(function_name: str, s: Samples, values: ArrayLike) -> Samples:
    array = np.asarray(values, np.float64)
    if array.shape != s.shape:
        raise ValueError(
            f"`{function_name}` must have one value for each s, shape {s.shape}, got shape {array.shape}."
        )
    return array
