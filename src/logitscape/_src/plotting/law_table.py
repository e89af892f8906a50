"""Tables whose cells are coloured by category: every normalizer beside every loss."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.legend import Legend
from matplotlib.patches import Patch, Rectangle

from .style import LAWS, Law, ink_on

CELL_SIZE = 8
LONGEST = 15  # name of a column in one line


def law_table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    kinds: Sequence[Sequence[str]],
    texts: Sequence[Sequence[str]],
    *,
    laws: Mapping[str, Law] = LAWS,
) -> None:
    """Draw a table whose cells are coloured by the kind of their gradient law, and hatched where undefined.

    Args:
        axes: where to draw; cell (i, j) is centred at x = j, y = i.
        rows: the names of the rows, from the top.
        columns: the names of the columns.
        kinds: [rows][columns], each a key of `laws`.
        texts: [rows][columns], short, mathtext between dollars.
        laws: how each kind looks.
    """
    for i, row in enumerate(kinds):
        for j, kind in enumerate(row):
            _cell(axes, i, j, laws[kind], texts[i][j])
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticks(range(len(rows)), rows)
    names = [_wrapped(name) for name in columns]
    axes.set_xticks(
        range(len(columns)), names, rotation=45, ha="left", rotation_mode="anchor"
    )
    axes.tick_params(length=0, labelsize=9, labeltop=True, labelbottom=False, pad=4)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.hlines(
        [i - 0.5 for i in range(1, len(rows))],
        -0.5,
        len(columns) - 0.5,
        "white",
        linewidth=1.2,
    )
    axes.vlines(
        [j - 0.5 for j in range(1, len(columns))],
        -0.5,
        len(rows) - 0.5,
        "white",
        linewidth=1.2,
    )


def law_legend(
    figure: FigureBase, kinds: Iterable[str] = LAWS, *, laws: Mapping[str, Law] = LAWS
) -> Legend:
    """The legend of a table's colours, in one row below everything."""
    kinds = list(kinds)
    return figure.legend(
        handles=[_patch(laws[kind]) for kind in kinds],
        labels=[laws[kind].text for kind in kinds],
        loc="outside lower center",
        ncols=len(kinds),
        columnspacing=1.4,
        handlelength=1.4,
        handleheight=1.2,
        handletextpad=0.5,
    )


def _cell(axes: Axes, i: int, j: int, law: Law, text: str) -> None:
    look: dict[str, Any] = {
        "facecolor": law.color,
        "edgecolor": "0.75",
        "hatch": law.hatch,
        "linewidth": 0,
    }
    axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, **look))
    paper = (
        {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        if law.hatch and text
        else None
    )
    place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "bbox": paper}
    axes.text(j, i, text, color=ink_on(law.color), fontsize=CELL_SIZE, **place)


def _wrapped(name: str) -> str:
    """A long name in two lines, broken after its first underscore: the columns are narrow."""
    return re.sub("_", "_\n", name, count=1) if len(name) > LONGEST else name


def _patch(law: Law) -> Patch:
    return Patch(facecolor=law.color, edgecolor="0.6", hatch=law.hatch, linewidth=0.5)
