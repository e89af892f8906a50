"""Brent's search for a minimum; SciPy has it too, but takes a third of a second to import."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

GOLDEN = (3 - math.sqrt(5)) / 2
"""Share of a section at which the golden section cuts it."""
ROUNDING = math.sqrt(2.2e-16)
"""Relative distance below which two values of a function do not differ."""
MOST_STEPS = 500


class Point(NamedTuple):
    """A place and the value of the function there."""

    x: float
    y: float


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
    # Numbers of Python throughout, whatever the ends and the function are.
    first = float(low + GOLDEN * (high - low))
    point = Point(first, float(function(first)))
    search = _Search(float(low), float(high), float(tolerance), point, point, point)
    for _ in range(MOST_STEPS):
        if search.is_narrow():
            break
        x = search.next_place()
        search.add(Point(x, float(function(x))))
    return search.best.x


@dataclass
class _Search:
    """The section that is left, its three best points, and the last two steps."""

    low: float
    high: float
    tolerance: float
    best: Point
    second: Point
    third: Point
    step: float = 0.0
    before: float = 0.0

    @property
    def least(self) -> float:
        """Length of the shortest step."""
        return ROUNDING * abs(self.best.x) + self.tolerance / 3

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def is_narrow(self) -> bool:
        half = (self.high - self.low) / 2
        return bool(abs(self.best.x - self.middle) <= 2 * self.least - half)

    def next_place(self) -> float:
        step = self._step_to_vertex() if abs(self.before) > self.least else None
        if step is None:
            end = self.low if self.best.x >= self.middle else self.high
            self.before = end - self.best.x
            self.step = GOLDEN * self.before
        else:
            self.before, self.step = self.step, self._away_from_ends(step)
        return self.best.x + math.copysign(max(abs(self.step), self.least), self.step)

    def add(self, point: Point) -> None:
        """Shorten the section at one of two points, and keep the three best."""
        if point.y <= self.best.y:
            self._cut(self.best.x, keeps_above=point.x >= self.best.x)
            self.third, self.second, self.best = self.second, self.best, point
            return
        self._cut(point.x, keeps_above=point.x < self.best.x)
        if point.y <= self.second.y or self.second.x == self.best.x:
            self.third, self.second = self.second, point
        elif point.y <= self.third.y or self.third.x in (self.best.x, self.second.x):
            self.third = point

    def _cut(self, x: float, *, keeps_above: bool) -> None:
        if keeps_above:
            self.low = x
        else:
            self.high = x

    def _away_from_ends(self, step: float) -> float:
        x = self.best.x + step
        if x - self.low < 2 * self.least or self.high - x < 2 * self.least:
            return math.copysign(self.least, self.middle - self.best.x)
        return step

    def _step_to_vertex(self) -> float | None:
        """The step to the vertex of the parabola through the three points.

        It is None if the vertex is outside of the section, or too far for steps that shrink.
        """
        (x, y), (second_x, second_y), (third_x, third_y) = (
            self.best,
            self.second,
            self.third,
        )
        r = (x - second_x) * (y - third_y)
        q = (x - third_x) * (y - second_y)
        numerator = (x - third_x) * q - (x - second_x) * r
        denominator = 2 * (q - r)
        if denominator > 0:
            numerator = -numerator
        size = abs(denominator)
        inside = size * (self.low - x) < numerator < size * (self.high - x)
        shrinks = abs(numerator) < abs(size * self.before / 2)
        return numerator / size if inside and shrinks else None
