"""Matrices with every number written into its cell."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from ..base.messages import quoted
from .arguments import numbers, texts
from .arguments import text as text_of
from .panels import panel
from .settings import Style, points
from .style import ink_on, settled
from .texts import Labels, translation

NUMBER_SIZE = 8.0


def matrix(
    values: Any,
    *,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    limit: float | None = None,
    number: str = "{:.2f}",
    ax: Axes | None = None,
    labels: Labels = None,
    style: Style = None,
    size: tuple[float, float] | None = None,
) -> AxesImage:
    """Draw a matrix: white at 0, blue below and red above; a cell that is not finite stays grey.

    >>> from logitscape import plotting
    >>> image = plotting.matrix([[0.25, -0.25], [-0.25, 0.25]], limit=0.5)
    >>> [text.get_text() for text in image.axes.texts]
    ['0.25', '−0.25', '−0.25', '0.25']

    Args:
        values: Entries, [m, n].
        rows: Names of the rows.
        columns: Names of the columns.
        limit: Magnitude of the strongest colour, the same for matrices to compare; by default the
            largest entry.
        number: Format of an entry.
        ax: Axes to draw on; by default those of a new figure.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
        size: Width and height of a new figure, in inches.
    """
    values = settled(numbers("matrix", "values", values, None, None))
    rows, columns = texts("matrix", "rows", rows), texts("matrix", "columns", columns)
    for name, given, count in zip(
        ("rows", "columns"), (rows, columns), values.shape, strict=True
    ):
        if given and len(given) != count:
            raise ValueError(
                f"`matrix({name}=...)` must be one text for each of the {count}, got "
                f"{len(given)}."
            )
    if limit is not None:
        limit = float(numbers("matrix", "limit=...", limit))
        if not 0 < limit < np.inf:
            raise ValueError(
                f"`matrix(limit=...)` must be a finite number above 0, got {limit!r}."
            )
    _check_format(number)
    text = translation("matrix", labels)
    with panel("matrix", ax, style, size) as axes:
        image = _draw(axes, values, limit, number)
        axes.set_yticks(range(len(rows)), [text(row) for row in rows])
        axes.set_xticks(range(len(columns)), [text(column) for column in columns])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.grid(visible=False)
    return image


def _check_format(number: Any) -> None:
    """Raise an error unless this is the format of a number."""
    text_of("matrix", "number", number)
    try:
        number.format(0.5)
    except (ValueError, LookupError, AttributeError):
        raise ValueError(
            f"`matrix(number=...)` must be the format of a number, such as '{{:.2f}}', got "
            f"{quoted(number)}."
        ) from None


def _draw(
    axes: Axes, values: NDArray[Any], limit: float | None, number: str
) -> AxesImage:
    largest = np.max(np.abs(values), where=np.isfinite(values), initial=0)
    # A matrix of zeros has no largest entry, and a colour map needs an interval.
    limit = limit or float(largest) or 1.0
    shown = np.ma.masked_invalid(values)
    image = axes.imshow(shown, cmap="RdBu_r", vmin=-limit, vmax=limit)
    for (i, j), value in np.ndenumerate(values):
        ink = ink_on(image.to_rgba(value)[:3]) if np.isfinite(value) else "black"
        text = number.format(value).replace("-", "−")
        axes.text(
            j,
            i,
            text,
            ha="center",
            va="center_baseline",
            color=ink,
            fontsize=points(NUMBER_SIZE),
        )
    axes.set_facecolor("0.85")
    return image
