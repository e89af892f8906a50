"""The law of a function on a ray: how it behaves as s -> infinity."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from .endings import (
    SMALLEST_TRUSTED,
    Pair,
    last_before_end,
    law_of_end,
    range_of,
    samples_at_end,
)
from .law import Law
from .least_squares import Samples
from .tail import FAR, tail_law

Joined = Float[np.ndarray, " joined"]

START = 1e-3
"""First position that is sampled."""
LARGEST_TRUSTED = 1e290
"""Size up to which constants are fitted, away from the end of float64."""
UNDERFLOW_MARGIN = 1e18
"""Ratio to the last size before 0 from which on a value has all its digits."""
FEWEST = 8
"""Smallest number of samples that a law is fitted to."""
MOST_BREAKS = 2
"""Largest number of changes of sign, or of trust, in the tail of a function that has a law."""
SAMPLES = 512
"""Number of samples in every call of a function, so that it is compiled once."""


def find_law(
    evaluate: Callable[[Samples], ArrayLike],
    *,
    start: float = START,
    end: float | int = 1e8,
) -> Law:
    """The law of a function on a ray, sampled as far and as densely as necessary.

    Args:
        evaluate: Function from s to f(s), both float64 and of shape [512] in every call. Its
            values must be accurate relative to their own size.
        start: First position.
        end: Last position. Rates below about 1e-14 count as no rate.

    Returns:
        The law. It is "zero" or "undefined" if f is so at `end`, with the first such position
        located to the last float.

    Raises:
        ValueError: If `start` and `end` are not positive, finite and increasing, or f(s) does
            not have the shape of s.
    """
    if not 0 < start < end < math.inf:
        raise ValueError(
            "`find_law(start=..., end=...)` must be 0 < start < end < inf, "
            f"got {start} and {end}."
        )

    def sample(s: Samples) -> Pair:
        return s, _same_shape("find_law(evaluate)", s, evaluate(s))

    scan_s, scan_values = sample(np.geomspace(start, end, SAMPLES))
    last = last_before_end(scan_values)
    if last is None:
        return fit_law(scan_s, scan_values)
    last_s = scan_s[last]
    edge = samples_at_end(sample, last_s, scan_s[last + 1], SAMPLES)
    tail_start = max(start, last_s / FAR)
    tail = sample(np.geomspace(tail_start, last_s, SAMPLES))
    return fit_law(*_joined([(scan_s, scan_values), tail, *edge]))


def fit_law(s: ArrayLike, values: ArrayLike) -> Law:
    """The law of given samples `values = f(s)`; `find_law` chooses the samples itself.

    Args:
        s: Positions, [m], positive and increasing. Best are positions spread evenly in log s,
            as far as f is a normal float64.
        values: Function values, [m]. They may change sign, vanish, be infinite or NaN.

    Raises:
        ValueError: If `s` is not positive, finite and increasing, has fewer than 8 entries, or
            has another shape than `values`.
    """
    s = np.asarray(s, np.float64)
    if not _are_positions(s):
        raise ValueError(
            f"`fit_law(s, ...)` must be at least {FEWEST} positive, finite, increasing "
            f"numbers, got {s}."
        )
    values = _same_shape("fit_law(s, values)", s, values)
    return law_of_end(s, values) or _law_before_end(s, values)


def _are_positions(s: NDArray[Any]) -> bool:
    if s.ndim != 1 or len(s) < FEWEST:
        return False
    if not np.all(np.isfinite(s)) or s[0] <= 0:
        return False
    return not np.any(np.diff(s) <= 0)


def _joined(pairs: list[Pair]) -> tuple[Joined, Joined]:
    """All samples in the order of s, each position once."""
    all_s = np.concatenate([s for s, _ in pairs])
    all_values = np.concatenate([values for _, values in pairs])
    s, first = np.unique(all_s, return_index=True)
    return s, all_values[first]


def _law_before_end(s: Samples, values: Samples) -> Law:
    """The law of the last stretch where f keeps its sign and a size that is trusted."""
    size = np.abs(values)
    trusted = (size > _smallest_trusted(size)) & (size < LARGEST_TRUSTED)
    # 0 where a value is not trusted, so that losing trust is a
    # break like a change of sign.
    sign = np.nan_to_num(np.sign(values)) * trusted
    usable = np.flatnonzero(sign)
    end = int(max(usable, default=-1)) + 1
    breaks = np.flatnonzero(np.diff(sign[:end])) + 1
    first = int(max(breaks, default=0))
    # One sample at least, as a range has ends even where nothing is usable.
    stretch = range_of(s[first : max(end, first + 1)])
    breaks_in_tail = np.sum(s[breaks] > stretch[1] / FAR)
    if breaks_in_tail > MOST_BREAKS:
        return Law("oscillating", stretch)
    if end - first < FEWEST:
        return Law("undetermined", stretch)
    law = tail_law(s[first:end], size[first:end])
    # Adding 0.0 turns a coefficient of -0.0 into 0.0.
    coefficient = law.coefficient * float(sign[first]) + 0.0
    return replace(law, coefficient=coefficient)


def _smallest_trusted(size: Samples) -> float:
    """The smallest size with all its digits.

    On the way to 0 digits are lost; for the root of a square this begins at 1e-162.
    """
    nonzero = np.flatnonzero(size)
    if size[-1] > 0 or not np.any(size > 0):
        return SMALLEST_TRUSTED
    return max(SMALLEST_TRUSTED, UNDERFLOW_MARGIN * float(size[nonzero[-1]]))


def _same_shape(function_name: str, s: Samples, values: ArrayLike) -> Samples:
    array = np.asarray(values, np.float64)
    if array.shape != s.shape:
        raise ValueError(
            f"`{function_name}` must have one value for each s, shape {s.shape}, "
            f"got shape {array.shape}."
        )
    return array
