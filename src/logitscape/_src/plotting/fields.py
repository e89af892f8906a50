"""Gradient fields of three classes: how long the gradient is as colour, where it points as arrows.

Grey is a gradient that is exactly zero; hatched is where there is none.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colorbar import Colorbar
from matplotlib.figure import FigureBase
from matplotlib.image import AxesImage
from matplotlib.patches import Polygon
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from .style import settled, settled_log10

LIMITS = (1e-4, 1e1)
ARROWS = 13  # along a side
ZERO = "0.8"
SHAPE = {
    "width": 0.009,
    "headwidth": 4.2,
    "headlength": 4.4,
    "headaxislength": 3.8,
    "minlength": 0,
}
HATCHED: dict[str, Any] = {"colors": ["0.97"], "hatches": ["//////"]}
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])


def plane_field(
    axes: Axes,
    x: Any,
    y: Any,
    norm: Any,
    arrows: Any,
    *,
    limits: tuple[float, float] = LIMITS,
) -> AxesImage:
    """Draw a field over a rectangle.

    Args:
        axes: where to draw.
        x: the horizontal coordinate, [m], evenly spaced.
        y: the vertical coordinate, [n], evenly spaced.
        norm: the gradient's length, [n, m]; NaN or inf where it is undefined.
        arrows: what the arrows show, [n, m, 2]; only the direction is used.
        limits: the lengths where the colours begin and end.
    """
    x, y, norm, arrows = (
        settled(x),
        settled(y),
        np.asarray(norm, float),
        np.asarray(arrows, float),
    )
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    extent = (x[0] - half_x, x[-1] + half_x, y[0] - half_y, y[-1] + half_y)
    image = axes.imshow(
        settled_log10(norm),
        extent=extent,
        origin="lower",
        aspect="equal",
        **_colors(limits),
    )
    if not np.isfinite(norm).all():
        axes.contourf(x, y, ~np.isfinite(norm), [0.5, 1.5], **HATCHED)
    at = np.ix_(_inner(len(y)), _inner(len(x)))
    shown = np.isfinite(norm[at]) & (norm[at] > 0)
    places = np.stack(np.meshgrid(x, y), axis=-1)[at][shown]
    _arrows(axes, places, arrows[at][shown], (extent[1] - extent[0]) / ARROWS)
    axes.set(xlim=extent[:2], ylim=extent[2:], facecolor=ZERO)
    axes.grid(visible=False)
    return image


def simplex_field(
    axes: Axes,
    p: Any,
    norm: Any,
    arrows: Any,
    *,
    corners: Sequence[str] = ("class 0", "class 1", "class 2"),
    limits: tuple[float, float] = LIMITS,
) -> PolyCollection:
    """Draw a field over the probabilities of three classes, as a triangle.

    Args:
        axes: where to draw.
        p: the points, [m, 3], each summing to 1.
        norm: the gradient's length, [m]; NaN or inf where it is undefined.
        arrows: what the arrows show, [m, 3], each summing to 0; only the direction is used.
        corners: what stands at p = (1, 0, 0), (0, 1, 0) and (0, 0, 1).
        limits: the lengths where the colours begin and end.
    """
    p, norm, arrows = (
        np.asarray(p, float),
        np.asarray(norm, float),
        np.asarray(arrows, float),
    )
    mesh = Triangulation(*settled(ternary(p)).T)
    axes.add_patch(Polygon(CORNERS, facecolor=ZERO, edgecolor="none"))
    colors: PolyCollection = axes.tripcolor(
        mesh, settled_log10(norm), rasterized=True, **_colors(limits)
    )
    if not np.isfinite(norm).all():
        axes.tricontourf(
            mesh, (~np.isfinite(norm)).astype(float), [0.5, 1.5], **HATCHED
        )
    near = _nearest(p, _centres(ARROWS))
    shown = near[np.isfinite(norm[near]) & (norm[near] > 0)]
    _arrows(axes, ternary(p[shown]), ternary(arrows[shown]), 1 / ARROWS)
    axes.add_patch(Polygon(CORNERS, facecolor="none", edgecolor="0.35", linewidth=0.8))
    for text, place, offset in zip(
        corners, CORNERS, [(0, -4), (0, -4), (0, 3)], strict=True
    ):
        vertical = "bottom" if offset[1] > 0 else "top"
        axes.annotate(
            text, place, offset, textcoords="offset points", ha="center", va=vertical
        )
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, CORNERS[2, 1] + 0.02), aspect="equal")
    axes.set_axis_off()
    return colors


def norm_bar(
    figure: FigureBase,
    colors: ScalarMappable,
    axes: Sequence[Axes],
    *,
    label: str = "gradient norm",
) -> Colorbar:
    """Draw the colour bar that the fields on `axes` share."""
    bar = figure.colorbar(
        colors,
        ax=list(axes),
        extend="both",
        extendfrac=0.025,
        label=label,
        aspect=35,
        pad=0.02,
    )
    bar.locator = MaxNLocator(integer=True)
    bar.formatter = FuncFormatter(lambda power, _: f"$10^{{{power:.0f}}}$")
    bar.outline.set_visible(False)
    bar.update_ticks()
    return bar


def ternary(p: Any) -> NDArray[Any]:
    """Places in the triangle: [..., 3] -> [..., 2]."""
    places: NDArray[Any] = np.asarray(p, float) @ CORNERS
    return places


def _colors(limits: tuple[float, float]) -> dict[str, Any]:
    low, high = settled_log10(limits)
    return {"cmap": "viridis", "vmin": low, "vmax": high}


def _inner(size: int) -> NDArray[Any]:
    """The middles of ARROWS equal parts of an axis with `size` samples."""
    return np.rint(np.linspace(0, size - 1, 2 * ARROWS + 1)[1::2]).astype(int)


def _centres(m: int) -> NDArray[Any]:
    """Centres of the upright triangles when the simplex is cut into m^2 equal ones, [m (m + 1) / 2, 3]."""
    whole = np.array([(i, j, m - 1 - i - j) for i in range(m) for j in range(m - i)])
    return (whole + 1 / 3) / m


def _nearest(p: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    """Indices of the points nearest to places, each once."""
    apart = np.sum((places[:, None] - p) ** 2, axis=-1)
    return np.unique(np.argmin(settled(apart), axis=1))


def _arrows(
    axes: Axes, places: NDArray[Any], vectors: NDArray[Any], spacing: float
) -> None:
    """Arrows of one length, in the middle of their places; none where the vector is zero or not finite."""
    places, vectors = places.reshape(-1, 2), vectors.reshape(-1, 2)
    largest = np.max(np.abs(vectors), axis=1, initial=0)
    shown = np.isfinite(largest) & (largest > 0)
    vectors = vectors[shown] / largest[shown, None]
    vectors = settled(
        0.8 * spacing * vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    )
    look: dict[str, Any] = {
        "color": "white",
        "edgecolor": "black",
        "linewidth": 0.35,
        **SHAPE,
    }
    axes.quiver(
        *places[shown].T,
        *vectors.T,
        pivot="middle",
        angles="xy",
        scale_units="xy",
        scale=1,
        **look,
    )
