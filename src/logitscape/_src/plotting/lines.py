"""Curves along a ray, each with its name at its end instead of in a legend."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from .style import UNDEFINED, settled, settled_digits, style_of

LABEL_SIZE = 8.5
ROW = 1.4  # of a label, in multiples of its font size: exponents need some room
GAP = 8  # points from the axes to the labels, and from those to the notes
MIDDLE = LABEL_SIZE / 3  # of small letters, above their baseline
SAMPLE = 20.0  # points of a line before its name, where colours alone do not tell

Renderer: TypeAlias = Any  # the one of SVG is no RendererBase
Place: TypeAlias = Callable[[Renderer], Affine2D]
Ends: TypeAlias = Callable[[], NDArray[Any]]


def labelled_curves(
    axes: Axes,
    s: Any,
    curves: Mapping[str, Any],
    *,
    styles: Mapping[str, dict[str, Any]] | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Annotation]:
    """Draw curves, each named right of the axes at the height where it ends; the names never overlap.

    Where two have the same colour, a piece of its curve stands before each name.

    Set a logarithmic scale before. There, a curve that becomes exactly 0 leaves through the bottom.

    Args:
        axes: where to draw.
        s: the common coordinate, [m], increasing.
        curves: label -> values, [m]; nothing is drawn where they are not finite.
        styles: label -> Line2D keywords, in place of `style_of(label)`.
        notes: label -> text beside the name, such as the law that was fitted.

    Returns:
        The labels, in the order of the curves.
    """
    s, settle = settled(s), settled_digits if axes.get_yscale() == "log" else settled
    drawn = [settle(values) for values in curves.values()]
    looks = [(styles or {}).get(label) or style_of(label) for label in curves]
    ends = partial(_ends, axes, s, drawn)
    alike = len({look["color"] for look in looks}) < len(looks)
    labels = []
    for index, (label, values, look) in enumerate(
        zip(curves, drawn, looks, strict=True)
    ):
        axes.plot(
            s,
            np.where(np.isfinite(values), values, np.nan),
            **{"zorder": _depth(look)} | look,
        )
        start = partial(_beside_end, axes, ends, index)
        _leader(
            axes,
            look["color"],
            partial(_at_end, ends, index),
            partial(_moved, start, 0.0, MIDDLE),
        )
        if alike:
            _sample(axes, look, start)
        beside = partial(_moved, start, SAMPLE + GAP / 2 if alike else 0.0, 0.0)
        labels.append(
            _text(axes, label, look["color"], beside, xy=(0, 0), xycoords=beside)
        )
        if notes and label in notes:
            _note(axes, notes[label], labels[-1], beside)
    return labels


def hatch_spans(axes: Axes, s: Any, where: Any, *, text: str = "") -> None:
    """Hatch the spans of s where a condition holds: the loss is infinite, or the input outside the domain.

    Args:
        axes: where to draw.
        s: the coordinate, [m], increasing.
        where: the condition, [m] booleans.
        text: written once, into the widest span.
    """
    s, where = settled(s), np.asarray(where, bool)
    borders = np.concatenate([s[:1], (s[1:] + s[:-1]) / 2, s[-1:]])
    spans = borders[
        np.flatnonzero(np.diff(where, prepend=False, append=False))
    ].reshape(-1, 2)
    for first, last in spans:
        axes.axvspan(first, last, zorder=0.5, **UNDEFINED)
    if text and len(spans):
        middle = np.mean(spans[np.argmax(spans[:, 1] - spans[:, 0])])
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        look: dict[str, Any] = {
            "rotation": 90,
            "color": "0.35",
            "fontsize": LABEL_SIZE,
            "bbox": paper,
        }
        look |= {
            "ha": "center",
            "va": "center",
            "transform": axes.get_xaxis_transform(),
        }
        axes.text(middle, 0.5, text, **look)


def spread(targets: Any, row: float, low: float, high: float) -> NDArray[Any]:
    """Heights at least `row` apart, within [low, high] if they fit, nearest to their targets (least squares).

    Equal targets are stacked from the top down in the order given.
    """
    targets = np.asarray(targets, float)
    order = np.lexsort((-np.arange(targets.size), targets))
    steps = row * np.arange(targets.size)
    bottom, top = low + row / 2, high - row / 2 - steps[-1]
    if top < bottom:
        bottom = top = (bottom + top) / 2
    heights: NDArray[Any] = np.empty_like(targets)
    heights[order] = np.clip(_increasing(targets[order] - steps), bottom, top) + steps
    return heights


def _increasing(values: NDArray[Any]) -> NDArray[Any]:
    """The nearest non-decreasing sequence: the largest over j <= i of the least mean of j..k over k >= i."""
    # Barlow and Brunk's formula: scipy.optimize has this too, but takes a second to import.
    sums = np.cumsum([0.0, *values])
    counts = np.arange(1, len(sums)) - np.arange(len(values))[:, None]
    means = np.where(
        counts > 0, (sums[1:] - sums[:-1, None]) / np.maximum(counts, 1), np.inf
    )
    least = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
    result: NDArray[Any] = np.max(np.where(counts > 0, least, -np.inf), axis=0)
    return result


def _depth(look: dict[str, Any]) -> float:
    """Thick lines below thin ones and solid ones below dashed ones, so that equal curves all show."""
    dashed = look.get("linestyle", "-") != "-"
    return 2.0 + 0.2 * float(dashed) - 0.1 * float(look.get("linewidth", 1.6))


def _leader(axes: Axes, color: Any, end: Place, start: Place) -> None:
    """A thin line from a curve to its name; where both are is asked anew at every drawing."""
    line: dict[str, Any] = {
        "color": color,
        "alpha": 0.6,
        "linewidth": 0.6,
        "arrowstyle": "-",
        "shrinkA": 1.5,
        "shrinkB": 0,
    }
    _text(axes, "", color, start, xy=(0, 0), xycoords=end, arrowprops=line)


def _sample(axes: Axes, look: dict[str, Any], start: Place) -> None:
    """A piece of a curve."""
    line: dict[str, Any] = {
        name: look[name] for name in ("color", "linestyle", "linewidth") if name in look
    }
    line |= {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0}
    begin, end = (partial(_moved, start, right, MIDDLE) for right in (0.0, SAMPLE))
    _text(axes, "", look["color"], begin, xy=(0, 0), xycoords=end, arrowprops=line)


def _moved(place: Place, right: float, up: float, renderer: Renderer) -> Affine2D:
    """So many points further."""
    point = renderer.points_to_pixels(1)
    return Affine2D(place(renderer).get_matrix()).translate(right * point, up * point)


def _note(axes: Axes, text: str, label: Annotation, beside: Place) -> None:
    """A text that stands right of a label, on the same line."""

    def behind(renderer: Renderer) -> Affine2D:
        label.update_positions(renderer)
        end = Text.get_window_extent(label, renderer).x1 + renderer.points_to_pixels(
            GAP
        )
        return Affine2D().translate(end, beside(renderer).get_matrix()[1, 2])

    _text(axes, text, "0.3", behind, xy=(0, 0), xycoords=behind)


def _text(axes: Axes, text: str, color: Any, place: Place, **target: Any) -> Annotation:
    look: dict[str, Any] = {
        "color": color,
        "fontsize": LABEL_SIZE,
        "annotation_clip": False,
    }
    return axes.annotate(text, xytext=(0, 0), textcoords=place, **target, **look)


def _ends(axes: Axes, s: NDArray[Any], curves: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Pixels where the curves end or leave the axes, [k, 2]."""
    return np.array([_end(axes, s, curve) for curve in curves])


