"""Curves on a ray, each with its name at its end instead of in a legend."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from .label_places import GAP, LABEL_SIZE, MIDDLE, LabelPlaces, Place, Renderer, moved
from .style import UNDEFINED, settled, settled_digits, style_of

SAMPLE = 20.0
"""Points of a piece of a curve before its name, where colours alone do not tell curves apart."""


def labelled_curves(
    axes: Axes,
    s: Any,
    curves: Mapping[str, Any],
    *,
    styles: Mapping[str, dict[str, Any]] | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Annotation]:
    """Draw curves, each named right of the axes at the height where it ends.

    The names never overlap. If two curves have the same colour, a piece of its curve stands before
    each name. A logarithmic scale has to be set before; on it, a curve that becomes exactly 0
    leaves through the bottom.

    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from logitscape import plotting
    >>> s = np.linspace(0, 10, 101)
    >>> curves = {"softmax": 1 / (1 + np.exp(-s)), "sum": 1 / (1 + s)}
    >>> labels = plotting.labelled_curves(Figure().subplots(), s, curves)
    >>> [label.get_text() for label in labels]
    ['softmax', 'sum']

    Args:
        axes: Axes to draw on.
        s: Common coordinate, [m], increasing.
        curves: Values by label, [m] each; nothing is drawn where they are not finite.
        styles: Line2D keywords by label; by default those of `style_of`.
        notes: Text beside the name by label, such as a fitted law.

    Returns:
        The labels, in the order of the curves.
    """
    s = settled(s)
    # On a logarithmic scale a number below 1e-8 counts, and 8 decimals would make it 0.
    settle = settled_digits if axes.get_yscale() == "log" else settled
    drawn = [settle(values) for values in curves.values()]
    line_styles = [(styles or {}).get(label) or style_of(label) for label in curves]
    distinct_colors = {line_style["color"] for line_style in line_styles}
    with_samples = len(distinct_colors) < len(line_styles)
    places = LabelPlaces(axes=axes, s=s, curves=drawn)
    labels = list[Annotation]()
    for index, label in enumerate(curves):
        _draw_curve(axes, s, drawn[index], line_styles[index])
        place = places.beside_end(index)
        _draw_leader(axes, line_styles[index], places.at_end(index), place)
        if with_samples:
            _draw_sample(axes, line_styles[index], place)
            place = moved(place, right=SAMPLE + GAP / 2)
        labels.append(_annotate(axes, label, line_styles[index]["color"], place))
        if notes and label in notes:
            _draw_note(axes, notes[label], labels[-1], place)
    return labels


def hatch_spans(axes: Axes, s: Any, where: Any, *, text: str = "") -> None:
    """Hatch the spans of s where a condition holds, such as that the loss is infinite.

    Spans begin and end halfway between samples.

    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from logitscape import plotting
    >>> axes, s = Figure().subplots(), np.linspace(0, 10, 11)
    >>> plotting.hatch_spans(axes, s, s > 6)
    >>> len(axes.patches)
    1

    Args:
        axes: Axes to draw on.
        s: Coordinate, [m], increasing.
        where: Condition, [m] booleans.
        text: Text that is written once, into the widest span.
    """
    s, where = settled(s), np.asarray(where, bool)
    halfway = (s[1:] + s[:-1]) / 2
    borders = np.concatenate([s[:1], halfway, s[-1:]])
    # False on either side, so that a span that reaches an end of
    # the axis begins and ends too.
    changes = np.flatnonzero(np.diff(where, prepend=False, append=False))
    spans = borders[changes].reshape(-1, 2)
    for first, last in spans:
        axes.axvspan(first, last, zorder=0.5, **UNDEFINED)
    if text and len(spans):
        first, last = spans.T
        widest = spans[np.argmax(last - first)]
        _write_upwards(axes, np.mean(widest), text)


def _write_upwards(axes: Axes, x: Any, text: str) -> None:
    axes.text(
        x,
        0.5,
        text,
        rotation=90,
        color="0.35",
        fontsize=LABEL_SIZE,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        ha="center",
        va="center",
        transform=axes.get_xaxis_transform(),
    )


def _draw_curve(
    axes: Axes, s: NDArray[Any], values: NDArray[Any], line_style: dict[str, Any]
) -> None:
    shown = np.where(np.isfinite(values), values, np.nan)
    axes.plot(s, shown, **{"zorder": _depth(line_style)} | line_style)


def _depth(line_style: dict[str, Any]) -> float:
    """Put thick lines below thin ones, and solid below dashed, so that equal curves all show."""
    dashed = line_style.get("linestyle", "-") != "-"
    return 2.0 + 0.2 * float(dashed) - 0.1 * float(line_style.get("linewidth", 1.6))


def _draw_leader(
    axes: Axes, line_style: dict[str, Any], end: Place, place: Place
) -> None:
    """Draw a thin line from the end of a curve to its name."""
    line: dict[str, Any] = {
        "color": line_style["color"],
        "alpha": 0.6,
        "linewidth": 0.6,
        "arrowstyle": "-",
        "shrinkA": 1.5,
        "shrinkB": 0,
    }
    start = moved(place, up=MIDDLE)
    _annotate(axes, "", line_style["color"], start, end=end, arrowprops=line)


def _draw_sample(axes: Axes, line_style: dict[str, Any], place: Place) -> None:
    """Draw a piece of a curve."""
    names = ("color", "linestyle", "linewidth")
    line: dict[str, Any] = {
        name: line_style[name] for name in names if name in line_style
    }
    line |= {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0}
    begin = moved(place, up=MIDDLE)
    end = moved(place, right=SAMPLE, up=MIDDLE)
    _annotate(axes, "", line_style["color"], begin, end=end, arrowprops=line)


def _draw_note(axes: Axes, text: str, label: Annotation, place: Place) -> None:
    """Draw a text right of a label, on the same line."""

    def behind(renderer: Renderer) -> Affine2D:
        label.update_positions(renderer)
        gap = renderer.points_to_pixels(GAP)
        x = Text.get_window_extent(label, renderer).x1 + gap
        baseline = place(renderer).get_matrix()[1, 2]
        return Affine2D().translate(x, baseline)

    _annotate(axes, text, "0.3", behind)


def _annotate(
    axes: Axes,
    text: str,
    color: Any,
    place: Place,
    *,
    end: Place | None = None,
    **options: Any,
) -> Annotation:
    """Write a text at a place; an arrow, if there is one, leads from there to the end."""
    return axes.annotate(
        text,
        xy=(0, 0),
        xycoords=place if end is None else end,
        xytext=(0, 0),
        textcoords=place,
        color=color,
        fontsize=LABEL_SIZE,
        annotation_clip=False,
        **options,
    )
