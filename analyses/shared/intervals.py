"""95 % intervals by Student's t: of a mean over seeds, of a paired difference; and Holm's correction for many comparisons."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

LEVEL = 0.05


class Difference(NamedTuple):
    """A mean difference, its 95 % interval (Student's t), and the p-value of "it is 0"; NaN where a value is not finite."""

    mean: float
    low: float
    high: float
    p: float

    def __str__(self) -> str:
        return f"{self.mean:+.2g} [{self.low:.2g}, {self.high:.2g}]"


def half_width(values: ArrayLike) -> float:
    """Of the interval for the mean; NaN where a value is not finite."""
    each = np.asarray(values, float)
    if not np.isfinite(each).all():
        return float("nan")
    return float(
        stdtrit(len(each) - 1, 1 - LEVEL / 2) * each.std(ddof=1) / np.sqrt(len(each))
    )


def interval(name: str, values: ArrayLike) -> dict[str, float]:
    """The mean and the ends of its interval, as columns of a table."""
    mean, half = float(np.mean(np.asarray(values, float))), half_width(values)
    return {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}


def difference(ours: ArrayLike, theirs: ArrayLike) -> Difference:
    """Of `ours - theirs`, pair by pair."""
    each = np.asarray(ours, float) - np.asarray(theirs, float)
    if len(each) < 2 or not np.isfinite(each).all():
        return Difference(*[np.nan] * 4)
    mean, error, half = (
        each.mean(),
        each.std(ddof=1) / np.sqrt(len(each)),
        half_width(each),
    )
    p = 2 * stdtr(len(each) - 1, -abs(mean) / error) if error > 0 else float(mean == 0)
    return Difference(float(mean), float(mean - half), float(mean + half), float(p))


def holm(p_values: ArrayLike) -> list[float]:
    """p-values corrected for being one of so many (Holm 1979); NaN stays, and does not count."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    factors = np.arange(len(order), 0, -1)
    corrected = np.full(p.shape, np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1)
    return [float(each) for each in corrected]
