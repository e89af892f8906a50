"""Linear least squares with errors of the constants."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from .minimum import minimum

Samples = Float[np.ndarray, " m"]

SMALLEST_SHAPE = 0.05
LARGEST_SHAPE = 50.0
SHAPES = 70
"""Number of shape parameters that are tried before the best one is refined."""


class Fit(NamedTuple):
    """Constants that fit the samples best.

    Attributes:
        constants: Factors of the columns.
        errors: Standard errors of the constants, or more where something else says so.
        residual: Root mean square of the samples minus the fit.
    """

    constants: list[float]
    errors: list[float]
    residual: float


def least_squares(columns: list[Samples], y: Samples) -> Fit:
    """Fit y by a linear combination of the columns."""
    matrix = np.column_stack(columns)
    # Columns of norm 1: powers of s differ by many orders of magnitude.
    scale = np.linalg.norm(matrix, axis=0)
    scaled = matrix / scale
    # The pseudoinverse gives the standard errors as well: with its transpose it
    # makes up the inverse of X^T X.
    inverse = np.linalg.pinv(scaled)
    constants = inverse @ y
    remainder = y - scaled @ constants
    freedom = max(len(y) - len(columns), 1)
    spread = np.linalg.norm(remainder) / math.sqrt(freedom)
    errors = spread * np.linalg.norm(inverse, axis=1)
    return Fit(
        constants=(constants / scale).tolist(),
        errors=(errors / scale).tolist(),
        residual=float(np.sqrt(np.mean(remainder**2))),
    )


def with_corrections(columns: list[Samples], x: Samples, y: Samples) -> Fit:
    """Fit y by the columns and by corrections `1/x` and `1/x^2`, which die out far away.

    The change of a constant by the second correction is a lower bound of its error.
    """
    first = 1 / x
    second = x**-2
    full = least_squares([*columns, first, second], y)
    shorter = least_squares([*columns, first], y)
    count = len(columns)
    errors = []
    for column in range(count):
        change = abs(full.constants[column] - shorter.constants[column])
        errors.append(max(full.errors[column], change))
    return Fit(full.constants[:count], errors, full.residual)


def best_shape(
    columns: Callable[[float], list[Samples]], y: Samples
) -> tuple[float, Fit]:
    """The shape parameter between 0.05 and 50 whose columns fit y best, and this fit."""

    def residual(log_shape: float) -> float:
        return least_squares(columns(math.exp(log_shape)), y).residual

    # A bounded search finds one local minimum only; the grid says around which.
    log_shapes = np.linspace(math.log(SMALLEST_SHAPE), math.log(LARGEST_SHAPE), SHAPES)
    residuals = [residual(log_shape) for log_shape in log_shapes]
    best = log_shapes[np.argmin(residuals)]
    step = log_shapes[1] - log_shapes[0]
    shape = math.exp(minimum(residual, best - step, best + step, 1e-10))
    return shape, least_squares(columns(shape), y)
