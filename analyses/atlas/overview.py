"""The figure of the atlas: which gradients stay constant, by colour alone."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape._src.plotting.style import LAWS

from ..shared import overview
from ..shared.far_out import Data, constant_objectives, kind_of
from ..shared.titles import headline
from .objectives import (
    ALONE,
    COLUMNS,
    FAMILIES,
    LOGARITHMIC,
    PAIRS,
    ROWS,
)

TITLE = (
    "Who still pushes when the model gets more and more wrong? Only $e^z$ with a loss like\n"
    "$-\\log p$ pushes evenly (outlined), and most losses that take the logits themselves"
)
CAPTION = (
    "What becomes of the slope as a wrong logit rises. Outlined: it is constant as the label's "
    "logit falls, too. Three classes."
)


def draw(data: Data) -> Figure:
    figure, (pairs, alone) = plt.subplots(
        2, 1, figsize=(10, 7.6), height_ratios=[16, 1]
    )
    headline(figure, TITLE)
    names = [[PAIRS[row, column] for column in COLUMNS] for row in ROWS]
    draw_part(pairs, ROWS, COLUMNS, names, data)
    draw_part(alone, ["losses of the logits"], ALONE, [ALONE], data)
    alone.set_xlim(pairs.get_xlim())
    ends = [max(map(ROWS.index, members)) for members in FAMILIES.values()]
    overview.separate(pairs, ends[:-1], len(COLUMNS))
    write_families(pairs)
    middle = (len(LOGARITHMIC) - 1) / 2
    paper = {"facecolor": LAWS["constant"].color, "edgecolor": "none"}
    pairs.text(middle, 1, "constant", ha="center", va="center", fontsize=13, bbox=paper)
    shown = {kind_of(laws.slope) for laws in data["R1"].values()}
    looks = {
        law.text: (law.color, law.hatch) for kind, law in LAWS.items() if kind in shown
    }
    overview.legend(figure, looks, CAPTION)
    return figure


def draw_part(
    axes: Axes,
    rows: "tuple[str, ...] | list[str]",
    columns: tuple[str, ...],
    names: "list[list[str]] | list[tuple[str, ...]]",
    data: Data,
) -> None:
    wrong, framed = data["R1"], constant_objectives(data)
    looks = [[look(kind_of(wrong[name].slope)) for name in row] for row in names]
    overview.table(axes, rows, columns, looks, rotation=45)
    places = {
        (i, j)
        for i, row in enumerate(names)
        for j, name in enumerate(row)
        if name in framed
    }
    overview.outline(axes, places)


def look(kind: str) -> overview.Look:
    law = LAWS[kind]
    return law.color, law.hatch


def write_families(axes: Axes) -> None:
    right = len(COLUMNS) - 0.3
    for name, members in FAMILIES.items():
        middle = sum(map(ROWS.index, members)) / len(members)
        axes.text(right, middle, name, va="center", fontsize=9, fontstyle="italic")
