"""The figure's panels: distances by the number of examples, and the table of all limits."""

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from logitscape import plotting
from logitscape._src.plotting.style import UNDEFINED, ink_on, settled

from .criteria import REACHED

Array: TypeAlias = NDArray[Any]

AT_INFINITY = 1e6
"""Where unlimited data lie on the axis of examples."""
FADE = LinearSegmentedColormap.from_list(
    "distance", ["#009E73", "#FFFFFF", "#F3C58E", "#D55E00", "#7A2E00"]
)
PERCENT_AT_END = 60
"""The distance, in percent, at the dark end of the colours; their scale is a square root."""


def draw_growth(
    axes: Axes, tables: dict[str, pd.DataFrame], names: dict[str, str]
) -> None:
    """Draw each pair's distance from the posterior, up to unlimited data, with its interval.

    Args:
        axes: Axes to draw on.
        tables: The tables of the study.
        names: The label of each pair; those that were not fitted are left out.
    """
    fits = tables["fits"]
    limits = tables["pairs"].set_index("pair")["limit_tv"]
    drawn = {pair: name for pair, name in names.items() if pair in set(fits["pair"])}
    examples = np.unique(fits["examples"]).astype(float)
    sizes = np.append(examples, AT_INFINITY)
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(examples[0], AT_INFINITY),
        ylim=(6e-4, 0.7),
        ylabel="total variation from Bayes",
    )
    curves = {}
    for pair, name in drawn.items():
        rows = fits[fits["pair"] == pair].set_index("examples")
        curves[name] = _joined(sizes, _with_limit(rows["tv"], limits[pair]))
        _draw_interval(axes, rows, plotting.style_of(pair)["color"])
    styles = {name: plotting.style_of(pair) for pair, name in drawn.items()}
    plotting.labelled_curves(sizes, curves, styles=styles, ax=axes)
    axes.set_xticks(sizes, [*(f"{size:,.0f}" for size in examples), "unlimited"])
    axes.minorticks_off()


def _with_limit(distances: pd.Series, limit: float) -> pd.Series:
    """The distances, and at infinity the limit, unless it is 0."""
    points = distances.copy()
    if limit > REACHED:
        points[AT_INFINITY] = limit
    return points


def _joined(sizes: Array, points: pd.Series) -> Array:
    """A curve through the points, straight on logarithmic axes and NaN after the last of them."""
    logs = np.interp(
        np.log(sizes),
        np.log(points.index.to_numpy(float)),
        np.log(points.to_numpy()),
        right=np.nan,
    )
    return np.asarray(np.exp(logs))


def _draw_interval(axes: Axes, rows: pd.DataFrame, color: Any) -> None:
    signs = np.array([[-1], [1]])
    band = rows["tv"].to_numpy() + signs * rows["tv_half_width"].to_numpy()
    # A lower end of 0 or less has no place on the logarithmic axis.
    low, high = settled(np.clip(band, 1e-9, None))
    axes.fill_between(rows.index, low, high, color=color, alpha=0.15, linewidth=0)


def draw_limits(axes: Axes, pairs: pd.DataFrame) -> None:
    """Draw the limits of all pairs as a coloured table, in percent."""
    table = pairs[pairs["normalizer"] != ""]
    rows = table["normalizer"].unique()
    columns = table["loss"].unique()
    matrix = table.pivot(index="normalizer", columns="loss", values="limit_tv")
    # A pivot sorts by name, and the catalog has an order of its own.
    matrix = matrix.reindex(index=rows, columns=columns)
    values = 100 * matrix.to_numpy(float)
    axes.set_facecolor(UNDEFINED["facecolor"])
    axes.imshow(
        settled(np.sqrt(values)),
        cmap=FADE,
        vmin=0,
        vmax=np.sqrt(PERCENT_AT_END),
        aspect="auto",
    )
    for (i, j), value in np.ndenumerate(values):
        style = {"ha": "center", "va": "center", "fontsize": 8, "color": _ink(value)}
        axes.text(j, i, _in_percent(value), **style)
    _label_table(axes, rows, columns)


def _in_percent(value: float) -> str:
    if np.isnan(value):
        return "–"
    if value < 0.05:
        return "0"
    return f"{value:.1f}" if value < 1 else f"{value:.0f}"


def _ink(value: float) -> Any:
    """A colour that can be read on the value's colour."""
    return "0.5" if np.isnan(value) else ink_on(FADE(np.sqrt(value / PERCENT_AT_END)))


def _label_table(axes: Axes, rows: Any, columns: Any) -> None:
    axes.set_xticks(
        range(len(columns)),
        columns,
        rotation=40,
        ha="left",
        rotation_mode="anchor",
        fontsize=8,
    )
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.tick_params(
        length=0, top=False, labeltop=True, bottom=False, labelbottom=False
    )
    axes.set_xlabel(
        "Unlimited data: total variation distance from the Bayes posterior, in percent\n"
        "(– cannot be trained)"
    )
    axes.grid(False)
    axes.spines[:].set_visible(False)