def _end(axes: Axes, s: NDArray[Any], curve: NDArray[Any]) -> NDArray[Any]:
    """The sooner a curve leaves, the further out (below a pixel), so that its line crosses no other."""
    defined = np.flatnonzero(np.isfinite(curve))
    if not defined.size:
        return np.array([axes.bbox.x1, axes.bbox.y0])
    pixels = axes.transData.transform(np.column_stack([s, curve])[defined])
    shown = np.flatnonzero(
        (pixels[:, 1] >= axes.bbox.y0) & (pixels[:, 1] <= axes.bbox.y1)
    )
    leaves = min(shown[-1] + 1, len(pixels) - 1) if shown.size else 0
    x = np.clip(pixels[leaves, 0], axes.bbox.x0, axes.bbox.x1)
    beyond = 1e-3 * (axes.bbox.x1 - x)
    return np.array(
        [x, np.clip(pixels[-1, 1], axes.bbox.y0 - beyond, axes.bbox.y1 + beyond)]
    )


def _at_end(ends: Ends, index: int, renderer: Renderer) -> Affine2D:
    return Affine2D().translate(*ends()[index])


def _beside_end(axes: Axes, ends: Ends, index: int, renderer: Renderer) -> Affine2D:
    """Where a label's baseline begins, right of the axes."""
    point = renderer.points_to_pixels(1)
    heights = spread(ends()[:, 1], ROW * LABEL_SIZE * point, axes.bbox.y0, axes.bbox.y1)
    return Affine2D().translate(
        axes.bbox.x1 + GAP * point, heights[index] - MIDDLE * point
    )
