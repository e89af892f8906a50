"""The details of the atlas: the law in every cell, and those of the norm in its corners."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from logitscape import plotting
from logitscape._src.plotting.style import LAWS

from ..shared.far_out import Data, constant_objectives, kind_of, short
from ..shared.probe_rays import Laws
from .objectives import ALONE, COLUMNS, PAIRS, ROWS

CORNER = 0.13
"""Width of the square in a corner of a cell, whose own width is 1."""
TITLE = "The gradient laws of all pairs, while the model gets more wrong and when it is right"
CAPTION = (
    "Three classes, label 0, ray R1: $z = (1,\\, 1 + s,\\, 1)$. "
    "A cell is the law of the slope $dL/ds$: how hard the gradient pushes the wrong logit down. "
    "Fitted up to $s = 10^{14}$ (708 for iterated_exponential).\n"
    "Framed: the slope is constant on ray R2 too, $z = (1 - s,\\, 1,\\, 1)$. "
    "$\\infty$: the loss is infinite, as $p_0 = 0$; $s \\geq$: from there on. "
    "Lower left corner: the kind of law of the gradient's norm, where it is another.\n"
    "Lower right corner: that of the norm when right, $z = (1 + s,\\, 1,\\, 1)$. "
    "All laws, also on R3: atlas.csv."
)


def draw_details(data: Data) -> Figure:
    figure, (pairs, alone) = plt.subplots(2, 1, figsize=(13, 9), height_ratios=[16, 1])
    figure.suptitle(TITLE, x=0.008, ha="left")
    names = [[PAIRS[row, column] for column in COLUMNS] for row in ROWS]
    draw_table(pairs, ROWS, COLUMNS, names, data)
    draw_table(alone, ["losses of the logits"], ALONE, [ALONE], data)
    alone.set_xlim(pairs.get_xlim())
    draw_legend(figure, data)
    return figure


def draw_table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    names: Sequence[Sequence[str]],
    data: Data,
) -> None:
    """Draw a table of the objectives with these names, [rows][columns]."""
    wrong = data["R1"]
    kinds = [[kind_of(wrong[name].slope) for name in row] for row in names]
    texts = [[short(wrong[name].slope) for name in row] for row in names]
    plotting.law_table(rows, columns, kinds, texts, ax=axes)
    framed = constant_objectives(data)
    for i, row in enumerate(names):
        for j, name in enumerate(row):
            if name in framed:
                draw_frame(axes, i, j)
            draw_corners(axes, i, j, wrong[name], data["right"][name])


def draw_frame(axes: Axes, i: int, j: int) -> None:
    corner = (j - 0.45, i - 0.42)
    axes.add_patch(Rectangle(corner, 0.9, 0.84, fill=False, linewidth=1.2))


def draw_corners(axes: Axes, i: int, j: int, wrong: Laws, right: Laws) -> None:
    norm_kind = kind_of(wrong.norm)
    if norm_kind != kind_of(wrong.slope):
        draw_corner(axes, j - 0.47, i, norm_kind)
    draw_corner(axes, j + 0.47 - CORNER, i, kind_of(right.norm))


def draw_corner(axes: Axes, x: float, i: int, kind: str) -> None:
    """Draw a small square; nothing for a kind without a colour, where only noise is left."""
    if kind not in LAWS:
        return
    style = LAWS[kind]
    square = Rectangle(
        (x, i + 0.45 - 2 * CORNER),
        width=CORNER,
        height=2 * CORNER,
        facecolor=style.color,
        hatch=style.hatch,
        edgecolor="0.35",
        linewidth=0.5,
    )
    axes.add_patch(square)


def draw_legend(figure: Figure, data: Data) -> None:
    shown = {kind_of(laws.norm) for laws in data["right"].values()}
    for laws in data["R1"].values():
        shown.update([kind_of(laws.slope), kind_of(laws.norm)])
    kinds = [kind for kind in plotting.LAWS if kind in shown]
    legend = plotting.law_legend(kinds, fig=figure)
    legend.set_title(CAPTION, prop=FontProperties(size=8.5))
