"""Arrows of a gradient field, and the points at which they stand."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from .style import settled

ARROWS = 13
"""Number of arrows along a side."""
SHARE = 0.8
"""Length of an arrow, as a share of the distance between arrows."""
LOOK: dict[str, Any] = {
    "color": "white",
    "edgecolor": "black",
    "linewidth": 0.35,
    "width": 0.009,
    "headwidth": 4.2,
    "headlength": 4.4,
    "headaxislength": 3.8,
    "minlength": 0,
}


def draw_arrows(
    axes: Axes, places: NDArray[Any], vectors: NDArray[Any], spacing: float
) -> None:
    """Draw arrows of one length; none where the vector is zero or not finite.

    Args:
        axes: Axes to draw on.
        places: Middles of the arrows, [m, 2].
        vectors: Vectors of which the directions are drawn, [m, 2].
        spacing: Distance between neighbouring arrows.
    """
    places = places.reshape(-1, 2)
    vectors = vectors.reshape(-1, 2)
    largest = np.max(np.abs(vectors), axis=1, initial=0)
    shown = np.isfinite(largest) & (largest > 0)
    # Scaled by their largest component first, so that no square overflows or underflows.
    vectors = vectors[shown] / largest[shown, None]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = settled(SHARE * spacing * vectors / lengths)
    axes.quiver(
        *places[shown].T,
        *vectors.T,
        pivot="middle",
        angles="xy",
        scale_units="xy",
        scale=1,
        **LOOK,
    )


def inner_samples(size: int) -> NDArray[Any]:
    """Return indices of the middles of `ARROWS` equal parts of an axis with `size` samples."""
    borders_and_middles = np.linspace(0, size - 1, 2 * ARROWS + 1)
    return np.rint(borders_and_middles[1::2]).astype(int)


def inner_points(p: NDArray[Any]) -> NDArray[Any]:
    """Return indices of the points [m, 3] nearest to evenly spread points of the simplex."""
    return _nearest(p, _triangle_centres(ARROWS))


def _triangle_centres(m: int) -> NDArray[Any]:
    """Cut the simplex into m^2 equal triangles, and return the centres of the upright ones.

    Returns:
        Centres, [m (m + 1) / 2, 3].
    """
    corners = [(i, j, m - 1 - i - j) for i in range(m) for j in range(m - i)]
    return (np.array(corners) + 1 / 3) / m


def _nearest(p: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    """Return the indices of the points nearest to the places, in order, none of them twice."""
    squared_distances = np.sum((places[:, None] - p) ** 2, axis=-1)
    # Settled, so that among points that are equally near the same is chosen on every machine.
    return np.unique(np.argmin(settled(squared_distances), axis=1))
