"""Laws fitted to the tail of a positive function, by way of `K(s) = d log f / d log s`.

With a power of s, K settles. With `s^k e^{rs}` it changes in proportion to s, with `exp(s^m)`
in proportion to s^m. Changes by corrections such as `1 + 1/s`, or by a logarithm, die out. So
the way in which the *change* of K scales determines the family of the law, whatever its power
is and however slow its rate. Constants come from least squares within that family alone.
"""

import math
from dataclasses import replace
from typing import cast

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline

from .law import Kind, Law
from .least_squares import Fit, Samples, best_shape, least_squares, with_corrections

Window = Float[np.ndarray, " window"]

SPAN = 27.0
"""Ratio of s over which the family is determined: three steps of a factor 3."""
FAR = 100.0
"""Ratio of s over which powers are fitted, where corrections have died out."""
NEAR = 3.0
"""Ratio of s over which rates are fitted, where a second exponential has died out."""
WINDOW = 96
"""Number of intervals, and of samples, into which a window is divided."""
FLAT = 0.01
"""Power below which a law is called constant."""
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
LOG_MAX = 709
"""Largest logarithm of a coefficient that float64 can represent, rounded down."""


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
    far = y[s > s[-1] / FAR]
    turns = np.sum(np.diff(np.sign(np.diff(far))) != 0)
    kind: Kind = "oscillating" if turns > MOST_TURNS else "undetermined"
    return Law(kind, law.range, residual=law.residual)


def _is_ambiguous(law: Law) -> bool:
    """Whether a law is so slow that it would fit almost anything that is slow."""
    if law.kind.startswith("stretched"):
        return law.order < LEAST_ORDER
    if law.kind.startswith("polynomial"):
        return abs(law.power) < SLOW and law.residual > FITS_WELL
    return False


def _smooth_law(s: Samples, y: Samples) -> Law:
    scaling = _scaling(*_window(s, y, SPAN))
    if 0.9 < scaling < 1.1:
        law = _exponential(*_window(s, y, NEAR))
        # An exponential that changes f by no more than what it leaves is none.
        if law.rate * s[-1] > 10 * law.residual:
            return law
    elif scaling > 0.1:
        return _other_exponential(*_window(s, y, NEAR))
    return _power(*_window(s, y, FAR))


def _scaling(s: Samples, y: Samples) -> float:
    """The m for which changes of K scale like s^m.

    It is -inf where K does not change, or not in one direction.
    """
    log_s, step = np.linspace(np.log(s[0]), np.log(s[-1]), WINDOW + 1, retstep=True)
    even = CubicSpline(np.log(s), y)(log_s)
    # The variance of a third difference is that of a sample times 1 + 9 + 9 + 1.
    noise = np.std(np.diff(even, 3)) / math.sqrt(20)
    third = WINDOW // 3
    width = third * step
    slopes = np.diff(even[::third]) / width
    before, after = np.diff(slopes)
    smallest = max(1e-6 * (1 + abs(slopes[-1])), 10 * noise / width)
    if abs(after) < smallest or before * after <= 0:
        return -math.inf
    return float(np.log(after / before) / width)


def _power(s: Samples, y: Samples) -> Law:
    """Fit `log f = a + k log s`, with corrections in 1/s."""
    one = np.ones_like(s)
    x = s / s[-1]
    fit = with_corrections([one, np.log(s)], x, y)
    logarithmic = _logarithmic(s, y, fit)
    if logarithmic is not None:
        return logarithmic
    power = fit.constants[1]
    if abs(power) < FLAT:
        return _law("constant", s, with_corrections([one], x, y))
    law = _law(_directed("polynomial", power), s, fit)
    return replace(law, power=power, power_error=fit.errors[1])


def _logarithmic(s: Samples, y: Samples, power_fit: Fit) -> Law | None:
    """Fit `f = s^k (c log s + d)^q` for k a multiple of 1/2 and q = ±1, ±2, ±3.

    Returns None unless this is exact where a power is not.
    """
    power = round(2 * power_fit.constants[1]) / 2
    if power_fit.residual < 1e-9:
        return None
    for log_power in (1, -1, 2, -2, 3, -3):
        root = np.exp((y - power * np.log(s)) / log_power)
        fit = least_squares([np.ones_like(s), np.log(s)], root / root[-1])
        slope = fit.constants[1]
        exact = fit.residual < min(1e-5, power_fit.residual / 10)
        if exact and slope * np.log(s[-1]) > 0.1:
            return _logarithmic_law(s, fit, power, log_power, float(root[-1]))
    return None


