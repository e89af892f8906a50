"""Files of a figure: the same figure gives the same bytes."""

from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, FigureBase
from matplotlib.transforms import Bbox

DOTS_PER_INCH = 200
DIGITS = 9


def save(figure: Figure, svg: Path, png: Path) -> None:
    """Write a figure in both formats, without dates, versions or random ids.

    By the canvases themselves: `savefig` draws everything twice, once for the layout, which is settled here.
    """
    settle(figure)
    FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
    with matplotlib.rc_context({"svg.hashsalt": "logitscape"}):
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})


def settle(figure: Figure) -> None:
    """Lay a figure out once and for all, at the resolution of its files.

    The solver of constrained layouts differs in the last bits from run to run, and so would the files.
    """
    figure.dpi = DOTS_PER_INCH
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(_rounded(axes.get_position()))
    _settle_parts(figure)


def _settle_parts(figure: FigureBase) -> None:
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((round(x, DIGITS), round(y, DIGITS)))
    for part in figure.subfigs:
        part.bbox_relative.set(_rounded(part.bbox_relative))
        _settle_parts(part)


def _rounded(box: Bbox) -> Bbox:
    return Bbox(box.get_points().round(DIGITS))
