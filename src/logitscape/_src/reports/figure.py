"""One page about one objective: loss, gradient, curvature and precision beside the reference.

Every panel has two halves of the same heights: left the label is right by s, and right it is wrong by s.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ..plotting.lines import hatch_spans
from ..plotting.style import DASHED, DOTTED, SOLID, UNDEFINED, settled, settled_digits
from . import halves
from .curves import FAR, INTERVALS, NEAR, Curves, ReportData, report_data

if TYPE_CHECKING:
    from .diagnosis import Diagnosis

Get: TypeAlias = Callable[[Curves], NDArray[Any]]

STYLE = "logitscape.styles.paper"
DTYPES: Mapping[str, Any] = {"float32": SOLID, "bfloat16": DASHED, "float16": DOTTED}
SLOPES = 1e-10, 1e6
ERRORS = 1e-9, 1e2
SEEN = 1.05
"""A range is seen if its ends are this ratio apart."""


def draw(diagnosis: "Diagnosis") -> Figure:
    """All panels on one page, under the headline."""
    data = report_data(diagnosis)
    with style.context(STYLE, after_reset=True):
        figure = Figure(figsize=(10.5, 8.2), layout="constrained")
        halves.verbatim(
            figure.suptitle(halves.text_of(data.headline, 96), x=0.01, ha="left")
        )
        head, body = _parts(figure, 2, 1, height_ratios=(0.05, 1))
        key(head, data)
        for canvas, panel in zip(_parts(body, 2, 2), PANELS.values(), strict=True):
            panel(canvas, data)
    return figure


def panels(diagnosis: "Diagnosis") -> dict[str, Figure]:
    """Every panel as a figure of its own, for a page that flows."""
    data = report_data(diagnosis)
    figures = dict[str, Figure]()
    with style.context(STYLE, after_reset=True):
        for name, panel in PANELS.items():
            figures[name] = Figure(figsize=(5.2, 3.7), layout="constrained")
            panel(figures[name], data)
    return figures


def key(canvas: FigureBase, data: ReportData) -> None:
    """Who is who."""
    names = [
        halves.text_of(name, 70).partition("\n")[0]
        for name in (data.name, data.reference)
    ]
    legend = canvas.legend(
        [Line2D([], [], **look) for look in (halves.SUBJECT, halves.REFERENCE)],
        names,
        loc="center left",
        ncols=2,
    )
    for text in legend.get_texts():
        halves.verbatim(text)


def _loss(canvas: FigureBase, data: ReportData) -> None:
    for half in _sides(canvas, "Loss", data):
        pair = data.sides[half.side]
        _undefined(half.axes, pair.subject.loss)
        for who, values in halves.both(pair, lambda each: each.loss):
            halves.line(half, NEAR, halves.finite(values), who, "loss")
    _limit(half.axes, data, lambda each: each.loss, share=0.25, most=2.0)


def _gradient(canvas: FigureBase, data: ReportData) -> None:
    for half in _sides(
        canvas, "Gradient: its norm when right, dL/ds when wrong", data, far=True
    ):
        pair = data.sides[half.side]
        _spans(half.axes, np.isnan(pair.subject.slope), UNDEFINED)
        if half.side == "wrong":
            _regions(half.axes, pair.subject)
        for who, values in halves.both(pair, lambda each: each.slope):
            halves.line(half, FAR, halves.positive(values), who, "gradient")
            if np.any(values < 0):
                halves.line(
                    half,
                    FAR,
                    halves.positive(np.where(values < 0, -values, np.nan)),
                    who,
                    "falling",
                    linestyle=DOTTED,
                )
    halves.limit_decades(
        half.axes, np.abs(_all(data, lambda each: each.slope)), *SLOPES
    )
    own = [pair.subject for pair in data.sides.values()]
    shown = list[tuple[Artist, str]]()
    first, last = data.sides["wrong"].subject.working
    if last > SEEN * first:
        shown.append((Patch(**halves.WORKING), "at least a tenth of its largest"))
    if data.sides["wrong"].subject.dead.any():
        shown.append((Patch(**halves.DEAD), f"exactly 0 in {data.dtype}"))
    if any(np.isnan(each.slope).any() for each in own):
        shown.append((Patch(**UNDEFINED), "infinite or undefined"))
    if any(np.any(each.slope < 0) for each in own):
        shown.append((Line2D([], [], color="0.2", linestyle=":"), "negative"))
    halves.marks(canvas, [handle for handle, _ in shown], [words for _, words in shown])


def _curvature(canvas: FigureBase, data: ReportData) -> None:
    for half in _sides(
        canvas, "Curvature: least and largest eigenvalue of the Hessian", data
    ):
        pair = data.sides[half.side]
        _undefined(half.axes, pair.subject.curvature.sum(axis=0))
        half.axes.axhline(0, color="0.3", linewidth=0.8, zorder=1)
        for who, values in halves.both(
            pair, lambda each: halves.finite(each.curvature)
        ):
            half.axes.fill_between(
                NEAR, *values, color=halves.LOOKS[who]["color"], alpha=0.13, linewidth=0
            )
            for what, eigenvalue in zip(("least", "largest"), values, strict=True):
                halves.line(half, NEAR, eigenvalue, who, what)
    _limit(half.axes, data, lambda each: each.curvature, share=1.0, most=8.0)


def _precision(canvas: FigureBase, data: ReportData) -> None:
    for half in _sides(
        canvas, "Precision: error of the gradient relative to float64", data, far=True
    ):
        for who, errors in halves.both(data.sides[half.side], lambda each: each.errors):
            for dtype, found in errors.items():
                worst = settled_digits(np.maximum(found.worst, ERRORS[0] * 2))
                halves.line(
                    half,
                    INTERVALS,
                    worst,
                    who,
                    dtype,
                    linestyle=DTYPES[dtype],
                    linewidth=1.3,
                )
                halves.first_place(half, found.nan_from, who, "x")
                halves.first_place(half, found.zero_from, who, "$0$")
        half.axes.set_xlim(*(FAR[[-1, 0]] if half.side == "right" else FAR[[0, -1]]))
    half.axes.set(yscale="log", ylim=ERRORS)
    lines = [
        Line2D([], [], color="0.2", linewidth=1.3, linestyle=dashes)
        for dashes in DTYPES.values()
    ]
    signs = [
        Line2D(
            [], [], color="0.2", marker=sign, linestyle="none", markersize=halves.SIGN
        )
        for sign in ("x", "$0$")
    ]
    halves.marks(
        canvas, [*lines, *signs], [*DTYPES, "NaN or inf from here", "0 from here"]
    )


PANELS: Mapping[str, Callable[[FigureBase, ReportData], None]] = {
    "loss": _loss,
    "gradient": _gradient,
    "curvature": _curvature,
    "precision": _precision,
}


def _parts(canvas: FigureBase, rows: int, columns: int, **how: Any) -> list[SubFigure]:
    """Its parts, row by row."""
    parts: Any = canvas.subfigures(rows, columns, **how)
    return list(parts.flat)


def _sides(
    canvas: FigureBase, title: str, data: ReportData, *, far: bool = False
) -> list[halves.Half]:
    return halves.halves(
        canvas,
        title,
        {side: pair.subject.ray for side, pair in data.sides.items()},
        far=far,
    )


def _regions(axes: Axes, of: Curves) -> None:
    """Where the gradient is at work although the label is wrong, and where it is dead."""
    if np.isfinite(of.working).all():
        axes.axvspan(*settled(of.working), **halves.WORKING)
    _spans(axes, of.dead, halves.DEAD)


def _spans(axes: Axes, where: NDArray[Any], look: dict[str, Any]) -> None:
    edges = np.flatnonzero(np.diff(where, prepend=False, append=False)).reshape(-1, 2)
    for first, last in edges:
        axes.axvspan(*settled([FAR[first], FAR[last - 1]]), **{"zorder": 0.5} | look)


def _undefined(axes: Axes, values: NDArray[Any]) -> None:
    mostly = (
        "infinite" if np.isinf(values).sum() > np.isnan(values).sum() else "undefined"
    )
    hatch_spans(axes, NEAR, ~np.isfinite(values), text=mostly)


def _all(data: ReportData, get: Get) -> NDArray[Any]:
    return np.concatenate(
        [
            get(each).ravel()
            for pair in data.sides.values()
            for each in (pair.subject, pair.reference)
        ]
    )


def _limit(
    axes: Axes, data: ReportData, get: Get, *, share: float, most: float
) -> None:
    pairs = data.sides.values()
    own, other = (
        np.concatenate([get(getattr(pair, who)).ravel() for pair in pairs])
        for who in ("subject", "reference")
    )
    halves.limit(axes, own, other, share, most)
