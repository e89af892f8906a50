"""Numbers with their 95 % intervals."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

NORMAL = 1.959963984540054
"""Standard deviations to either side that 95 % of a normal variable lie within."""
GROUPS = 20
"""Groups of examples of which the jackknife leaves out one at a time."""


@dataclass(frozen=True)
class Estimate:
    """A number and the ends of its 95 % interval.

    Attributes:
        value: The number; NaN if there is none.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


NOTHING = Estimate(math.nan, math.nan, math.nan)


def exactly(value: float) -> Estimate:
    """A number that is no estimate, such as a largest value."""
    return Estimate(float(value), float(value), float(value))


def share(part: int, whole: int) -> Estimate:
    """A share, with Wilson's interval (1927), which holds near 0 and 1 as well."""
    if whole == 0:
        return NOTHING
    p, z = part / whole, NORMAL
    centre = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = (
        z
        / (1 + z * z / whole)
        * math.sqrt(p * (1 - p) / whole + (z / (2 * whole)) ** 2)
    )
    return Estimate(p, max(0.0, min(centre - half, p)), min(1.0, max(centre + half, p)))


def mean(values: Numbers) -> Estimate:
    """A mean, with the interval of the central limit theorem; it is summed in float64."""
    count = len(values)
    if count == 0:
        return NOTHING
    wide = values.astype(np.float64)
    centre = float(wide.mean())
    if count == 1:
        return Estimate(centre, -math.inf, math.inf)
    half = NORMAL * float(wide.std(ddof=1)) / math.sqrt(count)
    return Estimate(centre, centre - half, centre + half)


def mean_of_all(total: float, count: int, kept: Numbers) -> Estimate:
    """The mean of all examples by their sum, with an interval by how those that are kept vary."""
    centre = total / count
    if len(kept) < 2:
        return Estimate(centre, -math.inf, math.inf)
    half = NORMAL * float(kept.std(ddof=1, dtype=np.float64)) / math.sqrt(count)
    return Estimate(centre, centre - half, centre + half)


def quantile(ordered: Numbers, q: float) -> Estimate:
    """A quantile of values in ascending order, with the interval between two of them.

    The interval needs no assumption: the number of values below the true quantile is binomial.
    """
    from scipy.stats import binom

    count = len(ordered)
    if count == 0:
        return NOTHING
    low, high = (int(binom.ppf(p, count, q)) for p in (0.025, 0.975))
    place = min(int(q * count), count - 1)
    ends = ordered[max(low - 1, 0)], ordered[min(high, count - 1)]
    return Estimate(float(ordered[place]), float(ends[0]), float(ends[1]))


def jackknife(
    statistic: Callable[[NDArray[np.bool_]], float],
    count: int,
    least: float = -math.inf,
) -> Estimate:
    """A statistic of examples, with an interval by leaving out one of 20 groups at a time.

    Args:
        statistic: Function of a mask of the examples that take part.
        count: Number of examples; example k is in group k modulo 20.
        least: Least value that the statistic can have.
    """
    everything = np.ones(count, bool)
    value = float(statistic(everything))
    if count < 2 * GROUPS:
        return Estimate(value, math.nan, math.nan)
    group = np.arange(count) % GROUPS
    parts = np.array([statistic(group != k) for k in range(GROUPS)], np.float64)
    return of_jackknife(value, parts, least)


def of_jackknife(value: float, parts: Numbers, least: float = -math.inf) -> Estimate:
    """A statistic with an interval by what it is without each of the groups."""
    variance = (GROUPS - 1) / GROUPS * ((parts - parts.mean()) ** 2).sum()
    half = NORMAL * math.sqrt(variance)
    return Estimate(value, max(value - half, least), value + half)
