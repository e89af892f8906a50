"""The figure of a comparison: loss, slope when wrong, and precision of all objectives on ray R1."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice, product
from math import ldexp
from typing import Any, NamedTuple

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..diagnosis.findings import Findings, common_config
from ..landscapes.probe_rays import RIVAL_UP
from ..plotting.style import (
    BLUE,
    DASH_DOT_DOTTED,
    DASH_DOTTED,
    DASHED,
    DOTTED,
    GREEN,
    LONG,
    ORANGE,
    PURPLE,
    SKY,
    SPARSE,
    VERMILLION,
    Dashes,
    settled_digits,
    style_of,
)
from . import halves
from .curves import FAR, INTERVALS, NEAR, Curves, along_r1
from .heights import finite, limit, limit_decades, positive
from .names import first_line, verbatim
from .save import STYLE

SLOPES = 1e-10, 1e6
ERRORS = 1e-9, 10.0
KEY_COLUMNS = 3
WRONG_BY = f"wrong by s ({RIVAL_UP.name}: {RIVAL_UP.wrong_words})"
COLORS = (VERMILLION, BLUE, GREEN, PURPLE, ORANGE, SKY)
DARKEST = 0.25
"""Least lightness of colours that come once more, as a share of their own."""
DASHES = (DASHED, DOTTED, DASH_DOTTED, LONG, DASH_DOT_DOTTED, SPARSE)
"""Dashes that come first; the reference alone has a solid line."""
DOT, DASH, GAP, ROW_GAP = 1.2, 5.0, 1.3, 3.5
LONGEST_ROW = 4
"""Number of dots and dashes from which on a row is none of the dashes above."""


class Row(NamedTuple):
    """One objective, or the reference, as it is drawn.

    Attributes:
        id: First part of the ids of its curves.
        name: Name in the key.
        curves: Measured curves.
        line: Line2D keywords.
    """

    id: str
    name: str
    curves: Curves
    line: dict[str, Any]


def draw(compared: Mapping[str, Findings]) -> Figure:
    """Draw three panels, and a key below them."""
    rows = drawn_rows(compared)
    dtype = common_config(compared).dtype
    key_lines = -(-len(rows) // KEY_COLUMNS)
    with style.context(STYLE, after_reset=True):
        figure = Figure(figsize=(10.5, 3.6 + 0.2 * key_lines), layout="constrained")
        canvases = figure.subplots(1, len(PANELS))
        for axes, panel in zip(canvases, PANELS.values(), strict=True):
            panel(axes, rows, dtype)
        _draw_key(figure, rows)
    return figure


def panels(compared: Mapping[str, Findings], rows: Sequence[Row]) -> dict[str, Figure]:
    """Draw every panel as a figure of its own, for a page that flows; without a key."""
    dtype = common_config(compared).dtype
    figures = dict[str, Figure]()
    with style.context(STYLE, after_reset=True):
        for name, panel in PANELS.items():
            figures[name] = Figure(figsize=(4.4, 3.4), layout="constrained")
            panel(figures[name].subplots(), rows, dtype)
    return figures


def drawn_rows(compared: Mapping[str, Findings]) -> list[Row]:
    """Measure the reference, then all objectives, and choose their lines."""
    curves_by_name = along_r1(compared)
    reference, *others = curves_by_name
    lines = [halves.REFERENCE, *lines_of(others)]
    return [
        Row(id=f"curve{k}", name=name, curves=curves_by_name[name], line=line)
        for k, (name, line) in enumerate(zip([reference, *others], lines, strict=True))
    ]


def lines_of(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return lines of which no two have the same colour, or the same dashes.

    They are the usual ones of the objectives if these differ so.
    """
    lines = [style_of(name) for name in names]
    looks = [(line["color"], line["linestyle"]) for line in lines]
    if any(len(set(look)) < len(names) for look in zip(*looks, strict=True)):
        others = zip(_colors(), _dashes(), strict=False)
        lines = [
            {"color": color, "linestyle": dashes}
            for color, dashes in islice(others, len(names))
        ]
    return [line | {"linewidth": 1.6, "zorder": 2.4} for line in lines]


def _colors() -> Iterator[str]:
    """Yield the colours of Okabe and Ito, and then darker ones of them, no shade twice."""
    for turn in count():
        lightness = 1 - (1 - DARKEST) * _between_0_and_1(turn)
        for color in COLORS:
            red, green, blue = to_rgb(color)
            yield to_hex((red * lightness, green * lightness, blue * lightness))


def _between_0_and_1(k: int) -> float:
    """The k-th number of van der Corput: 0, 1/2, 1/4, 3/4, ..., far from all before it."""
    return sum(ldexp(int(bit), -n - 1) for n, bit in enumerate(reversed(f"{k:b}")))


def _dashes() -> Iterator[Dashes]:
    """Yield dashes that are easily told apart, and then all rows of short and long ones."""
    yield from DASHES
    for length in count(LONGEST_ROW):
        for row in product((DOT, DASH), repeat=length):
            if len(set(row)) > 1:
                lengths = [number for ink in row for number in (ink, GAP)]
                yield 0, (*lengths[:-1], ROW_GAP)


def _draw_key(figure: Figure, rows: Sequence[Row]) -> None:
    key = figure.legend(
        handles=[Line2D([], [], **row.line) for row in rows],
        loc="outside lower left",
        ncols=KEY_COLUMNS,
    )
    for text, row in zip(key.get_texts(), rows, strict=True):
        verbatim(text).set_text(first_line(row.name, 60))


def _draw_loss(axes: Axes, rows: Sequence[Row], dtype: str) -> None:
    for row in rows:
        loss = finite(row.curves.loss)
        axes.plot(NEAR, loss, **row.line, gid=f"{row.id}-loss-wrong")
    axes.set(title="Loss", xlabel=WRONG_BY)
    reference, *others = [row.curves.loss for row in rows]
    limit(axes, np.concatenate(others), reference, share=0.25, most=0.2)


def _draw_slope(axes: Axes, rows: Sequence[Row], dtype: str) -> None:
    s = settled_digits(FAR)
    for row in rows:
        slope = positive(row.curves.slope)
        axes.plot(s, slope, **row.line, gid=f"{row.id}-slope-wrong")
    axes.set(title="Slope dL/ds, where it is positive", xlabel=WRONG_BY, xscale="log")
    slopes = np.concatenate([row.curves.slope for row in rows])
    limit_decades(axes, slopes, *SLOPES)


def _draw_error(axes: Axes, rows: Sequence[Row], dtype: str) -> None:
    """Draw the errors in the precision of the setting; in float32 if that is float64."""
    narrow = "float32" if dtype == "float64" else dtype
    s = settled_digits(INTERVALS)
    for row in rows:
        for name, errors in row.curves.errors.items():
            if name == narrow:
                # An error of 0 is drawn just above the lower end, where it can be seen.
                worst = settled_digits(np.maximum(errors.worst, 2 * ERRORS[0]))
                axes.plot(s, worst, **row.line, gid=f"{row.id}-error-wrong")
    axes.set(title=f"Error of the gradient in {narrow}", xlabel=WRONG_BY)
    axes.set(xscale="log", yscale="log", ylim=ERRORS)
    axes.set_xlim(float(FAR[0]), float(FAR[-1]))


PANELS: Mapping[str, Callable[[Axes, Sequence[Row], str], None]] = {
    "loss": _draw_loss,
    "slope": _draw_slope,
    "precision": _draw_error,
}
