"""Tables that are read by their colours alone: no numbers, families apart, one outline."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch

from . import cells

Look: TypeAlias = tuple[str, str]
"""Colour and hatch of a cell."""


def table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    looks: Sequence[Sequence[Look]],
    *,
    rotation: float = 0.0,
) -> None:
    """Draw coloured cells, with the names of the rows on the left and of the columns above."""
    for i, row in enumerate(looks):
        for j, (color, hatch) in enumerate(row):
            cells.square(
                axes,
                i,
                j,
                facecolor=color,
                hatch=hatch,
                edgecolor="0.75" if hatch else "white",
                linewidth=1.2,
            )
    turned: dict[str, Any] = {}
    if rotation:
        turned = {"rotation": rotation, "ha": "left", "rotation_mode": "anchor"}
    cells.frame(axes, rows, columns, **turned)


def separate(axes: Axes, after: Sequence[int], count: int) -> None:
    """Draw a gap below the rows after which a family ends."""
    for row in after:
        axes.plot([-0.5, count - 0.5], [row + 0.5] * 2, color="white", linewidth=5)


def outline(axes: Axes, framed: Collection[tuple[int, int]]) -> None:
    """Draw one line around all framed cells that touch."""
    line: dict[str, Any] = {"color": "black", "linewidth": 2.2, "clip_on": False}
    for i, j in framed:
        for di, dj in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            if (i + di, j + dj) in framed:
                continue
            x, y = j + dj / 2, i + di / 2
            across, down = (0.5, 0.0) if di else (0.0, 0.5)
            axes.plot(
                [x - across, x + across],
                [y - down, y + down],
                solid_capstyle="projecting",
                zorder=4,
                **line,
            )


def legend(figure: Any, looks: Mapping[str, Look], caption: str) -> None:
    """Explain the colours below everything, under the caption."""
    patches = [
        Patch(facecolor=color, hatch=hatch, edgecolor="0.6", linewidth=0.5)
        for color, hatch in looks.values()
    ]
    figure.legend(
        patches,
        list(looks),
        loc="outside lower center",
        ncols=min(len(looks), 4),
        title=caption,
        title_fontproperties=FontProperties(size=8.5),
    )
