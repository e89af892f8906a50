"""Which pairs find the true posterior of Gaussian clusters as the data grow, and where do the others end?

Claims C16, C17 (training part) and C18. Three classes in two dimensions, one Gaussian cluster each, of covariance 1, with
shares 0.5, 0.3, 0.2: the posterior is a softmax of linear functions, and known. Every pair of the catalogue, with linear
logits, is fitted to the first 100 and 1,000 examples of ten data sets (those that are compared closely to 10,000, or 100,000)
and to the distribution itself, by the trapezoidal rule: where it ends with unlimited data. The fit is by BFGS on the whole
data set with line search, so that there is no learning rate to tune. To 100 examples it is the better one from a gentle and
from a random start, to 1,000 from the gentle start and from the fit to 100, and then from the fit to fewer examples. kl is
left out: it is cross_entropy here.

The distance from the truth is the mean over the inputs, by the same rule, of the KL divergence or of the total variation
distance (1 where p is undefined). It has two causes, kept apart. The loss may ask for other probabilities: see "asked", fits
to labels without inputs, where all p can be reached, beside the minimiser of the expected loss by theory. Or the normalizer
cannot give the posterior with linear logits: see its limit with cross_entropy, the nearest that it has. Intervals are
Student's t over ten data sets, 95 %; comparisons with softmax + cross_entropy are paired by data set, and corrected by Holm.
"""

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from logitscape import plotting
from logitscape._src.plotting.style import UNDEFINED, ink_on, settled

from .. import harness
from ..harness.study import StudyRun
from .findings import HERO, REACHED, findings

Array: TypeAlias = NDArray[Any]

LOSSES_DRAWN = (
    "brier",
    "spherical_score",
    "poly1",
    "label_smoothing",
    "hellinger",
    "exponential",
)
NORMALIZERS_DRAWN = ("softplus", "taylor", "abs", "sum", "sparsemax")
AT_INFINITY = 1e6
FADE = LinearSegmentedColormap.from_list(
    "distance", ["#009E73", "#FFFFFF", "#F3C58E", "#D55E00", "#7A2E00"]
)


def measure(plan: StudyRun) -> dict[str, pd.DataFrame]:
    from . import tables

    return tables.measure(plan)


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    figure = plt.figure(figsize=(13.2, 7.4))
    figure.suptitle("Softmax with a proper loss finds the true posterior, and so does what becomes softmax far out; "
                    "the others settle elsewhere",
                    x=0.008, ha="left")  # fmt: skip
    halves = figure.add_gridspec(1, 2, width_ratios=[1, 1.12])
    left, right = (figure.add_subfigure(halves[0, i]) for i in (0, 1))
    losses, normalizers = left.subplots(2, 1, sharex=True)
    draw_growth(
        losses,
        tables,
        {HERO: HERO} | {f"softmax + {loss}": loss for loss in LOSSES_DRAWN},
    )
    draw_growth(
        normalizers,
        tables,
        {HERO: HERO} | {f"{name} + cross_entropy": name for name in NORMALIZERS_DRAWN},
    )
    losses.set_title("Softmax with different losses")
    normalizers.set(
        title="Different normalizers with cross-entropy", xlabel="training examples"
    )
    draw_limits(right.subplots(), tables["pairs"])
    return figure


def draw_growth(
    axes: Axes, tables: dict[str, pd.DataFrame], names: dict[str, str]
) -> None:
    fits, limits = tables["fits"], tables["pairs"].set_index("pair")["limit_tv"]
    drawn = {pair: name for pair, name in names.items() if pair in set(fits["pair"])}
    sizes = np.unique(fits["examples"]).astype(float)
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(sizes[0], AT_INFINITY),
        ylim=(6e-4, 0.7),
        ylabel="total variation from Bayes",
    )
    curves = {}
    for pair, name in drawn.items():
        rows = fits[fits["pair"] == pair].set_index("examples")
        points = rows["tv"].copy()
        if limits[pair] > REACHED:
            points[AT_INFINITY] = limits[pair]
        curves[name] = joined(np.append(sizes, AT_INFINITY), points)
        band = (
            rows["tv"].to_numpy()
            + np.array([[-1], [1]]) * rows["tv_half_width"].to_numpy()
        )
        look = {
            "color": plotting.style_of(pair)["color"],
            "alpha": 0.15,
            "linewidth": 0,
        }
        axes.fill_between(rows.index, *settled(np.clip(band, 1e-9, None)), **look)
    styles = {name: plotting.style_of(pair) for pair, name in drawn.items()}
    plotting.labelled_curves(axes, np.append(sizes, AT_INFINITY), curves, styles=styles)
    axes.set_xticks(
        [*sizes, AT_INFINITY], [*(f"{size:,.0f}" for size in sizes), "unlimited"]
    )
    axes.minorticks_off()


def joined(sizes: Array, points: pd.Series) -> Array:
    """A curve through what was measured, NaN after its end."""
    logs = np.interp(
        np.log(sizes),
        np.log(points.index.to_numpy(float)),
        np.log(points.to_numpy()),
        right=np.nan,
    )
    found: Array = np.exp(logs)
    return found


def draw_limits(axes: Axes, pairs: pd.DataFrame) -> None:
    """The limits of all pairs as a table, in percent."""
    table = pairs[pairs["normalizer"] != ""]
    rows, columns = table["normalizer"].unique(), table["loss"].unique()
    matrix = table.pivot(index="normalizer", columns="loss", values="limit_tv").reindex(
        index=rows, columns=columns
    )
    values = 100 * matrix.to_numpy(float)
    axes.set_facecolor(UNDEFINED["facecolor"])
    axes.imshow(
        settled(np.sqrt(values)), cmap=FADE, vmin=0, vmax=np.sqrt(60), aspect="auto"
    )
    for (i, j), value in np.ndenumerate(values):
        text = (
            "–"
            if np.isnan(value)
            else "0"
            if value < 0.05
            else f"{value:.1f}"
            if value < 1
            else f"{value:.0f}"
        )
        ink = "0.5" if np.isnan(value) else ink_on(FADE(np.sqrt(value / 60)))
        axes.text(j, i, text, ha="center", va="center", fontsize=8, color=ink)
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
        "Unlimited data: total variation distance from the Bayes posterior, in percent\n(– cannot be trained)"
    )
    axes.grid(False)
    axes.spines[:].set_visible(False)


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, level=1)
