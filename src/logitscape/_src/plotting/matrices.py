"""Matrices as they are: every number written into its cell."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from .style import ink_on, settled


def matrix(
    axes: Axes,
    values: Any,
    *,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    limit: float | None = None,
    number: str = "{:.2f}",
) -> AxesImage:
    """Draw a matrix, white at 0, blue below and red above; a cell that is not finite stays grey.

    Args:
        axes: where to draw.
        values: [m, n].
        rows: the names of the rows.
        columns: the names of the columns.
        limit: the magnitude of the strongest colour, common to matrices to compare; else the largest entry.
        number: the format of an entry.
    """
    values = settled(values)
    largest = np.max(np.abs(values), where=np.isfinite(values), initial=0)
    limit = limit or float(largest) or 1.0
    image = axes.imshow(
        np.ma.masked_invalid(values), cmap="RdBu_r", vmin=-limit, vmax=limit
    )
    for (i, j), value in np.ndenumerate(values):
        ink = ink_on(image.to_rgba(value)[:3]) if np.isfinite(value) else "black"
        text = number.format(value).replace("-", "−")
        axes.text(j, i, text, ha="center", va="center_baseline", color=ink, fontsize=8)
    axes.set_facecolor("0.85")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    return image
