"""The growth class of times to correct: the simplest formula that fits them."""

import numpy as np
from numpy.typing import ArrayLike

from .growth_fits import FITS, Samples
from .growth_law import Growth

FEWEST = 8
"""Smallest number of times that formulas are fitted to."""
PRECISION = 1e-6
"""Relative precision of the times.

Among the fits that are better than this, or at most twice as bad as the best one, the simplest
counts.
"""
LARGEST_RESIDUAL = 0.1
"""Residual, relative to the time, above which a formula does not fit."""
LEFT_OUT = 2 / 3
"""Share of the margins that is left out, as a growth class is a limit for large margins."""


def growth(margins: ArrayLike, log_times: ArrayLike) -> Growth:
    """Determine how times to correct, such as those of `times_to_correct`, grow with the margin.

    Formulas are fitted to the largest third of the margins.

    Args:
        margins: Margins, [m], positive and increasing.
        log_times: Logarithms of the times, [m]: inf for "never"; NaN, and -inf for a start that
            is not wrong, are left out.

    Raises:
        ValueError: If the margins are not positive and increasing, or there is another number
            of times.
    """
    m = np.asarray(margins, np.float64)
    log_t = np.asarray(log_times, np.float64)
    if not _are_margins(m) or m.shape != log_t.shape:
        raise ValueError(
            "`growth(margins, log_times)` must be positive increasing margins [m] and as many "
            f"times, got {m} and {log_t}."
        )
    if not m.size:
        return Growth("undetermined")
    if log_t[-1] == np.inf:
        return Growth("never", never_from=_first_never(m, log_t))
    large = m >= LEFT_OUT * m[-1]
    usable = np.isfinite(log_t) & large
    if usable.sum() < FEWEST:
        return Growth("undetermined")
    return _simplest(m[usable], log_t[usable])


def _are_margins(m: Samples) -> bool:
    if m.ndim != 1 or (np.diff(m) <= 0).any():
        return False
    return bool((np.isfinite(m) & (m > 0)).all())


def _first_never(m: Samples, log_t: Samples) -> float:
    """The smallest margin from which on all times are infinite."""
    corrected = np.flatnonzero(log_t != np.inf)
    first = corrected[-1] + 1 if corrected.size else 0
    return float(m[first])


def _simplest(m: Samples, log_t: Samples) -> Growth:
    """The simplest formula that fits about as well as the best one."""
    candidates = [fit(m, log_t) for fit in FITS]
    smallest = min(candidate.residual for candidate in candidates)
    limit = min(max(PRECISION, 2 * smallest), LARGEST_RESIDUAL)
    for candidate in candidates:
        if candidate.residual <= limit:
            return candidate
    return Growth("undetermined")
