"""The atlas's points, a ray and a plane of three classes with the label 0, made by NumPy alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RAY = np.linspace(0, 20, 801)
PLANE = np.linspace(-5, 5, 201)
BASE = 1.0
"""The logits that do not move."""
FEW = ("cross_entropy", "brier")
"""Losses of a quick run."""


def ray_points() -> NDArray[Any]:
    """`(1, 1 + s, 1)`, [801, 3]."""
    ones = np.full_like(RAY, BASE)
    points = np.stack([ones, BASE + RAY, ones], axis=-1)
    return points.astype(np.float32)


def plane_points() -> NDArray[Any]:
    """`(x, y, 1)`, [201 * 201, 3]."""
    x, y = np.meshgrid(PLANE, PLANE, indexing="ij")
    points = np.stack([x, y, np.full_like(x, BASE)], axis=-1)
    return points.reshape(-1, 3).astype(np.float32)
