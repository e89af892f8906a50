"""The law of a ray up to the place where rounding takes over.

Textbook formulas lose their digits far out, or end at an exact 0 where p rounds to 1.
Their law is then that of the values before.
"""

import numpy as np

from ..properties.fit import find_law, fit_law
from ..properties.law import Law
from .evaluation import Rows
from .rays import GRID, Ray

FADED, EARLY = 1e-9, 0.9
"""Values that reach this share of the largest well before they are 0 have faded to 0."""
STEP, JUMP = 1e-7, 1e-2
"""Values are noise if they change by more than `JUMP` when s changes by `STEP`."""
FEWEST_VALUES = 16
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
    if law.kind == "zero" and law.begins is not None and law.begins > 0:
        return _law_before_zero(ray, law.begins) or law
    if law.kind in SUSPECT_KINDS:
        return _law_before_noise(ray) or law
    return law


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
