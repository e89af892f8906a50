"""The figure: shares of the time above, alternatives relative to softmax over all classes below."""

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape._src.plotting import style

from .findings import PASSES
from .tables import percent, power, rows_of

if TYPE_CHECKING:
    import pandas as pd

    from ..harness.results import Tables

SHARES = {
    "product": (style.GREY, "product with the weights"),
    "square": (style.SKY, "max, sum, logarithm, division"),
    "exp": (style.VERMILLION, "exponential"),
}
"""Colour and label of the bars, from below."""
ALTERNATIVES = {
    "whole, square": (style.PURPLE, "o", "a square instead of the exponential"),
    "whole, sampled": (style.BLUE, "s", "512 sampled classes instead of all"),
}
"""Colour, marker and label of the lines."""


def draw(tables: "Tables") -> Figure:
    parts = tables["parts"]
    widths = sorted(set(parts["hidden"]))
    columns = [(width, name) for width in widths for name in PASSES]
    figure, panels = plt.subplots(
        2, len(columns), figsize=(11.4, 5.6), sharey="row", sharex="col", squeeze=False
    )
    figure.suptitle(title(parts), x=0.008, ha="left")
    for (top, bottom), (width, name) in zip(panels.T, columns, strict=True):
        rows = parts[(parts["hidden"] == width) & (parts["pass"] == name)]
        draw_shares(top, rows)
        draw_alternatives(bottom, rows)
        top.set_title(f"{name}, {width} hidden units")
        bottom.set_xlabel("classes $K$")
    panels[0, 0].set_ylabel("share of the time")
    panels[1, 0].set_ylabel("time, softmax over all = 1")
    for row in panels:
        draw_legend(row[0], row[-1])
    figure.supxlabel(caption(tables), fontsize=8, x=0.008, ha="left")
    return figure


def draw_legend(explained: Axes, last: Axes) -> None:
    """Draw the legend of one panel beside the last panel of its row."""
    handles, labels = explained.get_legend_handles_labels()
    last.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(1.02, 1), fontsize=8.5
    )


def title(parts: "pd.DataFrame") -> str:
    width = parts["hidden"].max()
    rows = parts[parts["hidden"] == width]
    most = rows_of(rows, "exp")["share"].max()
    least = rows_of(rows, "product")["share"].min()
    return (
        f"With {width} hidden units the exponential is at most {percent(most)} "
        f"of an output layer's time, the product with the weights at least {percent(least)}"
    )


def draw_shares(axes: Axes, rows: "pd.DataFrame") -> None:
    """Draw the shares as bars on top of each other; the exponential with its quartiles."""
    exp_rows = rows_of(rows, "exp")
    product = positive_share(rows_of(rows, "product"))
    exp = positive_share(exp_rows)
    places = np.arange(len(exp))
    base: Any = 0.0
    for name, share in (
        ("product", product),
        ("square", 1 - product - exp),
        ("exp", exp),
    ):
        color, label = SHARES[name]
        axes.bar(places, share, bottom=base, color=color, width=0.8, label=label)
        base = base + share
    axes.errorbar(
        places,
        base,
        distances(exp, exp_rows["share_low"], exp_rows["share_high"]),
        fmt="none",
        ecolor=style.BLACK,
        elinewidth=1,
        capsize=2,
    )
    axes.set_ylim(0, 1.15)


def positive_share(rows: "pd.DataFrame") -> Any:
    """The shares of a program; 0 where noise made them negative."""
    return rows["share"].clip(lower=0).to_numpy()


def draw_alternatives(axes: Axes, rows: "pd.DataFrame") -> None:
    """Draw the times of the alternatives, with quartiles."""
    classes = rows_of(rows, "whole")["classes"].tolist()
    axes.axhline(1, color=style.BLACK, linewidth=1.5)
    for program, (color, marker, label) in ALTERNATIVES.items():
        times = rows_of(rows, program)
        medians = times["relative"].to_numpy()
        axes.errorbar(
            [classes.index(k) for k in times["classes"]],
            medians,
            distances(medians, times["relative_low"], times["relative_high"]),
            fmt=f"{marker}-",
            color=color,
            markersize=5,
            capsize=2,
            label=label,
        )
    axes.set_yscale("log")
    axes.set_xticks(range(len(classes)), [power(k) for k in classes])


def distances(medians: Any, low: Any, high: Any) -> Any:
    """Distances of the quartiles from the medians, [2, m], as matplotlib's error bars want them."""
    return np.stack([medians - low, high - medians]).clip(0)


def caption(tables: "Tables") -> str:
    machine = tables["machine"].iloc[0]
    return (
        "Medians of interleaved rounds with quartiles; "
        f"{machine['dtype']} on {machine['backend']}: {machine['processor']}, "
        f"{machine['cores']} cores. "
        "The exponential: what a loss with a square in its place takes less, "
        "shown as 0 where that is negative."
    )
