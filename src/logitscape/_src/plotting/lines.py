"""Curves on a ray, each with its name at its end instead of in a legend."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from .arguments import by_name, numbers
from .arguments import text as text_of
from .label_places import GAP, LABEL_SIZE, MIDDLE, LabelPlaces, Place, Renderer, moved
from .panels import panel
from .settings import Style, points
from .style import UNDEFINED, settled, settled_digits, style_of
from .texts import Labels, translation

SAMPLE = 20.0
"""Points of a piece of a curve before its name, where colours alone do not tell curves apart."""


def labelled_curves(
    s: Any,
    curves: Mapping[str, Any],
    *,
    styles: Mapping[str, dict[str, Any]] | None = None,
    notes: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    labels: Labels = None,
    style: Style = None,
    size: tuple[float, float] | None = None,
) -> list[Annotation]:
    """Draw curves, each named right of the axes at the height where it ends.

    The names never overlap. If two curves have the same colour, a piece of its curve stands before
    each name. A logarithmic scale has to be set before; on it, a curve that becomes exactly 0
    leaves through the bottom.

    >>> import numpy as np
    >>> from logitscape import plotting
    >>> s = np.linspace(0, 10, 101)
    >>> curves = {"softmax": 1 / (1 + np.exp(-s)), "sum": 1 / (1 + s)}
    >>> names = plotting.labelled_curves(s, curves, labels={"sum": "Teilen durch die Summe"})
    >>> [name.get_text() for name in names]
    ['softmax', 'Teilen durch die Summe']
    >>> [line.get_label() for line in names[0].axes.lines]
    ['softmax', 'Teilen durch die Summe']

    Args:
        s: Common coordinate, [m], increasing.
        curves: Values by label, [m] each; nothing is drawn where they are not finite.
        styles: Line2D keywords by label; by default those of `style_of`.
        notes: Text beside the name by label, such as a fitted law.
        ax: Axes to draw on; by default those of a new figure.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
        size: Width and height of a new figure, in inches.

    Returns:
        The names, in the order of the curves. The lines have them as their labels too, for
        matplotlib's legends.
    """
    if not isinstance(curves, Mapping):
        raise TypeError(
            "`labelled_curves(curves)` must be values by label, such as {'softmax': [...]}, "
            f"got {type(curves).__name__}."
        )
    function = "labelled_curves"
    s = numbers(function, "s", s, None)
    values = {
        text_of(function, "curves", label): numbers(
            function, f"curves[{label!r}]", each, s.size, of="s"
        )
        for label, each in curves.items()
    }
    styles = by_name(function, "styles", styles, Mapping, "Line2D keywords")
    notes = by_name(function, "notes", notes, str, "texts")
    word = translation(function, labels)
    with panel("labelled_curves", ax, style, size) as axes:
        return _draw_labelled(axes, s, values, styles, notes, word)


def draw_curves(
    axes: Axes,
    s: Any,
    curves: Mapping[str, Any],
    styles: Mapping[str, dict[str, Any]],
    word: Callable[[str], str] = str,
) -> list[tuple[NDArray[Any], dict[str, Any]]]:
    """Draw curves without names beside them; return their values and styles as they are drawn."""
    s = settled(s)
    # On a logarithmic scale a number below 1e-8 counts, and 8 decimals would make it 0.
    settle = settled_digits if axes.get_yscale() == "log" else settled
    drawn = [settle(values) for values in curves.values()]
    line_styles = [styles.get(label) or style_of(label) for label in curves]
    for label, values, line_style in zip(curves, drawn, line_styles, strict=True):
        _draw_curve(axes, s, values, {"label": word(label)} | line_style)
    return list(zip(drawn, line_styles, strict=True))


def _draw_labelled(
    axes: Axes,
    s: Any,
    curves: Mapping[str, Any],
    styles: Mapping[str, dict[str, Any]],
    notes: Mapping[str, str],
    word: Callable[[str], str],
) -> list[Annotation]:
    if not curves:
        return []
    s = settled(s)
    drawn, line_styles = zip(*draw_curves(axes, s, curves, styles, word), strict=True)
    distinct_colors = {line_style["color"] for line_style in line_styles}
    with_samples = len(distinct_colors) < len(line_styles)
    places = LabelPlaces(axes=axes, s=s, curves=drawn, size=points(LABEL_SIZE))
    labels = list[Annotation]()
    for index, label in enumerate(curves):
        place = places.beside_end(index)
        _draw_leader(axes, line_styles[index], places.at_end(index), place)
        if with_samples:
            _draw_sample(axes, line_styles[index], place)
            place = moved(place, right=SAMPLE + GAP / 2)
        labels.append(_annotate(axes, word(label), line_styles[index]["color"], place))
        if label in notes:
            _draw_note(axes, word(notes[label]), labels[-1], place)
    return labels


def hatch_spans(
    s: Any,
    where: Any,
    *,
    text: str = "",
    ax: Axes | None = None,
    labels: Labels = None,
    style: Style = None,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Hatch the spans of s where a condition holds, such as that the loss is infinite.

    Spans begin and end halfway between samples.

    >>> import numpy as np
    >>> from logitscape import plotting
    >>> s = np.linspace(0, 10, 11)
    >>> len(plotting.hatch_spans(s, s > 6).patches)
    1

    Args:
        s: Coordinate, [m], increasing.
        where: Condition, [m] booleans.
        text: Text that is written once, into the widest span.
        ax: Axes to draw on; by default those of a new figure.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
        size: Width and height of a new figure, in inches.

    Returns:
        The axes.
    """
    word = translation("hatch_spans", labels)
    s = settled(numbers("hatch_spans", "s", s, None))
    where = numbers("hatch_spans", "where", where, s.size, of="s") != 0
    text_of("hatch_spans", "text", text)
    halfway = (s[1:] + s[:-1]) / 2
    borders = np.concatenate([s[:1], halfway, s[-1:]])
    # False on either side, so that a span that reaches an end of
    # the axis begins and ends too.
    changes = np.flatnonzero(np.diff(where, prepend=False, append=False))
    spans = borders[changes].reshape(-1, 2)
    with panel("hatch_spans", ax, style, size) as axes:
        for first, last in spans:
            axes.axvspan(first, last, zorder=0.5, **UNDEFINED)
        if text and len(spans):
            first, last = spans.T
            widest = spans[np.argmax(last - first)]
            _write_upwards(axes, np.mean(widest), word(text))
    return axes


def _write_upwards(axes: Axes, x: Any, text: str) -> None:
    axes.text(
        x,
        0.5,
        text,
        rotation=90,
        color="0.35",
        fontsize=points(LABEL_SIZE),
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
    start = moved(place, up=points(MIDDLE))
    _annotate(axes, "", line_style["color"], start, end=end, arrowprops=line)


def _draw_sample(axes: Axes, line_style: dict[str, Any], place: Place) -> None:
    """Draw a piece of a curve."""
    names = ("color", "linestyle", "linewidth")
    line: dict[str, Any] = {
        name: line_style[name] for name in names if name in line_style
    }
    line |= {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0}
    begin = moved(place, up=points(MIDDLE))
    end = moved(place, right=SAMPLE, up=points(MIDDLE))
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
        fontsize=points(LABEL_SIZE),
        annotation_clip=False,
        **options,
    )
