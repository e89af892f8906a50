"""Names of the curves that panels share: beside them where there is room, or in a legend."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from .label_places import GAP, LABEL_SIZE
from .lines import SAMPLE, draw_curves, labelled_curves
from .panels import figure_of
from .settings import points

PER_INCH = 72.0
LEAST = 1.9
"""Inches of a panel, its numbers included, below which its names take too much of its width."""
HANDLE = 0.55
"""Inches that a legend's entry takes beside its text."""


def name_curves(
    panels: Sequence[Axes],
    s: Any,
    curves: Sequence[Mapping[str, Any]],
    word: Callable[[str], str],
    *,
    own: bool,
) -> None:
    """Draw the same objectives on every panel, and name them.

    Args:
        panels: Axes to draw on.
        s: Common coordinate, [m].
        curves: Values by name for every panel; all have the same names.
        word: Function from a name to the one that is drawn.
        own: Whether the axes are the user's own, whose surroundings are not ours.
    """
    names = [word(name) for name in curves[0]]
    if not own and _is_room(panels, names):
        for axes, lines in zip(panels, curves, strict=True):
            labelled_curves(s, lines, labels=word, ax=axes)
        return
    for axes, lines in zip(panels, curves, strict=True):
        draw_curves(axes, s, lines, {}, word)
    if own:
        panels[0].legend()
    else:
        _legend_above(panels, names)


def _is_room(panels: Sequence[Axes], names: Sequence[str]) -> bool:
    specs = [axes.get_subplotspec() for axes in panels]
    columns = {spec.colspan.start for spec in specs if spec is not None}
    width = figure_of(panels).get_figure(root=True).get_figwidth()
    beside = _inches(names) + (2 * GAP + SAMPLE) / PER_INCH
    return bool(width / len(columns) - beside >= LEAST)


def _legend_above(panels: Sequence[Axes], names: Sequence[str]) -> None:
    figure: FigureBase = figure_of(panels)
    width = figure.get_figure(root=True).get_figwidth()
    columns = max(1, int(width / (_inches(names) + HANDLE)))
    figure.legend(
        handles=panels[0].lines,
        loc="outside upper left",
        ncols=min(columns, len(names)),
        columnspacing=1.2,
        handlelength=2.2,
    )


def _inches(names: Sequence[str]) -> float:
    """Width of the longest name."""
    font = FontProperties(size=points(LABEL_SIZE))
    paths = [TextPath((0, 0), name, prop=font) for name in names if name.strip()]
    return max((path.get_extents().width for path in paths), default=0.0) / PER_INCH
