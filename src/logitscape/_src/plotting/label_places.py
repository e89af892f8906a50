"""Places of the names beside curves: where their curves end, but never one over another.

Every place is a function of the renderer that returns a transform, as matplotlib's annotations
take it: it is computed again at every drawing, so that it follows changed limits and layouts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

Renderer: TypeAlias = Any  # matplotlib's renderer for SVG is no RendererBase
Place: TypeAlias = Callable[[Renderer], Affine2D]

LABEL_SIZE = 8.5
ROW = 1.4
"""Height of a label's row, in multiples of the font size: exponents need some room."""
GAP = 8
"""Points between the axes and the labels, and between the labels and the notes."""
MIDDLE = LABEL_SIZE / 3
"""Points from the baseline to the middle of small letters."""


@dataclass(frozen=True, eq=False)
class LabelPlaces:
    """Places for the labels of curves that share their axes.

    Attributes:
        axes: Axes of the curves.
        s: Common coordinate, [m], increasing.
        curves: Values of every curve, [m] each; NaN or infinite where it is not drawn.
        size: Font size of the labels in points.
    """

    axes: Axes
    s: NDArray[Any]
    curves: Sequence[NDArray[Any]]
    size: float = LABEL_SIZE

    def at_end(self, index: int) -> Place:
        """Return the place where a curve ends."""
        return partial(self._at_end, index)

    def beside_end(self, index: int) -> Place:
        """Return the place, right of the axes, where the baseline of a label begins."""
        return partial(self._beside_end, index)

    def _at_end(self, index: int, renderer: Renderer) -> Affine2D:
        x, y = self._ends()[index]
        return Affine2D().translate(x, y)

    def _beside_end(self, index: int, renderer: Renderer) -> Affine2D:
        point = renderer.points_to_pixels(1)
        box = self.axes.bbox
        row = ROW * self.size * point
        heights = spread(self._ends()[:, 1], row, box.y0, box.y1)
        return Affine2D().translate(
            box.x1 + GAP * point, heights[index] - self.size / 3 * point
        )

    def _ends(self) -> NDArray[Any]:
        """Return the pixels where the curves end or leave the axes, [k, 2]."""
        points, borders = self._defined_points
        # All curves at once: matplotlib's transforms take longer to call than to compute.
        pixels = self.axes.transData.transform(points)
        return np.array([self._end(part) for part in np.split(pixels, borders)])

    @cached_property
    def _defined_points(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The points of all curves where they are drawn, [m, 2], and where the next one begins."""
        parts = [
            np.column_stack([self.s, curve])[np.isfinite(curve)]
            for curve in self.curves
        ]
        return np.concatenate(parts), np.cumsum([len(part) for part in parts])[:-1]

    def _end(self, pixels: NDArray[Any]) -> tuple[float, float]:
        box = self.axes.bbox
        if not len(pixels):
            return box.x1, box.y0
        x_pixels, y_pixels = pixels.T
        leaves = _end_of_shown((y_pixels >= box.y0) & (y_pixels <= box.y1))
        x = min(max(x_pixels[leaves], box.x0), box.x1)
        # The sooner a curve leaves, the further out is its end, by less than a pixel: names are
        # then stacked in an order in which no leader crosses another.
        beyond = 1e-3 * (box.x1 - x)
        y = min(max(y_pixels[-1], box.y0 - beyond), box.y1 + beyond)
        return x, y


def _end_of_shown(shown: NDArray[Any]) -> int:
    """Return the index of the point after the last that is shown; 0 if none is."""
    indices = np.flatnonzero(shown)
    if not indices.size:
        return 0
    return min(int(indices[-1]) + 1, len(shown) - 1)


def moved(place: Place, *, right: float = 0.0, up: float = 0.0) -> Place:
    """Return the place that lies some points to the right of another and above it."""
    return partial(_moved, place, right, up)


def _moved(place: Place, right: float, up: float, renderer: Renderer) -> Affine2D:
    point = renderer.points_to_pixels(1)
    start = Affine2D(place(renderer).get_matrix())
    return start.translate(right * point, up * point)


def spread(targets: Any, row: float, low: float, high: float) -> NDArray[Any]:
    """Return heights at least `row` apart that are nearest to their targets (least squares).

    They lie within [low, high] if they fit. Equal targets are stacked from the top down, in the
    order given.
    """
    targets = np.asarray(targets, float)
    # The last key sorts first: from the bottom up, and among equal targets
    # the last name is the lowest.
    order = np.lexsort((-np.arange(targets.size), targets))
    # Without the steps between rows, heights that are a row apart are just non-decreasing.
    steps = row * np.arange(targets.size)
    bottom = low + row / 2
    top = high - row / 2 - steps[-1]
    if top < bottom:
        bottom = top = (bottom + top) / 2
    lowest = np.clip(_nearest_increasing(targets[order] - steps), bottom, top)
    heights: NDArray[Any] = np.empty_like(targets)
    heights[order] = lowest + steps
    return heights


def _nearest_increasing(values: NDArray[Any]) -> NDArray[Any]:
    """Return the nearest non-decreasing sequence in least squares.

    Element i is the largest, over j <= i, of the least mean of the values j to k over k >= i
    (Barlow and Brunk).
    """
    # scipy.optimize has this too, but takes a second to import.
    sums = np.cumsum([0.0, *values])
    first = np.arange(len(values))[:, None]
    end = np.arange(1, len(sums))
    counts = end - first
    is_range = counts > 0
    means = (sums[1:] - sums[:-1, None]) / np.maximum(counts, 1)
    means = np.where(is_range, means, np.inf)
    # The least over k >= i is accumulated from the right.
    from_right = np.minimum.accumulate(means[:, ::-1], axis=1)
    least = from_right[:, ::-1]
    result: NDArray[Any] = np.max(np.where(is_range, least, -np.inf), axis=0)
    return result
