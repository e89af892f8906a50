"""Tables of coloured cells: the square of a cell, the frame of the table, and the legend."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle


def square(axes: Axes, i: int, j: int, **patch_options: Any) -> None:
    """Draw the square of the cell in row i and column j."""
    corner = (j - 0.5, i - 0.5)
    axes.add_patch(Rectangle(corner, 1, 1, **patch_options))


def frame(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    size: float = 8.5,
    **column_text_options: Any,
) -> None:
    """Write the names of the rows on the left and those of the columns above; remove all lines.

    Args:
        axes: Axes of the table, with one unit per cell.
        rows: Names of the rows.
        columns: Names of the columns.
        size: Font size of the names.
        column_text_options: matplotlib's text properties for the names of the columns.
    """
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns, **column_text_options)
    axes.tick_params(length=0, labelsize=size, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)


def legend(
    figure: Any, styles: Mapping[str, tuple[str, str]], caption: str = ""
) -> None:
    """Explain the cells, below everything else and under the caption.

    Args:
        figure: Figure or subfigure that gets the legend.
        styles: Colour and hatch of the cells, by the explanation.
        caption: Title of the legend.
    """
    patches = [
        Patch(facecolor=color, hatch=hatch, edgecolor="0.6", linewidth=0.5)
        for color, hatch in styles.values()
    ]
    figure.legend(
        patches,
        list(styles),
        loc="outside lower center",
        ncols=len(styles),
        title=caption,
        title_fontproperties={"size": 8},
    )
