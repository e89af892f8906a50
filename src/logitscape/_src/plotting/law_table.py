"""Tables whose cells are coloured by category: every normalizer beside every loss."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.legend import Legend
from matplotlib.patches import Patch, Rectangle

from ..base.messages import quoted
from .arguments import by_name, known, table
from .arguments import texts as texts_of
from .drawn import Source, note
from .panels import panel
from .settings import Style, points, settings
from .style import LAWS, Law, ink_on
from .texts import Labels, translation

CELL_SIZE = 8
LONGEST = 15
"""Maximum number of letters in the name of a column that stands in one line."""


def law_table(
    rows: Sequence[str],
    columns: Sequence[str],
    kinds: Sequence[Sequence[str]],
    texts: Sequence[Sequence[str]],
    *,
    laws: Mapping[str, Law] = LAWS,
    ax: Axes | None = None,
    labels: Labels = None,
    style: Style = None,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw a table whose cells are coloured by the kind of their gradient law.

    Cells whose law is undefined are hatched.

    >>> from logitscape import plotting
    >>> kinds, texts = [["constant", "exponential decay"]], [["1.41", "0"]]
    >>> axes = plotting.law_table(["softmax"], ["cross_entropy", "brier"], kinds, texts)
    >>> [text.get_text() for text in axes.texts]
    ['1.41', '0']

    Args:
        rows: Names of the rows, from the top.
        columns: Names of the columns.
        kinds: Kind of the law in every cell, [rows][columns], each a key of `laws`.
        texts: Short text in every cell, [rows][columns], with mathtext between dollars.
        laws: Colour, text and hatching of every kind.
        ax: Axes to draw on; by default those of a new figure.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
        size: Width and height of a new figure, in inches.

    Returns:
        The axes; cell (i, j) is centred at x = j, y = i.
    """
    function = "law_table"
    rows, columns = (
        texts_of(function, "rows", rows),
        texts_of(function, "columns", columns),
    )
    laws = by_name(function, "laws", laws, Law, "a color, a text and a hatching")
    kinds = table(function, "kinds", kinds, len(rows), len(columns))
    texts = table(function, "texts", texts, len(rows), len(columns))
    if [len(row) for row in texts] != [len(row) for row in kinds]:
        raise ValueError(
            "`law_table(texts)` must have as many texts as there are kinds, in every row, got "
            f"{quoted(texts)}."
        )
    known(function, "kinds", [kind for row in kinds for kind in row], laws)
    word = translation(function, labels)
    natural = (2.4 + 0.75 * len(columns), 1.4 + 0.36 * len(rows))
    with panel("law_table", ax, style, size, natural=natural) as axes:
        for i, row in enumerate(kinds):
            for j, kind in enumerate(row):
                cell = _draw_cell(axes, i, j, laws[kind], word(texts[i][j]))
                source = Source(kind, [columns[j]], [rows[i]], [texts[i][j]])
                note(cell, source)
        right, bottom = len(columns) - 0.5, len(rows) - 0.5
        axes.set(xlim=(-0.5, right), ylim=(bottom, -0.5))
        _name_rows_and_columns(axes, list(map(word, rows)), list(map(word, columns)))
        axes.spines[:].set_visible(False)
        axes.grid(visible=False)
        _separate_cells(axes, len(rows), len(columns))
    return axes


def law_legend(
    kinds: Iterable[str] = LAWS,
    *,
    fig: FigureBase | None = None,
    laws: Mapping[str, Law] = LAWS,
    labels: Labels = None,
    style: Style = None,
) -> Legend:
    """Draw the legend of a table's colours, in one row below everything.

    >>> from logitscape import plotting
    >>> axes = plotting.law_table(["softmax"], ["brier"], [["zero"]], [["0"]])
    >>> legend = plotting.law_legend(["constant", "zero"], fig=axes.figure)
    >>> [text.get_text() for text in legend.get_texts()]
    ['constant', 'exactly zero']

    Args:
        kinds: Kinds in the legend, each a key of `laws`.
        fig: Figure to draw on, or a part of one; by default pyplot's current figure. Its layout
            is constrained.
        laws: Colour, text and hatching of every kind.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
    """
    function = "law_legend"
    laws = by_name(function, "laws", laws, Law, "a color, a text and a hatching")
    shown = texts_of(function, "kinds", kinds)
    known(function, "kinds", shown, laws)
    if not shown:
        raise ValueError(f"`law_legend(kinds)` must not be empty, got {quoted(kinds)}.")
    word = translation(function, labels)
    figure = plt.gcf() if fig is None else fig
    if not isinstance(figure, FigureBase):
        raise TypeError(
            f"`law_legend(fig=...)` must be a figure of matplotlib, got {quoted(fig)}."
        )
    with settings("law_legend", style):
        return figure.legend(
            handles=[_patch(laws[kind]) for kind in shown],
            labels=[word(laws[kind].text) for kind in shown],
            loc="outside lower center",
            ncols=len(shown),
            columnspacing=1.4,
            handlelength=1.4,
            handleheight=1.2,
            handletextpad=0.5,
        )


def _draw_cell(axes: Axes, i: int, j: int, law: Law, text: str) -> Rectangle:
    rectangle = Rectangle(
        (j - 0.5, i - 0.5),
        1,
        1,
        facecolor=law.color,
        edgecolor="0.75",
        hatch=law.hatch,
        linewidth=0,
    )
    axes.add_patch(rectangle)
    paper: dict[str, Any] | None = None
    if law.hatch and text:
        # Without paper behind it, a text on hatching cannot be read.
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.text(
        j,
        i,
        text,
        color=ink_on(law.color),
        fontsize=points(CELL_SIZE),
        ha="center",
        va="center_baseline",
        bbox=paper,
    )
    return rectangle


def _name_rows_and_columns(
    axes: Axes, rows: Sequence[str], columns: Sequence[str]
) -> None:
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(
        range(len(columns)),
        [_wrapped(name) for name in columns],
        rotation=45,
        ha="left",
        rotation_mode="anchor",
    )
    axes.tick_params(
        length=0, labelsize=points(9), labeltop=True, labelbottom=False, pad=4
    )


def _separate_cells(axes: Axes, num_rows: int, num_columns: int) -> None:
    between_rows = [i - 0.5 for i in range(1, num_rows)]
    between_columns = [j - 0.5 for j in range(1, num_columns)]
    right, bottom = num_columns - 0.5, num_rows - 0.5
    axes.hlines(between_rows, -0.5, right, "white", linewidth=1.2)
    axes.vlines(between_columns, -0.5, bottom, "white", linewidth=1.2)


def _wrapped(name: str) -> str:
    """Break a long name after its first underscore: the columns are narrow."""
    return name.replace("_", "_\n", 1) if len(name) > LONGEST else name


def _patch(law: Law) -> Patch:
    return Patch(facecolor=law.color, edgecolor="0.6", hatch=law.hatch, linewidth=0.5)
