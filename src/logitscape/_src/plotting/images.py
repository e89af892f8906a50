"""Images of objectives over a plane: a row for each quantity, a column for each objective."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from numpy.typing import NDArray

from .drawn import Source, note
from .fields import HATCHED, ZERO
from .panels import figure_of
from .style import settled, settled_log10

DECADES = 8
"""Maximum number of decades of the gradient norm that are shown."""
LOSS, NORM = "loss", "gradient norm"
LOG_NORM = r"$\log_{10}$ gradient norm"


def draw_images(
    grid: NDArray[Any],
    x: NDArray[Any],
    y: NDArray[Any],
    values: Mapping[str, NDArray[Any]],
    names: Sequence[str],
    word: Callable[[str], str],
) -> None:
    """Draw images that share their colours row by row.

    Args:
        grid: Axes, [quantity, objective].
        x: Horizontal coordinates, [m].
        y: Vertical coordinates, [n].
        values: Values by quantity, [objective, n, m]; NaN where they are undefined.
        names: Names of the objectives, as they are drawn.
        word: Function from a text to the one that is drawn.
    """
    across, up = np.meshgrid(x, y)
    for row, (quantity, given) in zip(grid, values.items(), strict=True):
        shown, text = settled(given), word(LOSS)
        if quantity == NORM:
            shown, text = _without_lowest(settled_log10(given)), _log_norm(word)
        meshes = _draw_row(row, x, y, shown, np.isnan(given))
        figure_of(list(row)).colorbar(meshes[-1], ax=list(row), label=text)
        for mesh, name, image in zip(meshes, names, shown, strict=True):
            note(mesh, Source(name, across, up, image, panel=text))
    for axes, name in zip(grid[0], names, strict=True):
        axes.set_title(name.replace(" + ", " +\n"))


def _log_norm(word: Callable[[str], str]) -> str:
    """Text at the colours of the norm, of which one part or the whole may be translated."""
    whole = word(LOG_NORM)
    return whole if whole != LOG_NORM else LOG_NORM.replace(NORM, word(NORM))


def _without_lowest(log_norm: NDArray[Any]) -> NDArray[Any]:
    """Raise what is more than `DECADES` below the largest, so that it uses up no colours."""
    top: float = np.max(log_norm, where=np.isfinite(log_norm), initial=-np.inf)
    raised: NDArray[Any] = np.maximum(log_norm, top - DECADES)
    return raised


def _draw_row(
    panels: NDArray[Any],
    x: NDArray[Any],
    y: NDArray[Any],
    values: NDArray[Any],
    undefined: NDArray[Any],
) -> list[QuadMesh]:
    """Draw an image for every objective, all with the same colours."""
    finite = values[np.isfinite(values)]
    limits = (0.0, 1.0)
    if finite.size:
        limits = (float(finite.min()), float(finite.max()))
    return [
        _draw_image(axes, x, y, image, mask, limits)
        for axes, image, mask in zip(panels, values, undefined, strict=True)
    ]


def _draw_image(
    axes: Axes,
    x: NDArray[Any],
    y: NDArray[Any],
    values: NDArray[Any],
    undefined: NDArray[Any],
    limits: tuple[float, float],
) -> QuadMesh:
    low, high = limits
    mesh = axes.pcolormesh(x, y, values, vmin=low, vmax=high, rasterized=True)
    if undefined.any():
        axes.contourf(x, y, undefined, [0.5, 1.5], **HATCHED)
    axes.set_facecolor(ZERO)
    axes.grid(visible=False)
    return mesh
