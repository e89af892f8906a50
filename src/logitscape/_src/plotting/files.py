"""Files of a figure: the same figure gives the same bytes."""

from io import BytesIO
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, FigureBase
from matplotlib.transforms import Bbox

DOTS_PER_INCH = 200
DIGITS = 9


def save(figure: Figure, svg: Path, png: Path) -> None:
    """Write a figure in both formats."""
    settle(figure)
    write(figure, png, ".png")
    write(figure, svg, ".svg")


def write(figure: Figure, file: Path | BytesIO, suffix: str) -> None:
    """Write a settled figure, without dates, versions or random ids, as ".png", ".svg" or ".pdf".

    By the canvases themselves: `savefig` draws everything twice, once for the layout.
    """
    if suffix == ".png":
        FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})
    elif suffix == ".svg":
        with matplotlib.rc_context({"svg.hashsalt": "logitscape"}):
            FigureCanvasSVG(figure).print_svg(
                file, metadata={"Date": None, "Creator": None}
            )
    else:
        FigureCanvasPdf(figure).print_pdf(
            file, metadata={"Creator": None, "Producer": None, "CreationDate": None}
        )


def settle(figure: Figure) -> None:
    """Lay a figure out once and for all, at the resolution of its files.

    The solver of constrained layouts differs in the last bits from run to run, and so would the files.
    """
    figure.dpi = DOTS_PER_INCH
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    figure.set_layout_engine("none")
    renderer = FigureCanvasAgg(figure).get_renderer()
    for axes in figure.axes:
        _place(axes, renderer)
        axes.set_position(_rounded(axes.get_position()))
    _settle_parts(figure)


def _place(axes: Axes, renderer: RendererBase) -> None:
    """As drawing does: axes of a given aspect, and colour bars, fill no more than a part of their place."""
    locator = axes.get_axes_locator()
    axes.apply_aspect(None if locator is None else locator(axes, renderer))


def _settle_parts(figure: FigureBase) -> None:
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((round(x, DIGITS), round(y, DIGITS)))
    for part in figure.subfigs:
        part.bbox_relative.set(_rounded(part.bbox_relative))
        _settle_parts(part)


def _rounded(box: Bbox) -> Bbox:
    return Bbox(box.get_points().round(DIGITS))
