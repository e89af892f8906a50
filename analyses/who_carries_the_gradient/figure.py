"""The figures: who carries the gradient where few are wrong, and how that comes over training."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape import plotting
from logitscape._src.plotting.style import BLUE, VERMILLION

if TYPE_CHECKING:
    import pandas as pd

    Tables: TypeAlias = Mapping[str, pd.DataFrame]

REFERENCE = "softmax + cross_entropy"
AT = 0.05
"""The share of the examples that are wrong where pairs are compared."""
MODELS = ("linear", "hidden layer of 64")
LOOKS = {"linear": (BLUE, "o", 0.14), "hidden layer of 64": (VERMILLION, "D", -0.14)}
"""Colour and marker of each model, and how far its markers lie above the middle of their row."""
MOST = 0.56
"""Where the axis of the gradient's share ends."""
CAPTION = (
    "Digits; learning rates tuned for each pair and model; means over 10 seeds, 95 % intervals. "
    "A pair without a marker has seeds that never are at 5 %."
)
DETAILS = (
    "Digits, learning rates tuned for each pair and model, means over 10 seeds. "
    "The gradient is that in the logits, summed as norms over the images to train on."
)


def draw(tables: "Tables") -> Figure:
    pairs = tables["pairs"]
    order = by_share(pairs)
    figure, axes = plt.subplots(figsize=(8.4, 4.6))
    numbers = pairs[pairs.pair == REFERENCE].carried
    figure.suptitle(
        f"When {AT:.0%} of the examples are wrong, they carry {numbers.min():.0%} to "
        f"{numbers.max():.0%} of the gradient\nof {REFERENCE}: "
        "far more than their share, but less than half",
        x=0.008,
        ha="left",
    )
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    for model in MODELS:
        draw_model(
            axes, pairs[pairs.model == model].set_index("pair").loc[order], model
        )
    ticks = np.linspace(0, 0.5, 6)
    axes.set(
        xlim=(0, MOST),
        ylim=(len(order) - 0.4, -1.1),
        xlabel="share of the gradient that the wrong examples carry",
    )
    axes.set(xticks=ticks, xticklabels=[f"{tick:.0%}" for tick in ticks])
    axes.set_yticks(range(len(order)), order)
    axes.get_yticklabels()[order.index(REFERENCE)].set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    draw_mark(axes, AT, "their share\nof the examples")
    draw_mark(axes, 0.5, "half of\nthe gradient")
    axes.legend(loc="lower right", title="model", bbox_to_anchor=(0.88, 0.02))
    return figure


def by_share(pairs: "pd.DataFrame") -> list[str]:
    """The pairs, from those whose wrong examples carry most; last those that were not compared."""
    means = pairs.groupby("pair", sort=False).carried.mean()
    names: list[str] = means.sort_values(ascending=False).index.tolist()
    return names


def draw_model(axes: Axes, rows: "pd.DataFrame", model: str) -> None:
    color, marker, up = LOOKS[model]
    heights = np.arange(len(rows)) - up
    axes.hlines(heights, rows.carried_low, rows.carried_high, color, linewidth=1.2)
    axes.plot(rows.carried, heights, marker, color=color, label=model, markersize=5)


def draw_mark(axes: Axes, x: float, text: str) -> None:
    axes.axvline(x, color="0.4", linewidth=0.9, zorder=1)
    axes.text(
        x + 0.004, -0.95, text, fontsize=8, fontstyle="italic", color="0.3", va="top"
    )


def draw_details(tables: "Tables") -> Figure:
    figure, panels = plt.subplots(1, 2, figsize=(12.4, 5), sharey=True)
    figure.suptitle(
        "How many times its share of the examples do the wrong carry of the gradient, "
        "over training?",
        x=0.008,
        ha="left",
    )
    figure.supxlabel(DETAILS, fontsize=8, x=0.008, ha="left")
    for axes, model in zip(panels, MODELS, strict=True):
        draw_times(axes, tables["shares"][tables["shares"].model == model])
        axes.set_title(model[0].upper() + model[1:])
    panels[0].set_ylabel("share of the gradient / share of the examples")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    return figure


def draw_times(axes: Axes, shares: "pd.DataFrame") -> None:
    """Draw over the epochs how many times their share the wrong carry.

    Drawn over the share that is wrong, curves would run backwards where more become wrong again.
    """
    axes.axhline(1, color="0.4", linewidth=0.9, zorder=1)
    for pair, rows in shares.groupby("pair", sort=False):
        style = plotting.style_of(str(pair))
        times = plotting.settled(rows.carried / rows.wrong)
        axes.plot(rows.epoch, times, **style, label=pair)
    last = shares.epoch.max()
    axes.set(
        xlabel="epochs", yscale="log", xlim=(0, last), xticks=range(0, last + 1, 5)
    )
    axes.set(yticks=[1, 2, 5, 10, 20], yticklabels=["1", "2", "5", "10", "20"])
    axes.minorticks_off()
