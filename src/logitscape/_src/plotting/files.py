"""Files of figures: the same figure gives the same bytes."""

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
    """Write a figure as SVG and as PNG."""
    settle(figure)
    write(figure, png, ".png")
    write(figure, svg, ".svg")


def write(figure: Figure, file: Path | BytesIO, suffix: str) -> None:
    """Write a settled figure as ".png", ".svg" or ".pdf", without dates, versions or random ids."""
    # The canvases write themselves: `savefig` draws everything twice, once for the layout.
    if suffix == ".png":
        canvas = FigureCanvasAgg(figure)
        canvas.print_png(file, metadata={"Software": None})
    elif suffix == ".svg":
        metadata = {"Date": None, "Creator": None}
        # Without a salt matplotlib draws the ids at random.
        with matplotlib.rc_context({"svg.hashsalt": "logitscape"}):
            FigureCanvasSVG(figure).print_svg(file, metadata=metadata)
    else:
        metadata = {"Creator": None, "Producer": None, "CreationDate": None}
        FigureCanvasPdf(figure).print_pdf(file, metadata=metadata)


def settle(figure: Figure, *, dpi: float = DOTS_PER_INCH) -> None:
    """Lay a figure out once and for all, at the resolution of its files.

    The solver of constrained layouts differs in the last bits from run to run, and so would the
    files: its results are rounded, and the layout is then switched off.
    """
    figure.dpi = dpi
    engine = figure.get_layout_engine()
    if engine:
        engine.execute(figure)
    figure.set_layout_engine("none")
    renderer = FigureCanvasAgg(figure).get_renderer()
    for axes in figure.axes:
        _apply_aspect(axes, renderer)
        axes.set_position(_rounded(axes.get_position()))
    _settle_parts(figure)


def _apply_aspect(axes: Axes, renderer: RendererBase) -> None:
    """Shrink axes with a fixed aspect, and colour bars, to the part of their place that they fill.

    Drawing does the same; here it comes first, so that the result can be rounded.
    """
    locator = axes.get_axes_locator()
    place = None if locator is None else locator(axes, renderer)
    axes.apply_aspect(place)


def _settle_parts(figure: FigureBase) -> None:
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((round(x, DIGITS), round(y, DIGITS)))
    for part in figure.subfigs:
        part.bbox_relative.set(_rounded(part.bbox_relative))
        _settle_parts(part)


def _rounded(box: Bbox) -> Bbox:
    return Bbox(box.get_points().round(DIGITS))
