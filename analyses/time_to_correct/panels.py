"""The lower part of the figure: times, discrete steps, and paths over the gradient field."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from logitscape import plotting
from logitscape._src.plotting.style import GREY, SKY, VERMILLION

from .cases import main_case
from .growth_table import law

OPTIMIZERS = {
    "sgd": ("plain", GREY),
    "momentum": ("momentum", SKY),
    "adam": ("Adam", VERMILLION),
}
BAR_WIDTH = 0.26
LIMITS = (1e-3, 1e1)
"""Gradient norms at the ends of the colours."""
BOX = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85}


def draw_curves(axes: Axes, times: pd.DataFrame, cases: pd.DataFrame) -> None:
    """Draw the time of gradient flow over the margin."""
    log_times = main_case(times).drop(columns=["ray", "classes"])
    cases = main_case(cases)
    curves = {}
    never = []
    for name, row in log_times.iterrows():
        values = row.to_numpy(float)
        if np.isfinite(values).any():
            curves[str(name)] = np.exp(values)
        else:
            never.append(f"never: {name}")
    axes.set(
        yscale="log", xlabel="wrong by a margin $M$", ylabel="time $T$ until right"
    )
    axes.set_title("Time of gradient flow (R1, three classes)")
    notes = {name: law(cases.loc[name]) for name in curves}
    margins = log_times.columns.astype(float)
    plotting.labelled_curves(margins, curves, notes=notes, ax=axes)
    axes.text(
        0.03,
        0.97,
        "\n".join(never),
        transform=axes.transAxes,
        va="top",
        fontsize=8.5,
    )


def draw_steps(axes: Axes, steps: pd.DataFrame, margin: float) -> None:
    """Draw the number of discrete steps, a bar for each optimizer, or why there is none."""
    steps = steps[steps["margin"] == margin]
    pairs = list(dict.fromkeys(steps["objective"]))
    for k, optimizer in enumerate(OPTIMIZERS):
        rows = steps[steps["optimizer"] == optimizer].set_index("objective").loc[pairs]
        places = np.arange(len(pairs)) + (k - 1) * BAR_WIDTH
        _draw_bars(axes, places, rows, optimizer)
    axes.set(
        xscale="log",
        xlim=(0.7, 4e6),
        xlabel="steps until right",
        title=f"Discrete steps, $M = {margin:g}$",
    )
    axes.set_yticks(range(len(pairs)), pairs)
    axes.set_ylim(len(pairs) - 0.5, -0.5)


def _draw_bars(axes: Axes, places: Any, rows: pd.DataFrame, optimizer: str) -> None:
    label, color = OPTIMIZERS[optimizer]
    lengths = rows["steps"].where(rows["steps"] >= 0)
    axes.barh(places, lengths, BAR_WIDTH, color=color, label=label)
    for place, (_, row) in zip(places, rows.iterrows(), strict=True):
        text = "" if row["steps"] >= 0 else _failure(row["why"])
        axes.text(0.9, place, text, va="center", fontsize=7)


def _failure(why: str) -> str:
    return "not within 100,000" if why.startswith("still") else f"never: {why}"


def draw_paths(figure: SubFigure, paths: pd.DataFrame, field: pd.DataFrame) -> None:
    """Draw the flows of each pair over its gradient field."""
    pairs = list(dict.fromkeys(paths["pair"]))
    panels = figure.subplots(1, len(pairs), squeeze=False)[0]
    for axes, pair in zip(panels, pairs, strict=True):
        colors = _draw_field(axes, field, pair)
        _draw_flows(axes, paths[paths["pair"] == pair])
        axes.set(
            title=pair,
            xlabel="$z_0 - z_2$ (label 0)",
            ylabel="$z_1 - z_2$",
            xticks=[-8, 0, 8],
            yticks=[-8, 0, 8],
        )
    plotting.norm_bar(colors, ax=list(panels))


def _draw_field(axes: Axes, field: pd.DataFrame, pair: str) -> Any:
    x = np.unique(field["x"])
    y = np.unique(field["y"])
    length = field[f"{pair}: length"].to_numpy(float).reshape(y.size, x.size)
    degrees = field[f"{pair}: direction"].to_numpy(float).reshape(y.size, x.size)
    angle = np.radians(degrees)
    arrows = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return plotting.plane_field(x, y, length, arrows, limits=LIMITS, ax=axes)


def _draw_flows(axes: Axes, paths: pd.DataFrame) -> None:
    """Draw each path with its time beside its start, and where the label begins to be predicted."""
    # The label ties with class 2 below y = 0, and with class 1 above.
    axes.plot([0, 0, 9], [-9, 0, 9], color="white", linewidth=1.2, linestyle="--")
    for _, path in paths.groupby("start"):
        start = path.iloc[0]
        axes.plot(path["x"], path["y"], color=VERMILLION, linewidth=2.2, zorder=4)
        axes.plot(
            start["x"],
            start["y"],
            "o",
            color="white",
            markeredgecolor="black",
            markersize=5,
            zorder=5,
        )
        axes.annotate(
            "never" if start["why"] else _two_digits(start["time"]),
            (start["x"], start["y"]),
            (5, 5),
            textcoords="offset points",
            fontsize=8,
            zorder=6,
            bbox=BOX,
        )


def _two_digits(time: float) -> str:
    return f"{float(f'{time:.2g}'):,g}"
