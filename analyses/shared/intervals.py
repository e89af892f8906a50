"""95 % intervals by Student's t, and Holm's correction for many comparisons.

The intervals are those of a mean over seeds and of a paired difference.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

LEVEL = 0.05


class Difference(NamedTuple):
    """A mean difference; all numbers are NaN where a value is not finite.

    Attributes:
        mean: Mean of the differences.
        low: Lower end of the 95 % interval for the mean (Student's t).
        high: Upper end of that interval.
        p: p-value of the hypothesis that the mean is 0.
    """

    mean: float
    low: float
    high: float
    p: float

    def __str__(self) -> str:
        return f"{self.mean:+.2g} [{self.low:.2g}, {self.high:.2g}]"


UNKNOWN = Difference(np.nan, np.nan, np.nan, np.nan)


def half_width(values: ArrayLike) -> float:
    """Half the width of the interval for the mean; NaN where a value is not finite."""
    sample = np.asarray(values, float)
    if not np.isfinite(sample).all():
        return float("nan")
    count = len(sample)
    quantile = stdtrit(count - 1, 1 - LEVEL / 2)
    # The unbiased variance, for which Student's t is made.
    deviation = sample.std(ddof=1)
    return float(quantile * deviation / np.sqrt(count))


def interval(name: str, values: ArrayLike) -> dict[str, float]:
    """The mean and the ends of its interval, as columns `NAME`, `NAME_low` and `NAME_high`."""
    mean = float(np.mean(np.asarray(values, float)))
    half = half_width(values)
    return {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}


def difference(values: ArrayLike, reference: ArrayLike) -> Difference:
    """Mean of `values - reference`, pair by pair; all NaN for fewer than 2 pairs."""
    differences = np.asarray(values, float) - np.asarray(reference, float)
    count = len(differences)
    if count < 2 or not np.isfinite(differences).all():
        return UNKNOWN
    mean = float(differences.mean())
    error = float(differences.std(ddof=1) / np.sqrt(count))
    half = half_width(differences)
    return Difference(
        mean=mean,
        low=mean - half,
        high=mean + half,
        p=_p_value(mean, error, count),
    )


def _p_value(mean: float, error: float, count: int) -> float:
    """p-value of a mean with its standard error, two-sided."""
    if error > 0:
        # The lower tail, as 1 minus the upper one would lose
        # the digits of a small p-value.
        return float(2 * stdtr(count - 1, -abs(mean) / error))
    # All differences are equal: the mean is known exactly.
    return float(mean == 0)


def holm(p_values: ArrayLike) -> list[float]:
    """p-values corrected for the number of comparisons (Holm 1979).

    NaN stays NaN and does not count as a comparison.
    """
    p = np.asarray(p_values, float)
    count = np.isfinite(p).sum()
    order = np.argsort(p)[:count]  # argsort puts NaN last
    factors = np.arange(count, 0, -1)
    # A p-value is never corrected to less than a smaller one.
    in_order = np.maximum.accumulate(p[order] * factors)
    corrected = np.full(p.shape, np.nan)
    corrected[order] = np.minimum(in_order, 1)
    return [float(value) for value in corrected]
