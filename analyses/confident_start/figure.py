"""The figure: predictions against outcomes, and the accuracies of some pairs over the epochs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape import plotting

from .judgement import BACK, judged

if TYPE_CHECKING:
    import pandas as pd

LAWS = {
    "keeps its size": ("#009E73", "o"),
    "fades": ("#56B4E9", "v"),
    "grows": ("#D55E00", "^"),
    "exactly 0": ("#000000", "s"),
    "undefined": ("#CC79A7", "X"),
}
"""Colour and marker of the pairs, by the law of their gradient."""
FLOOR, CEILING = -0.13, 1.08
"""Ways back beyond these are drawn there."""
CORNERS = {
    (True, True): ((0.985, 0.965), "recover, as predicted"),
    (False, True): ((0.015, 0.965), "recover unexpectedly"),
    (True, False): ((0.985, 0.035), "fail unexpectedly"),
    (False, False): ((0.015, 0.035), "fail, as predicted"),
}
"""Position and text of the counts, by prediction and outcome."""
CAPTION = (
    "A linear model on digits; weights of standard deviation 4 at the confident start, 0.01 at the "
    "gentle one; learning rates tuned for each pair and start; means over 10 seeds. Way back:\n"
    "from the start's accuracy (0) to what a gentle start reaches (1); at 0.9 a pair counts as "
    "recovered. Predicted by gradient descent on the logits of 256 images, preconditioned by the "
    "kernel\nof the start. Left: all {count} pairs. Colours: how the gradient's norm changes with "
    "the margin (rays R1, R2, R3). Right: the same runs, repeated; one that diverges predicts "
    "nothing."
)


def draw(tables: "Mapping[str, pd.DataFrame]") -> Figure:
    learning = judged(tables["pairs"])
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11.4, 5.4), width_ratios=(1.2, 1)
    )
    figure.suptitle(title(learning), x=0.008, ha="left")
    figure.supxlabel(
        CAPTION.format(count=len(learning)), fontsize=8, x=0.008, ha="left"
    )
    draw_predictions(left, learning)
    draw_courses(right, tables["curves"])
    return figure


def title(learning: "pd.DataFrame") -> str:
    unseen = learning[learning.held_out]
    right = (unseen.predicted == unseen.recovers).mean()
    return (
        "Whether a confidently wrong classifier recovers can be told before training: descent on\n"
        f"its start's logits is right for {right:.0%} of {len(unseen)} pairs "
        "on which its kernel was not chosen"
    )


def draw_predictions(axes: Axes, learning: "pd.DataFrame") -> None:
    """Draw a mark for each pair: its way back as predicted, and as measured."""
    axes.axvspan(BACK, 2, color="#009E73", alpha=0.07, lw=0)
    draw_marks(axes, learning)
    axes.axhline(BACK, color="0.4", lw=0.8)
    axes.axvline(BACK, color="0.4", lw=0.8)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set(xlim=(-0.22, 1.22), ylim=(-0.24, 1.24), xticks=ticks, yticks=ticks)
    axes.set_xlabel("share of the way back, predicted")
    axes.set_ylabel("share of the way back, measured")
    axes.legend(
        ncols=3,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.01),
        fontsize=8,
        handletextpad=0.1,
        columnspacing=0.7,
        borderaxespad=0.1,
    )
    draw_counts(axes, learning)


def draw_marks(axes: Axes, learning: "pd.DataFrame") -> None:
    # Many pairs have the same way back: noise separates their marks.
    random = np.random.default_rng(0)
    x, y = (
        np.clip(learning[name].fillna(FLOOR), FLOOR, CEILING)
        + random.uniform(-0.012, 0.012, len(learning))
        for name in ("predicted_way_back", "way_back")
    )
    for law, (color, marker) in LAWS.items():
        rows = learning.law == law
        axes.scatter(
            x[rows],
            y[rows],
            26,
            color,
            marker=marker,
            label=f"{law} ({rows.sum()})",
            alpha=0.7,
            linewidths=0,
            zorder=3,
        )


def draw_counts(axes: Axes, learning: "pd.DataFrame") -> None:
    """Write into each corner how many pairs are there."""
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.8}
    for (predicted, recovers), ((x, y), text) in CORNERS.items():
        inside = (learning.predicted == predicted) & (learning.recovers == recovers)
        axes.text(
            x,
            y,
            f"{text}: {inside.sum()}",
            fontsize=9,
            fontweight="bold" if predicted == recovers else "normal",
            ha="right" if predicted else "left",
            va="center",
            transform=axes.transAxes,
            bbox=paper,
        )


def draw_courses(axes: Axes, curves: "pd.DataFrame") -> None:
    """Draw the test accuracies over the epochs.

    A line is a pair from the confident start; the grey band is the range of the same pairs from the
    gentle start.
    """
    gentle = courses_from("gentle", curves)
    confident = courses_from("confident", curves)
    epochs = confident.columns.astype(float)
    last: Any = epochs[-1]
    axes.set_title("Confident start (grey: the same pairs, gentle start)", fontsize=10)
    axes.set(xlabel="epoch", ylabel="test accuracy", xlim=(0, last), ylim=(0, 1))
    axes.set_xticks(np.linspace(0, last, 5))
    axes.fill_between(epochs, gentle.min(), gentle.max(), color="0.88", lw=0, zorder=0)
    lines = {pair: row.to_numpy() for pair, row in confident.iterrows()}
    plotting.labelled_curves(epochs, lines, ax=axes)


def courses_from(start: str, curves: "pd.DataFrame") -> "pd.DataFrame":
    """Accuracies with a row per pair and a column per epoch."""
    rows = curves[curves.start == start]
    return rows.set_index("pair").drop(columns="start")
