"""Matrices with every number written into its cell."""

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
    """Draw a matrix: white at 0, blue below and red above; a cell that is not finite stays grey.

    >>> from matplotlib.figure import Figure
    >>> from logitscape import plotting
    >>> axes = Figure().subplots()
    >>> image = plotting.matrix(axes, [[0.25, -0.25], [-0.25, 0.25]], limit=0.5)
    >>> [text.get_text() for text in axes.texts]
    ['0.25', '−0.25', '−0.25', '0.25']

    Args:
        axes: Axes to draw on.
        values: Entries, [m, n].
        rows: Names of the rows.
        columns: Names of the columns.
        limit: Magnitude of the strongest colour, the same for matrices to compare; by default the
            largest entry.
        number: Format of an entry.
    """
    values = settled(values)
    largest = np.max(np.abs(values), where=np.isfinite(values), initial=0)
    # A matrix of zeros has no largest entry, and a colour map needs an interval.
    limit = limit or float(largest) or 1.0
    shown = np.ma.masked_invalid(values)
    image = axes.imshow(shown, cmap="RdBu_r", vmin=-limit, vmax=limit)
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
