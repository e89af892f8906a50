"""Tables of coloured cells: a cell's square, the frame around all of them, and the legend of their colours."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle


def square(axes: Axes, i: int, j: int, **look: Any) -> None:
    """Of the cell in row i and column j."""
    axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, **look))


def frame(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    size: float = 8.5,
    **column_look: Any,
) -> None:
    """Names on the left and above, in that font size; no lines."""
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns, **column_look)
    axes.tick_params(length=0, labelsize=size, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)


def legend(
    figure: Any, looks: Mapping[str, tuple[str, str]], caption: str = ""
) -> None:
    """Below everything, under the caption; a look is a colour and a hatch."""
    patches = [
        Patch(facecolor=color, hatch=hatch, edgecolor="0.6", linewidth=0.5)
        for color, hatch in looks.values()
    ]
    figure.legend(
        patches,
        list(looks),
        loc="outside lower center",
        ncols=len(looks),
        title=caption,
        title_fontproperties={"size": 8},
    )
