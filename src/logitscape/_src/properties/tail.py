"""The law of the tail of a positive function, by way of `K(s) = d log f / d log s`.

With a power of s, K settles. With `s^k e^{rs}` it changes in proportion to s, with `exp(s^m)`
in proportion to s^m. Changes by corrections such as `1 + 1/s`, or by a logarithm, die out. So
the way in which the *change* of K scales determines the family of the law, for any power and
even for slow rates. Constants come from least squares within that family alone.
"""

import math

import numpy as np
from jaxtyping import Float

from .law import Kind, Law
from .least_squares import Samples
from .spline import cubic_spline
from .tail_fits import exponential, other_exponential, power_or_logarithm

Window = Float[np.ndarray, " window"]

SPAN = 27.0
"""Ratio of s over which the family is determined: three steps of a factor 3."""
FAR = 100.0
"""Ratio of s over which powers are fitted, where corrections have died out."""
NEAR = 3.0
"""Ratio of s over which rates are fitted, where a second exponential has died out."""
INTERVALS = 96
"""Number of intervals over which the change of K is measured, divisible by 3."""
WINDOW = 96
"""Largest number of samples that a law is fitted to."""
SLOW = 0.05
"""Power below which a law must fit well, as iterated logarithms look like small powers."""
FITS_WELL = 1e-4
"""Residual up to which a law fits well."""
LEAST_ORDER = 0.1
"""Order below which a stretched exponential cannot be told from powers of logarithms."""
ROUGH = 0.05
"""Residual above which a function follows no smooth law."""
MOST_TURNS = 2
"""Number of turning points above which a function without a law is oscillating."""


def tail_law(s: Samples, size: Samples) -> Law:
    """The law of a positive function, without constants where no formula fits.

    Args:
        s: Positions, positive and increasing, 8 or more.
        size: Function values, positive.
    """
    y = np.log(size)
    law = _smooth_law(s, y)
    if law.residual <= ROUGH and not _is_ambiguous(law):
        return law
    if law.kind.startswith("super"):
        return Law(
            kind=law.kind,
            range=law.range,
            coefficient=1.0,
            order=math.inf,
            residual=law.residual,
        )
    far = s > s[-1] / FAR
    kind: Kind = "undetermined"
    if _turns(y[far]) > MOST_TURNS:
        kind = "oscillating"
    return Law(kind, law.range, residual=law.residual)


def _is_ambiguous(law: Law) -> bool:
    """Whether a law is so slow that it would fit almost anything that is slow."""
    if law.kind.startswith("stretched"):
        return law.order < LEAST_ORDER
    if law.kind.startswith("polynomial"):
        return abs(law.power) < SLOW and law.residual > FITS_WELL
    return False


def _turns(y: Samples) -> int:
    """Number of turning points."""
    directions = np.sign(np.diff(y))
    return int(np.sum(np.diff(directions) != 0))


def _smooth_law(s: Samples, y: Samples) -> Law:
    """The law within the family that the change of K determines."""
    scaling = _scaling(*_window(s, y, SPAN))
    if 0.9 < scaling < 1.1:
        law = exponential(*_window(s, y, NEAR))
        # If the exponential hardly exceeds the residual, there is none.
        if law.rate * s[-1] > 10 * law.residual:
            return law
    elif scaling > 0.1:
        return other_exponential(*_window(s, y, NEAR))
    return power_or_logarithm(*_window(s, y, FAR))


def _scaling(s: Samples, y: Samples) -> float:
    """The m for which changes of K scale like s^m.

    It is -inf where K does not change, or not in one direction.
    """
    x = np.log(s)
    even_x, step = np.linspace(x[0], x[-1], INTERVALS + 1, retstep=True)
    even_y = cubic_spline(x, y, even_x)
    # The variance of a third difference is that of a sample times 1 + 9 + 9 + 1.
    noise = np.std(np.diff(even_y, 3)) / math.sqrt(20)
    third = INTERVALS // 3
    width = third * step
    slopes = np.diff(even_y[::third]) / width
    before, after = np.diff(slopes)
    rounding = 1e-6 * (1 + abs(slopes[-1]))
    smallest = max(rounding, 10 * noise / width)
    if abs(after) < smallest or before * after <= 0:
        return -math.inf
    # From one third to the next s^m grows by e^(m width), as the width is one of log s.
    return float(np.log(after / before) / width)


def _window(s: Samples, y: Samples, ratio: float) -> tuple[Window, Window]:
    """The samples from `s[-1] / ratio` on, thinned so that they are spread evenly in log s."""
    end = s[-1]
    start = max(s[0], end / ratio)
    wanted = np.geomspace(start, end, WINDOW)
    nearest = np.searchsorted(s, wanted)
    chosen = np.unique(np.clip(nearest, 0, len(s) - 1))
    return s[chosen], y[chosen]
