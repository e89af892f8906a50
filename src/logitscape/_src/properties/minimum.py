"""Brent's search for a minimum; SciPy has it too, but takes a third of a second to import."""

import math
from collections.abc import Callable

GOLDEN = (3 - math.sqrt(5)) / 2
"""Share of a section at which the golden section cuts it."""
ROUNDING = math.sqrt(2.2e-16)
"""Relative distance below which two values of a function do not differ."""
MOST_STEPS = 500


def minimum(
    function: Callable[[float], float], low: float, high: float, tolerance: float
) -> float:
    """Find a local minimum by parabolas, and by golden sections where those do not help.

    Args:
        function: Function of one number.
        low: Lower end of the section to search.
        high: Upper end of the section to search.
        tolerance: Distance within which the minimum is located.

    Returns:
        The place of the least value that was met.

    Source: R. P. Brent, "Algorithms for Minimization Without Derivatives", 1973, chapter 5.
    """
    best = second = third = low + GOLDEN * (high - low)
    at_best = at_second = at_third = function(best)
    step = before = 0.0
    for _ in range(MOST_STEPS):
        middle = (low + high) / 2
        least = ROUNDING * abs(best) + tolerance / 3
        if abs(best - middle) <= 2 * least - (high - low) / 2:
            break
        parabola = None
        if abs(before) > least:
            points = (best, at_best, second, at_second, third, at_third)
            parabola = _step_of_parabola(*points, before, low, high)
        if parabola is None:
            before = (low if best >= middle else high) - best
            step = GOLDEN * before
        else:
            before, step = step, parabola
            close = best + step
            if close - low < 2 * least or high - close < 2 * least:
                step = math.copysign(least, middle - best)
        tried = best + math.copysign(max(abs(step), least), step)
        at_tried = function(tried)
        if at_tried <= at_best:
            low, high = (best, high) if tried >= best else (low, best)
            third, at_third, second, at_second = second, at_second, best, at_best
            best, at_best = tried, at_tried
            continue
        low, high = (tried, high) if tried < best else (low, tried)
        if at_tried <= at_second or second == best:
            third, at_third, second, at_second = second, at_second, tried, at_tried
        elif at_tried <= at_third or third in (best, second):
            third, at_third = tried, at_tried
    return best


def _step_of_parabola(
    best: float,
    at_best: float,
    second: float,
    at_second: float,
    third: float,
    at_third: float,
    before: float,
    low: float,
    high: float,
) -> float | None:
    """The step to the vertex of the parabola through three points.

    It is None if the vertex is outside of the section, or too far for steps that shrink.
    """
    r = (best - second) * (at_best - at_third)
    q = (best - third) * (at_best - at_second)
    numerator = (best - third) * q - (best - second) * r
    denominator = 2 * (q - r)
    if denominator > 0:
        numerator = -numerator
    denominator = abs(denominator)
    inside = (
        denominator * (low - best) < numerator < denominator * (high - best)
    ) and abs(numerator) < abs(denominator * before / 2)
    return numerator / denominator if inside else None
