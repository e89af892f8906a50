"""The law of a ray up to the place where rounding takes over.

Textbook formulas lose their digits far out, or end at an exact 0 where p rounds to 1.
Their law is then that of the values before.
"""

import math

import numpy as np

from ..properties.fit import find_law, fit_law
from ..properties.law import Law
from .evaluation import Rows
from .levels import SPREAD
from .rays import GRID, Ray

FADED, EARLY = 1e-9, 0.9
"""Values that reach this share of the largest well before they are 0 have faded to 0."""
STEP, JUMP = 1e-7, 1e-2
"""Values are noise if they change by more than `JUMP` when s changes by `STEP`."""
FEWEST_VALUES = 16
ROUNDING, ABOVE = 8.0, 100.0
"""Rounding errors in units of eps, and how far a value stands above them that has a law."""
SUSPECT_KINDS = (
    "oscillating",
    "undetermined",
    "super-exponential decay",
    "super-exponential growth",
)
"""Kinds of laws that noise may cause."""


def smooth_law(ray: Ray) -> Law:
    """The law of the slope dL/ds on the wrong side, of the gradient's norm on the right side."""
    law = find_law(ray.signal)
    if _is_rounding(ray, law):
        law = _law_before_rounding(ray) or _nothing(law)
    if law.kind == "zero" and law.begins is not None and law.begins > 0:
        return _law_before_zero(ray, law.begins) or law
    if law.kind in SUSPECT_KINDS:
        return _law_before_noise(ray) or law
    return law


def rounding_of(ray: Ray) -> float:
    """The size below which a value on the ray may be nothing but rounding.

    It is left over from terms of the size that the gradient has elsewhere on the ray.
    """
    sizes = ray.measure(GRID[GRID <= SPREAD])[1]
    largest = float(np.max(sizes, initial=0, where=np.isfinite(sizes)))
    return ROUNDING * float(np.finfo(np.float64).eps) * largest


def _is_rounding(ray: Ray, law: Law) -> bool:
    """Whether a law that does not fade is one of values that rounding explains.

    Values that fade below all rounding in the way of a law are computed with care, and count.
    """
    if law.kind == "zero" or law.kind == "undefined" or law.kind.endswith("decay"):
        return False
    s = np.geomspace(max(law.range[0], GRID[0]), max(law.range[1], GRID[0]), GRID.size)
    size = np.abs(ray.signal(s))
    return bool(np.nanmax(size, initial=0) <= rounding_of(ray))


def _law_before_rounding(ray: Ray) -> Law | None:
    """The law of the values that stand above rounding; None if there are too few."""
    s = np.geomspace(GRID[0], SPREAD, GRID.size)
    values = ray.signal(s)
    above = np.flatnonzero(np.abs(values) > ABOVE * rounding_of(ray))
    if not above.size:
        return None
    return _fitted(s, values, s[above[-1]] / 4, s[above[-1]])


def _nothing(law: Law) -> Law:
    return Law("zero", law.range, begins=-math.inf)


def _law_before_zero(ray: Ray, begins: float) -> Law | None:
    """The law of values that fade until rounding makes them exactly 0; None if they jump to 0."""
    s = np.geomspace(GRID[0], begins, GRID.size)
    values = ray.signal(s)
    size = np.abs(values)
    size_on_grid = np.abs(ray.signal(GRID))
    largest = max(np.nanmax(size), np.nanmax(size_on_grid))
    last = s[size / largest > FADED][-1]
    if last > EARLY * begins:
        return None
    # The last two octaves before the values have faded show the law, without its beginning.
    return _fitted(s, values, last / 4, last)


def _law_before_noise(ray: Ray) -> Law | None:
    """The law of the values before they are noise; None if they never are."""
    s = np.geomspace(GRID[0], 1e8, GRID.size)
    values = ray.signal(s)
    nearby = ray.signal(s * (1 + STEP))
    change = np.abs(nearby - values)
    noisy = change > JUMP * np.abs(values)
    if not noisy.any():
        return None
    # Rounding errors are below the threshold, but not small, just before the first noise.
    last = s[np.argmax(noisy)] / 4
    return _fitted(s, values, last / 1e3, last)


def _fitted(s: Rows, values: Rows, first: float, last: float) -> Law | None:
    """The law of the values between two s; None if there are too few."""
    chosen = (s >= first) & (s <= last)
    if chosen.sum() < FEWEST_VALUES:
        return None
    return fit_law(s[chosen], values[chosen])
