"""Pictures for papers: files with their fonts, and their numbers beside them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ..base.files import checked_path, replacing, write_text
from ..base.messages import quoted, quoted_path
from ..base.temporaries import name_beside
from .drawn import as_csv, drawn
from .files import DOTS_PER_INCH, settle, write
from .pgf import write_pgf
from .settings import settings_of

SUFFIXES = (".pdf", ".pgf", ".png", ".svg")
ARGUMENT = "`save(path=...)`"


def save(
    figure: Figure,
    path: str | os.PathLike[str],
    *,
    data: bool | str | os.PathLike[str] = False,
    dpi: float = DOTS_PER_INCH,
) -> Path:
    """Write a figure, whole or not at all, and on request the numbers that it shows beside it.

    PDF has its fonts embedded as TrueType, SVG has its texts as paths, and PGF leaves them to
    LaTeX, which sets them in the fonts of its document; no TeX is needed to write it. Figures
    that are drawn alike give the same bytes. A figure is written under the settings of matplotlib
    that it was drawn under.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from logitscape import plotting
    >>> labels = plotting.labelled_curves([0.0, 1.0], {"softmax": [2.0, 3.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = plotting.save(labels[0].figure, Path(folder) / "curve.pdf", data=True)
    ...     print(path.with_suffix(".csv").read_text())
    panel,series,x,y,value
    1,softmax,0.0,2.0,
    1,softmax,1.0,3.0,
    <BLANKLINE>

    Args:
        figure: Figure of matplotlib.
        path: File to write, in a folder that exists: ".pdf", ".pgf", ".png" or ".svg".
        data: Whether to write the rows of `drawn(figure)` as CSV, under the name of the picture;
            or another path for them.
        dpi: Dots per inch of a PNG, and of the images in other files.

    Returns:
        Path of the picture.

    Raises:
        TypeError: If it is no figure, or `path` no path.
        ValueError: For another suffix, or if `dpi` is no number above 0.
        FileNotFoundError: If the folder does not exist.
    """
    if not isinstance(figure, Figure):
        raise TypeError(
            f"`save(figure)` must be a Figure of matplotlib, got {type(figure).__name__}."
        )
    target = checked_path("save", path)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"`save(path)` must end in {', '.join(SUFFIXES)}, got {quoted_path(path)}."
        )
    if isinstance(dpi, bool) or not isinstance(dpi, int | float) or not 0 < dpi < 1e5:
        raise ValueError(
            f"`save(dpi=...)` must be a number above 0, got {quoted(dpi)}."
        )
    table = _path_of_data(target, data)
    with settings_of(figure), _settled(figure, dpi):
        if suffix == ".pgf":
            _replace_pgf(figure, target)
        else:
            content = BytesIO()
            write(figure, content, suffix)
            with replacing(target, argument=ARGUMENT) as temporary:
                temporary.write_bytes(content.getvalue())
    if table is not None:
        write_text(table, as_csv(drawn(figure)), argument="`save(data=...)`")
    return target


def _path_of_data(target: Path, data: bool | str | os.PathLike[str]) -> Path | None:
    if isinstance(data, bool | np.bool_):
        return target.with_suffix(".csv") if data else None
    if not isinstance(data, str | os.PathLike):
        raise TypeError(
            f"`save(data=...)` must be True, False or the path of a CSV file, got {quoted(data)}."
        )
    table = checked_path("save", data, "data")
    if table.suffix.lower() != ".csv":
        raise ValueError(f"`save(data=...)` must end in .csv, got {quoted_path(data)}.")
    return table


@contextmanager
def _settled(figure: Figure, dpi: float) -> Iterator[None]:
    """Fix the layout while a figure is written; afterwards it follows changes again."""
    layout, resolution, canvas = figure.get_layout_engine(), figure.dpi, figure.canvas
    places = [
        (axes, axes.get_position(original=True), axes.get_in_layout())
        for axes in figure.axes
    ]
    try:
        settle(figure, dpi=dpi)
        yield
    finally:
        # Every canvas that writes a figure becomes the figure's own.
        figure.set_canvas(canvas)
        figure.dpi = resolution
        figure.set_layout_engine(layout or "none")
        for axes, place, is_in_layout in places:
            # This also takes axes out of the layout.
            axes.set_position(place)
            axes.set_in_layout(is_in_layout)


def _replace_pgf(figure: Figure, target: Path) -> None:
    """Write the PGF and its images into a folder beside it, then move them to their places."""
    with (
        replacing(target, argument=ARGUMENT) as temporary,
        name_beside(target) as folder,
    ):
        folder.mkdir()
        file = folder / target.name
        with file.open("w", encoding="utf-8", newline="\n") as stream:
            write_pgf(figure, stream)
        # The images first: the picture that names them must never be without them.
        for image in sorted(folder.glob("*.png")):
            image.replace(target.with_name(image.name))
        file.replace(temporary)
