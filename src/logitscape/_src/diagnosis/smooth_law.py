"""The law of a ray up to where rounding takes over: textbook formulas lose their digits, or end at 0, where p rounds to 1."""

import numpy as np

from ..properties.fit import find_law, fit_law
from ..properties.law import Law
from .evaluation import Rows
from .rays import GRID, Ray

FADED, EARLY = 1e-9, 0.9
"""Values that are down to this share of the largest well before they are 0 got there by fading."""
STEP, JUMP = 1e-7, 1e-2
"""Values that change by more than the second when s does by the first are noise."""
FEWEST = 16
SUSPECT = (
    "oscillating",
    "undetermined",
    "super-exponential decay",
    "super-exponential growth",
)


def smooth_law(on: Ray) -> Law:
    """The law of the slope dL/ds when wrong, of the gradient's norm when right."""
    law = find_law(on.signal)
    if law.kind == "zero" and law.begins is not None and law.begins > 0:
        return _faded(on, law.begins) or law
    return (_before_noise(on) or law) if law.kind in SUSPECT else law


def _faded(on: Ray, begins: float) -> Law | None:
    """The law on the way to an exact 0 that only rounding made."""
    s = np.geomspace(GRID[0], begins, GRID.size)
    values = on.signal(s)
    size = np.abs(values) / max(
        np.nanmax(np.abs(each)) for each in (values, on.signal(GRID))
    )
    last = s[size > FADED][-1]
    if last > EARLY * begins:
        return None
    return _fitted(s, values, (s <= last) & (s >= last / 4))


def _before_noise(on: Ray) -> Law | None:
    """The law before the values are noise."""
    s = np.geomspace(GRID[0], 1e8, GRID.size)
    values, beside = on.signal(s), on.signal(s * (1 + STEP))
    noisy = np.abs(beside - values) > JUMP * np.abs(values)
    if not noisy.any():
        return None
    last = s[np.argmax(noisy)] / 4
    return _fitted(s, values, (s <= last) & (s >= last / 1e3))


def _fitted(s: Rows, values: Rows, kept: Rows) -> Law | None:
    return fit_law(s[kept], values[kept]) if kept.sum() >= FEWEST else None
