"""The upper half of the figure: a table with the verdict on every pair and every loss of logits."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from logitscape import plotting
from logitscape._src.properties.convexity import Convexity

from ..shared import cells
from ..shared.catalogue import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES

Values: TypeAlias = NDArray[Any]

PAIRS = [
    f"{normalizer} + {loss}"
    for normalizer in NORMALIZERS
    for loss in PROBABILITY_LOSSES
]
CONVEX = "#0072B2"
MILD = "#FBE3C3"
STRONG = "#C4560A"
KINK = "#F3ECD9"
INFINITE = "#F7F7F7"
HATCH = "//////"
STRENGTHS = LinearSegmentedColormap.from_list("strength", [MILD, STRONG])
LEGEND = {
    "convex (≥ 0 or ∞: where it is finite)": (CONVEX, ""),
    "bends down: the least eigenvalue of the Hessian": ("#E6A15C", ""),
    "no negative curvature, but a kink or a jump": (KINK, ""),
    "infinite almost everywhere": (INFINITE, HATCH),
}
TITLE = "How far down the pairs bend: the least curvature in the logits"


def draw_verdicts(figure: Any, searches: Mapping[str, Convexity]) -> None:
    """Draw the table of pairs, and below it a row of the losses of the logits."""
    pairs, alone = figure.subplots(2, 1, height_ratios=[16, 1])
    losses = list(PROBABILITY_LOSSES)
    by_row = [
        [searches[f"{normalizer} + {loss}"] for loss in losses]
        for normalizer in NORMALIZERS
    ]
    draw_table(pairs, list(NORMALIZERS), losses, by_row)
    logit_losses = list(LOGIT_LOSSES)
    row = [searches[name] for name in logit_losses]
    draw_table(alone, ["(of the logits)"], logit_losses, [row])
    alone.set_xlim(-0.5, len(losses) - 0.5)
    figure.suptitle(TITLE, fontsize=12)
    cells.legend(figure, LEGEND)


def draw_table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    searches: Sequence[Sequence[Convexity]],
) -> None:
    for i, row in enumerate(searches):
        for j, search in enumerate(row):
            draw_cell(axes, i, j, search)
    names = [wrapped(name) for name in columns]
    cells.frame(axes, rows, names, rotation=30, ha="left", rotation_mode="anchor")


def wrapped(name: str) -> str:
    """A long name in two lines: the columns are narrow."""
    if len(name) <= 13:
        return name
    return name.replace("_", "_\n", 1)


def draw_cell(axes: Axes, i: int, j: int, search: Convexity) -> None:
    color = cell_color(search)
    hatch = HATCH if search.convex is None else ""
    edge = "0.75" if hatch else "white"
    cells.square(
        axes, i, j, facecolor=color, edgecolor=edge, hatch=hatch, linewidth=1.2
    )
    axes.text(
        j,
        i,
        cell_text(search),
        ha="center",
        va="center_baseline",
        color=plotting.ink_on(color),
        fontsize=8,
    )


def cell_color(search: Convexity) -> Any:
    if search.convex is None:
        return INFINITE
    if search.convex:
        return CONVEX
    if search.curvature >= 0:
        return KINK
    # The colours span curvatures from -0.06 to -1000 by their logarithm.
    strength = np.clip((np.log10(-search.curvature) + 1.2) / 4.2, 0, 1)
    red, green, blue, _ = STRENGTHS(strength)
    return red, green, blue


def cell_text(search: Convexity) -> str:
    if search.convex is None:
        return ""
    if search.convex:
        return "≥ 0 or ∞" if search.infinite > 0.01 else "≥ 0"
    if search.curvature >= 0:
        return "kink"
    return curvature_text(search.curvature, search.settled)


def curvature_text(curvature: float, settled: bool) -> str:
    """A negative curvature with two digits; a bound where it is large, or was still falling."""
    if curvature <= -1000:
        return r"$<\!-10^3$"
    rounded = float(f"{-curvature:.2g}")
    bound = "" if settled else "<"
    return f"{bound}−{rounded:g}"
