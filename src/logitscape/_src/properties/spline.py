"""Cubic splines in NumPy; SciPy has them too, but takes a third of a second to import."""

import numpy as np
from jaxtyping import Float

from .least_squares import Samples

Places = Float[np.ndarray, " places"]
Pieces = Float[np.ndarray, " pieces"]


def cubic_spline(x: Samples, y: Samples, at: Places) -> Places:
    """Interpolate by a cubic spline whose third derivative is continuous next to the ends.

    Those "not-a-knot" ends need no slopes, and make the spline of a cubic polynomial exact.

    Args:
        x: Positions, increasing; fewer than 4 are joined by one polynomial.
        y: Values at the positions.
        at: Positions between the first and the last at which the spline is evaluated.

    Returns:
        Values of the spline.

    Source: C. de Boor, "A Practical Guide to Splines", 1978, chapter IV.
    """
    if len(x) < 4:
        polynomial: Places = np.polyval(np.polyfit(x, y, len(x) - 1), at)
        return polynomial
    width = np.diff(x)
    steepness = np.diff(y) / width
    slopes = _slopes(x, width, steepness)
    piece = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(width) - 1)
    h = width[piece]
    t = at - x[piece]
    # The cubic that has the values and the slopes of both ends of its piece.
    excess = (slopes[piece] + slopes[piece + 1] - 2 * steepness[piece]) / h
    quadratic = (steepness[piece] - slopes[piece]) / h - excess
    cubic = excess / h
    values: Places = y[piece] + t * (slopes[piece] + t * (quadratic + t * cubic))
    return values


def _slopes(x: Samples, width: Pieces, steepness: Pieces) -> Samples:
    """Slopes of the spline at all positions, from the continuity of its second derivative."""
    n = len(x)
    matrix = np.zeros((n, n))
    inner = np.arange(1, n - 1)
    matrix[inner, inner - 1] = width[1:]
    matrix[inner, inner] = 2 * (width[:-1] + width[1:])
    matrix[inner, inner + 1] = width[:-1]
    right = np.empty(n)
    right[1:-1] = 3 * (width[1:] * steepness[:-1] + width[:-1] * steepness[1:])
    matrix[0, :2] = width[1], x[2] - x[0]
    right[0] = _end(width[:2], steepness[:2])
    matrix[-1, -2:] = x[-1] - x[-3], width[-2]
    right[-1] = _end(width[:-3:-1], steepness[:-3:-1])
    slopes: Samples = np.linalg.solve(matrix, right)
    return slopes


def _end(width: Pieces, steepness: Pieces) -> float:
    """Right side of the equation of an end, from its two pieces, the outer one first."""
    outer, inner = width
    both = outer + inner
    total = (outer + 2 * both) * inner * steepness[0] + outer**2 * steepness[1]
    return float(total / both)
