"""The figure of a diagnosis: loss, gradient, curvature and precision beside the reference.

Every panel has two halves of the same heights: on the left the label is right by s, on the right it
is wrong by s.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ..diagnosis.findings import Findings
from ..plotting.lines import hatch_spans
from ..plotting.style import DASHED, DOTTED, SOLID, UNDEFINED, settled, settled_digits
from . import halves
from .curves import FAR, INTERVALS, NEAR, Curves, Errors, ReportData, report_data
from .halves import Half
from .heights import finite, limit, limit_decades, positive
from .names import first_line, text_of, verbatim
from .save import STYLE

Get: TypeAlias = Callable[[Curves], NDArray[Any]]
Key: TypeAlias = dict[str, Artist]

DTYPES: Mapping[str, Any] = {"float32": SOLID, "bfloat16": DASHED, "float16": DOTTED}
SLOPES = 1e-10, 1e6
ERRORS = 1e-9, 1e2
VISIBLE_RATIO = 1.05
"""Least ratio of the ends of a range that is wide enough to be seen."""


def draw(findings: Findings) -> Figure:
    """Draw all panels on one page, under the headline."""
    data = report_data(findings)
    with style.context(STYLE, after_reset=True):
        figure = Figure(figsize=(10.5, 8.2), layout="constrained")
        verbatim(figure.suptitle(text_of(data.headline, 96), x=0.01, ha="left"))
        head, body = _parts(figure, 2, 1, height_ratios=(0.05, 1))
        _draw_key(head, data)
        canvases = _parts(body, 2, 2)
        for canvas, panel in zip(canvases, PANELS.values(), strict=True):
            panel(canvas, data)
    return figure


def panels(findings: Findings) -> dict[str, Figure]:
    """Draw every panel as a figure of its own, for a page that flows."""
    data = report_data(findings)
    figures = dict[str, Figure]()
    with style.context(STYLE, after_reset=True):
        for name, panel in PANELS.items():
            figures[name] = Figure(figsize=(5.2, 3.7), layout="constrained")
            panel(figures[name], data)
    return figures


def _draw_key(canvas: FigureBase, data: ReportData) -> None:
    legend = canvas.legend(
        [Line2D([], [], **halves.SUBJECT), Line2D([], [], **halves.REFERENCE)],
        [first_line(data.name, 70), first_line(data.reference, 70)],
        loc="center left",
        ncols=2,
    )
    for text in legend.get_texts():
        verbatim(text)


def _draw_loss(canvas: FigureBase, data: ReportData) -> None:
    for half in _halves(canvas, "Loss", data):
        pair = data.sides[half.side]
        _hatch_undefined(half.axes, pair.subject.loss)
        for who, loss in halves.both(pair, lambda curves: curves.loss):
            halves.line(half, NEAR, finite(loss), who, "loss")
    _limit(half.axes, data, lambda curves: curves.loss, share=0.25, most=2.0)


def _draw_gradient(canvas: FigureBase, data: ReportData) -> None:
    title = "Gradient: its norm when right, dL/ds when wrong"
    for half in _halves(canvas, title, data, far=True):
        pair = data.sides[half.side]
        _mark_spans(half.axes, np.isnan(pair.subject.slope), UNDEFINED)
        if half.side == "wrong":
            _mark_working_and_dead(half.axes, pair.subject)
        for who, slope in halves.both(pair, lambda curves: curves.slope):
            _draw_slope(half, slope, who)
    slopes = _values_of_all(data, lambda curves: curves.slope)
    limit_decades(half.axes, np.abs(slopes), *SLOPES)
    key = _gradient_key(data)
    halves.marks(canvas, list(key.values()), list(key))


def _draw_slope(half: Half, slope: NDArray[Any], who: str) -> None:
    """Draw the magnitude of the slope; dotted where the loss falls as the label gets more wrong."""
    halves.line(half, FAR, positive(slope), who, "gradient")
    if np.any(slope < 0):
        falling = positive(np.where(slope < 0, -slope, np.nan))
        halves.line(half, FAR, falling, who, "falling", linestyle=DOTTED)


def _gradient_key(data: ReportData) -> Key:
    """Return a key of the marks that occur."""
    wrong = data.sides["wrong"].subject
    slopes = [pair.subject.slope for pair in data.sides.values()]
    first, last = wrong.working
    key: Key = {}
    if last > VISIBLE_RATIO * first:
        key["at least a tenth of its largest"] = Patch(**halves.WORKING)
    if wrong.dead.any():
        key[f"exactly 0 in {data.dtype}"] = Patch(**halves.DEAD)
    if any(np.isnan(slope).any() for slope in slopes):
        key["infinite or undefined"] = Patch(**UNDEFINED)
    if any(np.any(slope < 0) for slope in slopes):
        key["negative"] = Line2D([], [], color="0.2", linestyle=":")
    return key


def _draw_curvature(canvas: FigureBase, data: ReportData) -> None:
    title = "Curvature: least and largest eigenvalue of the Hessian"
    for half in _halves(canvas, title, data):
        pair = data.sides[half.side]
        # The sum of both eigenvalues is finite only if each of them is.
        _hatch_undefined(half.axes, pair.subject.curvature.sum(axis=0))
        half.axes.axhline(0, color="0.3", linewidth=0.8, zorder=1)
        for who, curvature in halves.both(pair, lambda curves: curves.curvature):
            _draw_eigenvalues(half, finite(curvature), who)
    _limit(half.axes, data, lambda curves: curves.curvature, share=1.0, most=8.0)


def _draw_eigenvalues(half: Half, curvature: NDArray[Any], who: str) -> None:
    least, largest = curvature
    color = halves.LINES[who]["color"]
    half.axes.fill_between(NEAR, least, largest, color=color, alpha=0.13, linewidth=0)
    halves.line(half, NEAR, least, who, "least")
    halves.line(half, NEAR, largest, who, "largest")


def _draw_precision(canvas: FigureBase, data: ReportData) -> None:
    title = "Precision: error of the gradient relative to float64"
    first, last = FAR[0], FAR[-1]
    for half in _halves(canvas, title, data, far=True):
        pair = data.sides[half.side]
        for who, errors in halves.both(pair, lambda curves: curves.errors):
            for dtype, errors_in_dtype in errors.items():
                _draw_errors(half, errors_in_dtype, who, dtype)
        # Limits in increasing order would turn the inverted axis
        # of the left half round again.
        limits = (last, first) if half.side == "right" else (first, last)
        half.axes.set_xlim(*limits)
    half.axes.set(yscale="log", ylim=ERRORS)
    key = _precision_key()
    halves.marks(canvas, list(key.values()), list(key))


def _draw_errors(half: Half, errors: Errors, who: str, dtype: str) -> None:
    # An error of 0 is drawn just above the lower end, where it can be seen.
    worst = settled_digits(np.maximum(errors.worst, ERRORS[0] * 2))
    halves.line(
        half, INTERVALS, worst, who, dtype, linestyle=DTYPES[dtype], linewidth=1.3
    )
    halves.first_place(half, errors.nan_from, who, "x")
    halves.first_place(half, errors.zero_from, who, "$0$")


def _precision_key() -> Key:
    key: Key = {
        dtype: Line2D([], [], color="0.2", linewidth=1.3, linestyle=dashes)
        for dtype, dashes in DTYPES.items()
    }
    key["NaN or inf from here"] = _sign("x")
    key["0 from here"] = _sign("$0$")
    return key


def _sign(marker: str) -> Line2D:
    return Line2D(
        [], [], color="0.2", marker=marker, linestyle="none", markersize=halves.SIGN
    )


PANELS: Mapping[str, Callable[[FigureBase, ReportData], None]] = {
    "loss": _draw_loss,
    "gradient": _draw_gradient,
    "curvature": _draw_curvature,
    "precision": _draw_precision,
}


def _parts(
    canvas: FigureBase, rows: int, columns: int, **options: Any
) -> list[SubFigure]:
    """Divide a figure, and return its parts row by row."""
    parts: Any = canvas.subfigures(rows, columns, **options)
    return list(parts.flat)


def _halves(
    canvas: FigureBase, title: str, data: ReportData, *, far: bool = False
) -> list[Half]:
    rays = {side: pair.subject.ray for side, pair in data.sides.items()}
    return halves.halves(canvas, title, rays, far=far)


def _mark_working_and_dead(axes: Axes, curves: Curves) -> None:
    """Mark where the gradient still corrects a wrong prediction, and where it is exactly 0."""
    if np.isfinite(curves.working).all():
        axes.axvspan(*settled(curves.working), **halves.WORKING)
    _mark_spans(axes, curves.dead, halves.DEAD)


def _mark_spans(axes: Axes, condition: NDArray[Any], look: dict[str, Any]) -> None:
    """Mark the spans of `FAR` in which a condition holds."""
    changes = np.diff(condition, prepend=False, append=False)
    for first, end in np.flatnonzero(changes).reshape(-1, 2):
        borders = settled([FAR[first], FAR[end - 1]])
        axes.axvspan(*borders, **{"zorder": 0.5} | look)


def _hatch_undefined(axes: Axes, values: NDArray[Any]) -> None:
    num_infinite = np.isinf(values).sum()
    num_nan = np.isnan(values).sum()
    text = "infinite" if num_infinite > num_nan else "undefined"
    hatch_spans(NEAR, ~np.isfinite(values), text=text, ax=axes)


def _limit(
    axes: Axes, data: ReportData, get: Get, *, share: float, most: float
) -> None:
    pairs = data.sides.values()
    subject = np.concatenate([get(pair.subject).ravel() for pair in pairs])
    reference = np.concatenate([get(pair.reference).ravel() for pair in pairs])
    limit(axes, subject, reference, share, most)


def _values_of_all(data: ReportData, get: Get) -> NDArray[Any]:
    """Return the values of the subject and the reference on both sides, as one array."""
    arrays = list[NDArray[Any]]()
    for pair in data.sides.values():
        arrays += [get(pair.subject).ravel(), get(pair.reference).ravel()]
    return np.concatenate(arrays)
