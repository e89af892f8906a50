"""The figure's panels: where products underflow, and the errors of sums."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from logitscape import plotting
from logitscape._src.plotting.style import (
    BLACK,
    BLUE,
    DASHED,
    DOTTED,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    SOLID,
    settled_log10,
)

DTYPES = ("float64", "float32", "bfloat16", "float16")
PROBABILITIES = {0.9: ORANGE, 0.5: GREEN, 0.1: BLUE, 0.001: BLACK}
STYLES = {
    "one after the other": (BLACK, SOLID),
    "pairwise": (BLUE, DASHED),
    "compensated": (GREEN, DOTTED),
    "running mean": (ORANGE, DASHED),
    "jnp.sum": (SKY, SOLID),
}
ERROR_LIMITS = {"float32": (2e-9, 3e-2), "bfloat16": (2e-4, 3)}


def draw_ends(axes: Axes, powers: pd.DataFrame, uniform: pd.DataFrame) -> None:
    """Draw the number of factors at which products underflow, a row for each format."""
    axes.set(
        title="Terms until a product underflows",
        xscale="log",
        xlim=(1, 2e4),
        ylim=(3.6, -0.6),
        xlabel="$n$",
    )
    formats = list(DTYPES)
    for p, color in PROBABILITIES.items():
        ends = powers[powers["p"] == p].set_index("dtype")["below_normal_at"]
        ends = ends.loc[formats]
        axes.plot(ends, range(4), "o", color=color, markersize=7)
        side = "right" if p == min(PROBABILITIES) else "center"
        axes.text(ends.iloc[0], -0.3, f"{p:g}", color=color, ha=side, fontsize=8.5)
    means = uniform.set_index("dtype").loc[formats, "mean"]
    axes.plot(means, np.arange(4) + 0.18, "d", color=GREY, markersize=5)
    axes.text(
        means.iloc[0], 0.5, "uniform, mean", color=GREY, ha="center", fontsize=8.5
    )
    axes.text(1.15, -0.3, "$p$ =", fontsize=8.5)
    axes.set_yticks(range(4), DTYPES)


def draw_errors(axes: Axes, rows: pd.DataFrame, dtype: str) -> None:
    """Draw relative errors of the sum by method, and the bounds of two of the methods."""
    sizes = np.unique(rows["n"]).astype(float)
    axes.set(
        title=f"Relative error of the sum of logs, {dtype}",
        xscale="log",
        yscale="log",
        xlabel="$n$",
        xlim=sizes[[0, -1]],
        ylim=ERROR_LIMITS[dtype],
    )
    curves = {}
    styles = {}
    for method, (color, dashes) in STYLES.items():
        curves[method] = by_size(rows, method, "mean_error", sizes)
        styles[method] = {"color": color, "linestyle": dashes, "linewidth": 1.8}
    for method in ("one after the other", "pairwise"):
        draw_bound(axes, sizes, by_size(rows, method, "bound", sizes), method)
    plotting.labelled_curves(sizes, curves, styles=styles, ax=axes)
    axes.text(
        0.03,
        0.96,
        "thin: bounds",
        transform=axes.transAxes,
        va="top",
        fontsize=8,
        color="0.35",
    )


def by_size(rows: pd.DataFrame, method: str, column: str, sizes: Any) -> Any:
    """The column of one method, at the numbers of terms."""
    of_method = rows[rows["method"] == method].set_index("n")
    return of_method[column].reindex(sizes).to_numpy()


def draw_bound(axes: Axes, sizes: Any, bound: Any, method: str) -> None:
    color, _ = STYLES[method]
    finite = np.where(np.isfinite(bound), bound, np.nan)
    values = 10 ** settled_log10(finite)
    axes.plot(sizes, values, color=color, linewidth=0.8, alpha=0.6, zorder=1)
