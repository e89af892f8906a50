"""The numbers behind a figure: what its curves, images and tables show, row by row."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

COLOR_BAR = "<colorbar>"
"""Label that matplotlib gives the axes of a colour bar."""


class Row(NamedTuple):
    """One number of a figure.

    Attributes:
        panel: Title of the panel, or its number if it has none.
        series: Name of the curve or image, as in the legend.
        x: Horizontal coordinate; in a table, the name of the column.
        y: Height of a curve, or vertical coordinate; in a table, the name of the row.
        value: What a colour or a cell shows; None for a curve.
    """

    panel: str
    series: str
    x: Any
    y: Any
    value: Any


class Source(NamedTuple):
    """What an artist was drawn from: arrays of one size, or texts."""

    series: str
    x: Any
    y: Any
    value: Any = None
    panel: str = ""


_SOURCES: "WeakKeyDictionary[Artist, Source]" = WeakKeyDictionary()


def note(artist: Artist, source: Source) -> None:
    """Note what an artist was drawn from, where the artist itself does not say it."""
    _SOURCES[artist] = source


def drawn(figure: Figure) -> list[Row]:
    """Return the numbers that a figure shows, those of a user's own curves and images too.

    `pandas.DataFrame(plotting.drawn(figure))` makes a table of them.

    >>> from logitscape import plotting
    >>> labels = plotting.labelled_curves([0.0, 1.0], {"softmax": [2.0, 3.0]})
    >>> for row in plotting.drawn(labels[0].figure):
    ...     print(row)
    Row(panel='1', series='softmax', x=0.0, y=2.0, value=None)
    Row(panel='1', series='softmax', x=1.0, y=3.0, value=None)

    Args:
        figure: Figure of matplotlib.

    Returns:
        Rows, panel by panel and curve by curve; NaN where a curve is not drawn.

    Raises:
        TypeError: If it is no figure.
    """
    if not isinstance(figure, Figure):
        raise TypeError(
            f"`drawn(figure)` must be a Figure of matplotlib, got {type(figure).__name__}."
        )
    panels = [axes for axes in figure.axes if axes.get_label() != COLOR_BAR]
    return [
        row
        for number, axes in enumerate(panels, 1)
        for artist in axes.get_children()
        for row in _rows(artist, _title(axes) or str(number), axes)
    ]


def as_csv(rows: list[Row]) -> str:
    """Return rows as CSV; numbers have all their digits."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows(rows)
    return file.getvalue()


def _title(axes: Axes) -> str:
    titles = [axes.get_title(loc=loc) for loc in ("left", "center", "right")]
    return " ".join(" ".join(filter(None, titles)).split())


def _rows(artist: Artist, panel: str, axes: Axes) -> Iterator[Row]:
    source = _SOURCES.get(artist) or _source(artist, axes)
    if source is None:
        return
    name = source.panel or panel
    x, y = np.asarray(source.x), np.asarray(source.y)
    values = [None] * x.size
    if source.value is not None:
        values = np.asarray(source.value).ravel().tolist()
    columns = (x.ravel().tolist(), y.ravel().tolist(), values)
    for numbers in zip(*columns, strict=True):
        yield Row(name, source.series, *numbers)


def _source(artist: Artist, axes: Axes) -> Source | None:
    """What an artist that nobody noted says of itself."""
    name = str(artist.get_label())
    # matplotlib numbers what has no name: "_child0".
    name = "" if name.startswith("_") else name
    if isinstance(artist, Line2D):
        # Lines such as those of `axhline` are no data.
        if artist.get_transform() != axes.transData:
            return None
        return Source(name, artist.get_xdata(), artist.get_ydata())
    if isinstance(artist, QuadMesh):
        corners = artist.get_coordinates()
        x, y = np.moveaxis(_middles(corners), -1, 0)
        return Source(name, x, y, _filled(artist.get_array()))
    if isinstance(artist, AxesImage) and np.ndim(_filled(artist.get_array())) == 2:
        return _source_of_image(name, artist)
    return None


def _middles(corners: Any) -> Any:
    return (
        corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]
    ) / 4


def _source_of_image(name: str, image: AxesImage) -> Source:
    values = _filled(image.get_array())
    left, right, bottom, top = image.get_extent()
    rows, columns = values.shape
    x = left + (right - left) * (np.arange(columns) + 0.5) / columns
    y = bottom + (top - bottom) * (np.arange(rows) + 0.5) / rows
    if image.origin == "upper":
        y = y[::-1]
    across, up = np.meshgrid(x, y)
    return Source(name, across, up, values)


def _filled(array: Any) -> Any:
    return np.ma.filled(np.ma.asarray(array).astype(float), np.nan)
