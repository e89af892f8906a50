"""Curves along a ray, each with its name at its end instead of in a legend."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.text import Annotation
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from .style import UNDEFINED, settled, settled_digits, style_of

LABEL_SIZE = 8.5
ROW = 1.4  # of a label, in multiples of its font size: exponents need some room
GAP = 10  # points from the axes to the labels


def labelled_curves(
    axes: Axes,
    s: Any,
    curves: Mapping[str, Any],
    *,
    styles: Mapping[str, dict[str, Any]] | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Annotation]:
    """Draw curves, each named right of the axes at the height where it ends; the names never overlap.

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
    drawn = {label: settle(values) for label, values in curves.items()}
    looks = {label: (styles or {}).get(label) or style_of(label) for label in curves}
    for label, values in drawn.items():
        axes.plot(
            s,
            np.where(np.isfinite(values), values, np.nan),
            **{"zorder": _depth(looks[label])} | looks[label],
        )
    values = np.reshape([*drawn.values()], (-1, s.size))
    labels = [
        _label(axes, s, values, index, label, looks[label]["color"]) for index, label in enumerate(drawn)
    ]
    for label, text in zip(drawn, labels, strict=True):
        if notes and label in notes:
            _note(axes, text, notes[label])
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
    spans = borders[np.flatnonzero(np.diff(where, prepend=False, append=False))].reshape(-1, 2)
    for first, last in spans:
        axes.axvspan(first, last, zorder=0.5, **UNDEFINED)
    if text and len(spans):
        middle = np.mean(spans[np.argmax(spans[:, 1] - spans[:, 0])])
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        place = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "center", "rotation": 90}
        axes.text(middle, 0.5, text, fontsize=LABEL_SIZE, color="0.35", bbox=paper, **place)


def spread(targets: Any, row: float, low: float, high: float) -> NDArray[Any]:
    """Heights at least `row` apart and within [low, high] if they fit, as near to their targets as can be (least squares).

    Equal targets are stacked from the top down in the order given.
    """
    targets = np.asarray(targets, float)
    order = np.lexsort((-np.arange(targets.size), targets))
    steps = row * np.arange(targets.size)
    bottom, top = low + row / 2, high - row / 2 - steps[-1]
    if top < bottom:
        bottom = top = (bottom + top) / 2
    heights = np.empty_like(targets)
    heights[order] = np.clip(isotonic_regression(targets[order] - steps).x, bottom, top) + steps
    return heights


def _depth(look: dict[str, Any]) -> float:
    """Thick lines below thin ones and solid ones below dashed ones, so that equal curves all show."""
    return 2.0 + 0.2 * (look.get("linestyle", "-") != "-") - 0.1 * float(look.get("linewidth", 1.6))


def _label(
    axes: Axes, s: NDArray[Any], values: NDArray[Any], index: int, label: str, color: Any
) -> Annotation:
    """A label whose place is found anew at every drawing, when the layout has settled the size of the axes."""
    ends = partial(_ends, axes, s, values)
    line = {
        "arrowstyle": "-",
        "color": color,
        "linewidth": 0.6,
        "shrinkA": 1.5,
        "shrinkB": 0,
        "relpos": (0, 0.5),
    }
    return axes.annotate(
        label,
        xy=(0, 0),
        xycoords=lambda renderer: Affine2D().translate(*ends()[index]),
        xytext=(0, 0),
        textcoords=lambda renderer: _beside(axes, ends()[:, 1], index, renderer),
        arrowprops=line,
        va="center_baseline",
        color=color,
        fontsize=LABEL_SIZE,
        annotation_clip=False,
    )


def _note(axes: Axes, label: Annotation, text: str) -> None:
    where: dict[str, Any] = {
        "xy": (1, 0.5),
        "xycoords": label,
        "xytext": (6, 0),
        "textcoords": "offset points",
    }
    axes.annotate(
        text, **where, va="center_baseline", color="0.3", fontsize=LABEL_SIZE, annotation_clip=False
    )


def _ends(axes: Axes, s: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Pixels where the curves [k, m] end or leave the axes, [k, 2]."""
    return np.array([_end(axes, s, curve) for curve in values])


def _end(axes: Axes, s: NDArray[Any], curve: NDArray[Any]) -> NDArray[Any]:
    (left, low), (right, high) = axes.bbox.min, axes.bbox.max
    defined = np.flatnonzero(np.isfinite(curve))
    if not defined.size:
        return np.array([right, low])
    pixels = axes.transData.transform(np.column_stack([s, curve])[: defined[-1] + 1])
    shown = np.flatnonzero((pixels[:, 1] >= low) & (pixels[:, 1] <= high))
    at = min(shown[-1] + 1 if shown.size else 0, len(pixels) - 1)
    return np.clip([pixels[at, 0], pixels[-1, 1]], [left, low], [right, high])


def _beside(axes: Axes, heights: NDArray[Any], index: int, renderer: RendererBase) -> Affine2D:
    row, gap = renderer.points_to_pixels(ROW * LABEL_SIZE), renderer.points_to_pixels(GAP)
    height: float = spread(heights, row, axes.bbox.y0, axes.bbox.y1)[index]
    return Affine2D().translate(axes.bbox.x1 + gap, height)
