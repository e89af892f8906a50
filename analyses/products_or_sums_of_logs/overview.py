"""The figure with the message: how many terms a product takes, and how many a sum of logs."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape._src.plotting.style import BLUE, VERMILLION

from ..shared.titles import headline
from .panels import DTYPES

END = 4e6
"""Where an arrow ends that means: further than was measured."""
CAPTION = (
    "Probabilities drawn uniformly from (0, 1). A product ends, on average, where it falls below "
    "the smallest normal number;\na sum of logarithms, in whatever order, where it is infinite. "
    "In 16 bits, added one by one, it comes to a standstill before."
)


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    figure, axes = plt.subplots(figsize=(7.6, 4))
    headline(
        figure,
        "A product of probabilities soon underflows; the sum of their logs goes on",
    )
    figure.supxlabel(CAPTION, fontsize=8, x=0.012, ha="left")
    means = tables["uniform"].set_index("dtype")["mean"]
    for row, dtype in enumerate(DTYPES):
        draw_bar(axes, row - 0.17, means[dtype], VERMILLION, "product")
        draw_bar(axes, row + 0.17, terms_of_a_sum(tables["sums"], dtype), BLUE, "sum")
    axes.set(xscale="log", xlim=(1, 2e7), ylim=(3.6, -0.6), xlabel="number of terms")
    axes.set_yticks(range(len(DTYPES)), DTYPES)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    return figure


def terms_of_a_sum(sums: pd.DataFrame, dtype: str) -> float:
    """The largest number of terms whose sum was finite by all methods; infinity if all were."""
    rows = sums[sums["dtype"] == dtype]
    finite = np.isfinite(rows["largest_error"]).groupby(rows["n"]).all()
    return np.inf if finite.all() else float(finite[finite].index.max())


def draw_bar(axes: Axes, height: float, end: float, color: str, name: str) -> None:
    """A bar up to where a form ends, or an arrow if it does not."""
    goes_on = bool(np.isinf(end))
    shown = min(end, END)
    axes.plot(
        [1, shown * (0.9 if goes_on else 1)],
        [height, height],
        color=color,
        linewidth=9,
        solid_capstyle="butt",
        label=name,
    )
    if goes_on:
        axes.plot(shown, height, ">", color=color, markersize=14, markeredgewidth=0)
        text, place, ink = "sum of logs: no end to a million terms", 1.4, "white"
    elif name == "sum":
        text, place, ink = f"sum of logs: finite to {end:,.0f}", 1.4, "white"
    else:
        text, place, ink = f"product: {end:.0f}", shown * 1.25, color
    axes.text(
        place,
        height,
        text,
        color=ink,
        va="center_baseline",
        fontsize=8,
        fontweight="bold",
    )
