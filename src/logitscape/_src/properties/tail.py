"""Laws fitted to the tail of a positive function, through `K(s) = d log f / d log s`.

With a power of s, K settles; with `s^k e^{rs}` it changes in proportion to s, with `exp(s^m)` to s^m; the
changes by corrections such as `1 + 1/s`, or by a logarithm, die out. So how the *change* of K scales tells
the family, whatever the power, however slow the rate. Constants come from least squares in that family alone.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, cast

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar

from .law import Kind, Law

Samples = Float[np.ndarray, " m"]
Kept = Float[np.ndarray, " kept"]

SPAN = 27.0  # the family is told from the last factor 27 of s, split into three
FAR = 100.0  # powers are fitted on the last factor 100, where corrections have died out
NEAR = (
    3.0  # rates on the last factor 3: a second exponential, if any, is long gone there
)
FLAT = 0.01  # a power smaller than this is called constant
SLOW = 0.05  # and one smaller than this must fit well: iterated logarithms look like it
WELL = 1e-4
LEAST_ORDER = (
    0.1  # of a stretched exponential that can be told from powers of logarithms
)
ROUGH = 0.05  # what a smooth law cannot leave as a residual


class Fit(NamedTuple):
    """Least squares: the constants, their errors, and the root mean square of what is left."""

    constants: list[float]
    errors: list[float]
    residual: float


def tail_law(s: Samples, size: Samples) -> Law:
    """The law of `size > 0` on increasing `s > 0`, eight or more; without constants where no formula fits."""
    y = np.log(size)
    law = _smooth_law(s, y)
    if law.residual <= ROUGH and not _hardly_told(law):
        return law
    if law.kind.startswith("super"):
        return Law(
            law.kind, law.range, coefficient=1.0, order=math.inf, residual=law.residual
        )
    turns = np.sum(np.diff(np.sign(np.diff(y[s > s[-1] / FAR]))) != 0)
    return Law(
        "oscillating" if turns > 2 else "undetermined", law.range, residual=law.residual
    )


def _hardly_told(law: Law) -> bool:
    """Whether what fits is so slow that almost anything slow would."""
    slow_power = (
        law.kind.startswith("polynomial")
        and abs(law.power) < SLOW
        and law.residual > WELL
    )
    return slow_power or (law.kind.startswith("stretched") and law.order < LEAST_ORDER)


def _smooth_law(s: Samples, y: Samples) -> Law:
    scaling = _scaling(*_window(s, y, SPAN))
    if 0.9 < scaling < 1.1:
        law = _exponential(*_window(s, y, NEAR))
        return (
            law if law.rate * s[-1] > 10 * law.residual else _power(*_window(s, y, FAR))
        )
    if scaling > 0.1:
        return _other_exponential(*_window(s, y, NEAR))
    return _power(*_window(s, y, FAR))


def _scaling(s: Samples, y: Samples) -> float:
    """The m for which changes of K scale like s^m; -inf where K does not change, or not in one direction."""
    log_s, step = np.linspace(np.log(s[0]), np.log(s[-1]), 97, retstep=True)
    even = CubicSpline(np.log(s), y)(log_s)
    noise = np.std(np.diff(even, 3)) / math.sqrt(
        20
    )  # the variance of a third difference is 1 + 9 + 9 + 1
    slopes = np.diff(even[::32]) / (32 * step)
    before, after = np.diff(slopes)
    least = max(1e-6 * (1 + abs(slopes[-1])), 10 * noise / (32 * step))
    if abs(after) < least or before * after <= 0:
        return -math.inf
    return float(np.log(after / before) / (32 * step))


def _power(s: Samples, y: Samples) -> Law:
    """`log f = a + k log s`, with corrections in 1/s."""
    one, x = np.ones_like(s), s / s[-1]
    fit = _with_corrections([one, np.log(s)], x, y)
    logarithmic = _logarithmic(s, y, fit)
    if logarithmic is not None:
        return logarithmic
    if abs(fit.constants[1]) < FLAT:
        return _law("constant", s, _with_corrections([one], x, y))
    law = _law("polynomial", s, fit, fit.constants[1])
    return replace(law, power=fit.constants[1], power_error=fit.errors[1])


def _logarithmic(s: Samples, y: Samples, power: Fit) -> Law | None:
    """`f = s^k (c log s + d)^q` for k a multiple of 1/2 and q = ±1, ±2, ±3, if exact where a power is not."""
    k = round(2 * power.constants[1]) / 2
    if power.residual < 1e-9:
        return None
    for q in (1, -1, 2, -2, 3, -3):
        root = np.exp((y - k * np.log(s)) / q)
        fit = _least_squares([np.ones_like(s), np.log(s)], root / root[-1])
        slope = fit.constants[1]
        if (
            fit.residual < min(1e-5, power.residual / 10)
            and slope * np.log(s[-1]) > 0.1
        ):
            law = _law("polynomial" if k else "logarithmic", s, fit, k or float(q))
            size = (slope * float(root[-1])) ** q
            error = size * abs(q) * fit.errors[1] / slope
            return replace(
                law, coefficient=size, coefficient_error=error, power=k, log_power=q
            )
    return None


def _exponential(s: Samples, y: Samples) -> Law:
    """`log f = a + k log s + r s`, with corrections in 1/s."""
    end, x = float(s[-1]), s / s[-1]
    fit = _with_corrections([np.ones_like(s), np.log(s), x], x, y)
    law = _law("exponential", s, fit, fit.constants[2])
    rate, rate_error = abs(fit.constants[2]) / end, fit.errors[2] / end
    return replace(
        law,
        power=fit.constants[1],
        power_error=fit.errors[1],
        rate=rate,
        rate_error=rate_error,
    )


def _other_exponential(s: Samples, y: Samples) -> Law:
    """`log f = a + k log s + b s^m` or `a + k s + b e^{cs}`, whichever leaves less."""
    end, one = float(s[-1]), np.ones_like(s)
    stretched = _best(lambda m: [one, np.log(s), (s / end) ** m], y)
    doubled = _best(lambda c: [one, s / end, np.exp(c * (s / end - 1))], y)
    if stretched[1].residual <= doubled[1].residual:
        order, fit = stretched
        name = "super-exponential" if order > 1 else "stretched exponential"
        scale = end**-order
        law = replace(
            _law(name, s, fit, fit.constants[2]), order=order, power=fit.constants[1]
        )
    else:
        inner, fit = doubled
        scale = math.exp(-inner)
        law = replace(
            _law("super-exponential", s, fit, fit.constants[2]),
            order=math.inf,
            inner_rate=inner / end,
        )
    return replace(
        law, rate=abs(fit.constants[2]) * scale, rate_error=fit.errors[2] * scale
    )


def _best(columns: Callable[[float], list[Samples]], y: Samples) -> tuple[float, Fit]:
    """The shape parameter, between 0.05 and 50, of the columns that leave least of y."""

    def left(log_shape: float) -> float:
        return _least_squares(columns(math.exp(log_shape)), y).residual

    shapes = np.linspace(math.log(0.05), math.log(50.0), 70)
    best = shapes[np.argmin([left(shape) for shape in shapes])]
    step = shapes[1] - shapes[0]
    found = minimize_scalar(
        left,
        bounds=(best - step, best + step),
        method="bounded",
        options={"xatol": 1e-10},
    )
    shape = math.exp(found.x)
    return shape, _least_squares(columns(shape), y)


def _law(name: str, s: Samples, fit: Fit, direction: float | None = None) -> Law:
    """A law whose first fitted constant is the logarithm of its coefficient; it grows if `direction` > 0."""
    kind = (
        name
        if direction is None
        else f"{name} {'growth' if direction > 0 else 'decay'}"
    )
    log_size = fit.constants[0]
    size = math.exp(log_size) if log_size < 709 else math.inf
    return Law(
        cast(Kind, kind),
        (float(s[0]), float(s[-1])),
        coefficient=size,
        coefficient_error=size * fit.errors[0],
        residual=fit.residual,
    )


def _with_corrections(columns: list[Samples], x: Samples, y: Samples) -> Fit:
    """Fit with `1/x` and `1/x^2` beside the columns; what the second changes counts as error."""
    full = _least_squares([*columns, 1 / x, x**-2], y)
    less = _least_squares([*columns, 1 / x], y)
    kept = full.constants[: len(columns)]
    errors = [
        max(e, abs(c - d))
        for c, e, d in zip(kept, full.errors, less.constants, strict=False)
    ]
    return Fit(kept, errors, full.residual)


def _least_squares(columns: list[Samples], y: Samples) -> Fit:
    matrix = np.column_stack(columns)
    scale = np.linalg.norm(matrix, axis=0)
    inverse = np.linalg.pinv(matrix / scale)
    constants = inverse @ y
    left = y - (matrix / scale) @ constants
    spread = np.linalg.norm(left) / math.sqrt(max(len(y) - len(columns), 1))
    errors = spread * np.linalg.norm(inverse, axis=1)
    return Fit(
        (constants / scale).tolist(),
        (errors / scale).tolist(),
        float(np.sqrt(np.mean(left**2))),
    )


def _window(s: Samples, y: Samples, ratio: float) -> tuple[Kept, Kept]:
    """The last factor `ratio` of s, thinned to samples that are spread evenly in log s."""
    wanted = np.geomspace(max(s[0], s[-1] / ratio), s[-1], 96)
    chosen = np.unique(np.clip(np.searchsorted(s, wanted), 0, len(s) - 1))
    return s[chosen], y[chosen]
