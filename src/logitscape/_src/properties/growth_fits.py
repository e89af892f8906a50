"""Fits of every growth class to times T by margin M.

Each fit takes margins and logarithms of times, and returns its formula with the residual, which
is infinite where the fit is of another class. Times are scaled by the largest one, as they may
overflow.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .growth_law import Growth, Kind

Samples: TypeAlias = NDArray[Any]

_POSITIVE_SHIFTS = np.geomspace(0.1, 10, 21)
_NEGATIVE_SHIFTS = -np.geomspace(10, 0.1, 21)
SHIFTS = np.concatenate([_NEGATIVE_SHIFTS, [0.0], _POSITIVE_SHIFTS])
"""Values of c in the shifted margin M + c."""
RATES = np.geomspace(0.05, 5, 41)
REFINEMENTS = 6
"""Number of grids of rates, each finer than the one before."""
NEAR_ONE = 0.02
"""Distance from 1 up to which an exponent counts as linear."""
LARGEST_REMAINDER = 0.1
"""Largest share of a bounded time that may still be to come."""


class Line(NamedTuple):
    """The best fit of y by `offset + slope * shape`.

    Attributes:
        offset: Constant part.
        slope: Factor of the shape.
        residual: Root mean square of the error.
        shape: Values of the shape.
    """

    offset: Any
    slope: Any
    residual: float
    shape: Samples


def _bounded(m: Samples, log_t: Samples) -> Growth:
    """Fit `T = a + b e^(-c M)` and `a + b / (M + c)`.

    T is bounded if it falls, or if the part with b is small at the end.
    """
    t = _scaled_times(log_t)
    # Measured from the first margin: from 0 on, e^(-5 M)
    # vanishes altogether for M > 150.
    exponentials = [np.exp(-rate * (m - m[0])) for rate in RATES]
    hyperbolas = [1 / (m + shift) for shift in SHIFTS]
    line = _best_relative(t, exponentials + hyperbolas)
    falls = line.slope > 0
    remainder = abs(line.slope * line.shape[-1])
    settles = line.offset > 0 and remainder < LARGEST_REMAINDER * line.offset
    return Growth(
        "bounded",
        coefficient=_unscaled(max(line.offset, 0), log_t),
        residual=_residual_if(falls or settles, line.residual),
    )


def _logarithmic(m: Samples, log_t: Samples) -> Growth:
    """Fit `T = a + b log(M + c)`."""
    line = _best_relative(_scaled_times(log_t), _shifted_logarithms(m))
    return Growth(
        "logarithmic",
        coefficient=_unscaled(line.slope, log_t),
        residual=_residual_if(line.slope > 0, line.residual),
    )


def _linear(m: Samples, log_t: Samples) -> Growth:
    """Fit `T = a + b M + c log M`, which is linear if c adds less than half of what b does."""
    one = np.ones_like(m)
    columns = np.stack([one, m, np.log(m)], axis=1)
    # Divided by T, which makes the errors relative and the
    # other side of the equation 1.
    relative = columns / _scaled_times(log_t)[:, None]
    constants, *_ = np.linalg.lstsq(relative, np.ones_like(m))
    _, slope, log_factor = constants
    by_logarithm = abs(log_factor * np.log(m[-1] / m[0]))
    by_slope = slope * _span(m)
    residual = _root_mean_square(relative @ constants - 1)
    return Growth(
        "linear",
        coefficient=_unscaled(slope, log_t),
        exponent=1.0,
        residual=_residual_if(by_logarithm < by_slope / 2, residual),
    )


def _polynomial(m: Samples, log_t: Samples) -> Growth:
    """Fit `log T = log a + k log(M + c)`."""
    line = _best_absolute(log_t, _shifted_logarithms(m))
    exponent = float(line.slope)
    kind: Kind = "linear" if abs(exponent - 1) < NEAR_ONE else "polynomial"
    return Growth(
        kind,
        coefficient=float(np.exp(line.offset)),
        exponent=exponent,
        residual=_residual_if(exponent > 0, line.residual),
    )


def _exponential(m: Samples, log_t: Samples) -> Growth:
    """Fit both forms of exponential growth and take the better one.

    Each counts only if the exponential grows e-fold or more over the margins.
    """
    forms = [_exponential_with_power(m, log_t), _exponential_above_constant(m, log_t)]
    span = _span(m)
    growing = [form for form in forms if form.rate * span >= 1]
    nothing = Growth("exponential", residual=np.inf)
    return min(growing, key=lambda form: form.residual, default=nothing)


def _exponential_with_power(m: Samples, log_t: Samples) -> Growth:
    """Fit `log T = log a + k log M + r M`."""
    one = np.ones_like(m)
    columns = np.stack([one, np.log(m), m], axis=1)
    constants, *_ = np.linalg.lstsq(columns, log_t)
    log_a, exponent, rate = constants
    return Growth(
        "exponential",
        coefficient=float(np.exp(log_a)),
        exponent=float(exponent),
        rate=float(rate),
        residual=_root_mean_square(columns @ constants - log_t),
    )


def _exponential_above_constant(m: Samples, log_t: Samples) -> Growth:
    """Fit `T = a + b e^(r M)`, with r from ever finer grids."""
    t = _scaled_times(log_t)
    rates = RATES
    for _ in range(REFINEMENTS):
        # Measured from the last margin, where the shape is 1:
        # e^(r M) overflows for r M > 709.
        shapes = [np.exp(rate * (m - m[-1])) for rate in rates]
        line = _best_relative(t, shapes)
        growth_of_shape = np.log(line.shape[-1] / line.shape[0])
        rate = float(growth_of_shape / _span(m))
        # Up to the neighboring rates on both sides.
        smallest = rates[0] / rates[1]
        largest = rates[1] / rates[0]
        rates = rate * np.linspace(smallest, largest, len(RATES))
    # A slope of 0 or less has no logarithm; its residual becomes infinite below anyway.
    log_factor = np.log(max(line.slope, np.finfo(float).tiny))
    # The shape is 1 at the last margin and the times are scaled; this undoes both.
    log_coefficient = float(log_factor + log_t.max() - rate * m[-1])
    return Growth(
        "exponential",
        coefficient=float(np.exp(log_coefficient)),
        rate=rate,
        residual=_residual_if(line.slope > 0, line.residual),
    )


FITS: tuple[Callable[[Samples, Samples], Growth], ...] = (
    _bounded,
    _logarithmic,
    _linear,
    _polynomial,
    _exponential,
)
"""All fits, the simplest formula first."""


def _span(m: Samples) -> Any:
    return m[-1] - m[0]


def _scaled_times(log_t: Samples) -> Samples:
    scaled: Samples = np.exp(log_t - log_t.max())
    return scaled


def _unscaled(coefficient: Any, log_t: Samples) -> float:
    return float(coefficient * np.exp(log_t.max()))


def _residual_if(condition: Any, residual: float) -> float:
    return residual if condition else np.inf


def _shifted_logarithms(m: Samples) -> list[Samples]:
    return [np.log(m + shift) for shift in SHIFTS]


def _root_mean_square(error: Samples) -> float:
    return float(np.sqrt(np.mean(error**2)))


def _best_relative(y: Samples, shapes: list[Samples]) -> Line:
    """The line with the smallest error relative to y."""
    # A small error relative to T is the error of log T, so that the residuals of
    # all formulas can be compared.
    lines = [_line(y, shape, scale=y) for shape in shapes]
    return _best(lines)


def _best_absolute(y: Samples, shapes: list[Samples]) -> Line:
    """The line with the smallest error."""
    scale = np.ones_like(y)
    lines = [_line(y, shape, scale) for shape in shapes]
    return _best(lines)


def _best(lines: list[Line]) -> Line:
    return min(lines, key=lambda line: line.residual)


def _line(y: Samples, shape: Samples, scale: Samples) -> Line:
    """Least squares of the errors divided by the scale."""
    columns = np.stack([np.ones_like(shape), shape], axis=1)
    scaled_columns = columns / scale[:, None]
    constants, *_ = np.linalg.lstsq(scaled_columns, y / scale)
    error = (columns @ constants - y) / scale
    offset, slope = constants
    return Line(offset, slope, _root_mean_square(error), shape)