def _logarithmic_law(
    s: Samples, fit: Fit, power: float, log_power: int, last_root: float
) -> Law:
    slope = fit.constants[1]
    kind = _directed("logarithmic", float(log_power))
    if power:
        kind = _directed("polynomial", power)
    size = (slope * last_root) ** log_power
    return replace(
        _law(kind, s, fit),
        coefficient=size,
        coefficient_error=size * abs(log_power) * fit.errors[1] / slope,
        power=power,
        log_power=log_power,
    )


def _exponential(s: Samples, y: Samples) -> Law:
    """Fit `log f = a + k log s + r s`, with corrections in 1/s."""
    end = float(s[-1])
    x = s / s[-1]
    fit = with_corrections([np.ones_like(s), np.log(s), x], x, y)
    rate = fit.constants[2]
    return replace(
        _law(_directed("exponential", rate), s, fit),
        power=fit.constants[1],
        power_error=fit.errors[1],
        rate=abs(rate) / end,
        rate_error=fit.errors[2] / end,
    )


def _other_exponential(s: Samples, y: Samples) -> Law:
    """Fit `log f = a + k log s + b s^m` and `a + k s + b e^{cs}`, and take the better one."""
    end = float(s[-1])
    one = np.ones_like(s)

    def stretched(m: float) -> list[Samples]:
        return [one, np.log(s), (s / end) ** m]

    def doubled(c: float) -> list[Samples]:
        return [one, s / end, np.exp(c * (s / end - 1))]

    order, stretched_fit = best_shape(stretched, y)
    inner_rate, doubled_fit = best_shape(doubled, y)
    if stretched_fit.residual <= doubled_fit.residual:
        return _stretched_law(s, stretched_fit, order)
    return _doubled_law(s, doubled_fit, inner_rate)


def _stretched_law(s: Samples, fit: Fit, order: float) -> Law:
    """The law `log f = a + k log s + b (s / end)^order`."""
    family = "super-exponential" if order > 1 else "stretched exponential"
    rate = fit.constants[2]
    scale = float(s[-1]) ** -order
    return replace(
        _law(_directed(family, rate), s, fit),
        order=order,
        power=fit.constants[1],
        rate=abs(rate) * scale,
        rate_error=fit.errors[2] * scale,
    )


def _doubled_law(s: Samples, fit: Fit, inner_rate: float) -> Law:
    """The law `log f = a + k s / end + b e^{inner_rate (s / end - 1)}`."""
    rate = fit.constants[2]
    scale = math.exp(-inner_rate)
    return replace(
        _law(_directed("super-exponential", rate), s, fit),
        order=math.inf,
        inner_rate=inner_rate / float(s[-1]),
        rate=abs(rate) * scale,
        rate_error=fit.errors[2] * scale,
    )


def _directed(family: str, direction: float) -> str:
    """The kind of a family that grows or decays."""
    return f"{family} growth" if direction > 0 else f"{family} decay"


def _law(kind: str, s: Samples, fit: Fit) -> Law:
    """A law whose first fitted constant is the logarithm of its coefficient."""
    log_size = fit.constants[0]
    size = math.exp(log_size) if log_size < LOG_MAX else math.inf
    return Law(
        cast(Kind, kind),
        range=(float(s[0]), float(s[-1])),
        coefficient=size,
        coefficient_error=size * fit.errors[0],
        residual=fit.residual,
    )


def _window(s: Samples, y: Samples, ratio: float) -> tuple[Window, Window]:
    """The samples from `s[-1] / ratio` on, thinned so that they are spread evenly in log s."""
    wanted = np.geomspace(max(s[0], s[-1] / ratio), s[-1], WINDOW)
    nearest = np.clip(np.searchsorted(s, wanted), 0, len(s) - 1)
    chosen = np.unique(nearest)
    return s[chosen], y[chosen]
