"""Fits of `y = log f(s)`, one function for each family of laws."""

import math
from dataclasses import replace
from typing import cast

import numpy as np

from .law import Kind, Law
from .least_squares import Fit, Samples, best_shape, least_squares, with_corrections

FLAT = 0.01
"""Absolute power below which a law is called constant."""
LOG_MAX = 709
"""Largest logarithm of a coefficient that float64 can represent, rounded down."""


def power_or_logarithm(s: Samples, y: Samples) -> Law:
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

    Returns None unless this fits almost exactly and a plain power does not.
    """
    power = round(2 * power_fit.constants[1]) / 2
    if power_fit.residual < 1e-9:
        return None
    one = np.ones_like(s)
    log_s = np.log(s)
    for log_power in (1, -1, 2, -2, 3, -3):
        # The q-th root of f / s^k is c log s + d, which is linear in both unknowns.
        root = np.exp((y - power * log_s) / log_power)
        fit = least_squares([one, log_s], root / root[-1])
        exact = fit.residual < min(1e-5, power_fit.residual / 10)
        # In units of the last root: a fit that is almost all d is
        # a constant and no logarithm.
        by_logarithm = fit.constants[1] * log_s[-1]
        if exact and by_logarithm > 0.1:
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


def exponential(s: Samples, y: Samples) -> Law:
    """Fit `log f = a + k log s + r s`, with corrections in 1/s."""
    end = float(s[-1])
    one = np.ones_like(s)
    x = s / s[-1]
    fit = with_corrections([one, np.log(s), x], x, y)
    rate = fit.constants[2]
    return replace(
        _law(_directed("exponential", rate), s, fit),
        power=fit.constants[1],
        power_error=fit.errors[1],
        rate=abs(rate) / end,
        rate_error=fit.errors[2] / end,
    )


def other_exponential(s: Samples, y: Samples) -> Law:
    """Fit `log f = a + k log s + b s^m` and `a + k s + b e^{cs}`, and take the better one."""
    one = np.ones_like(s)
    log_s = np.log(s)
    x = s / float(s[-1])

    def stretched(m: float) -> list[Samples]:
        return [one, log_s, x**m]

    def doubled(c: float) -> list[Samples]:
        return [one, x, np.exp(c * (x - 1))]

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
    # Where `math.exp` overflows, it raises an error instead of returning infinity.
    size = math.exp(log_size) if log_size < LOG_MAX else math.inf
    return Law(
        cast(Kind, kind),
        range=(float(s[0]), float(s[-1])),
        coefficient=size,
        coefficient_error=size * fit.errors[0],
        residual=fit.residual,
    )
