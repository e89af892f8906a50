"""The figure: the gain of every pair over softmax with cross-entropy, by task and metric."""

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape._src.plotting import style

from .comparisons import (
    IMAGES,
    LANGUAGE,
    METRICS,
    REFERENCE,
    TASKS,
    Comparison,
    Comparisons,
    Key,
    by_accuracy,
    comparisons,
    is_better,
    reference_values,
)

if TYPE_CHECKING:
    import pandas as pd

    from ..harness.results import Tables


def draw(tables: "Tables") -> Figure:
    results = tables["results"]
    compared = comparisons(results)
    pairs = other_pairs(results)
    height = 0.34 * len(pairs) + 2.1
    figure, panels = plt.subplots(1, 4, figsize=(11.4, height), sharey=True)
    figure.suptitle(title(compared), x=0.008, ha="left")
    columns = [(task, metric) for task in TASKS for metric in METRICS]
    for axes, (task, metric) in zip(panels, columns, strict=True):
        draw_gains(axes, pairs, task, metric, compared)
        level = level_text(results, task, metric)
        axes.set_title(f"{task}\nsoftmax: {level}", fontsize=9)
        _, unit = METRICS[metric]
        axes.set_xlabel(unit, fontsize=8.5)
    panels[0].set_yticks(range(len(pairs)), pairs, fontsize=8.5)
    panels[0].set_ylim(len(pairs) - 0.5, -0.5)
    figure.supxlabel(caption(tables), fontsize=8, x=0.008, ha="left")
    return figure


def other_pairs(results: "pd.DataFrame") -> list[str]:
    """The pairs other than softmax with cross-entropy, in the order of the table."""
    return [pair for pair in results["pair"].unique() if pair != REFERENCE]


def title(compared: Comparisons) -> str:
    few = better_text(compared, IMAGES)
    many = better_text(compared, LANGUAGE)
    return (
        f"More accurate than softmax with cross-entropy: {few} other pairs "
        f"with 10 classes, {many} with 10,000"
    )


def better_text(compared: Comparisons, task: str) -> str:
    by_pair = by_accuracy(compared, task)
    better = sum(is_better(comparison) for comparison in by_pair.values())
    return f"{better or 'none'} of {len(by_pair)}"


def level_text(results: "pd.DataFrame", task: str, metric: str) -> str:
    """The mean of softmax with cross-entropy."""
    mean = reference_values(results, task, metric).mean()
    if metric == "accuracy":
        return f"accuracy {100 * mean:.1f} %"
    if task == LANGUAGE:
        return f"NLL {mean:.3f}, perplexity {np.exp(mean):.0f}"
    return f"NLL {mean:.3f}"


def draw_gains(
    axes: Axes, pairs: list[str], task: str, metric: str, compared: Comparisons
) -> None:
    """Draw a row for each pair: its gain, or a text where there is none."""
    axes.axvline(0, color=style.BLACK, linewidth=2.0, zorder=1)
    for row, pair in enumerate(pairs):
        comparison = compared.get(Key(task, pair, metric))
        if comparison is not None and np.isfinite(comparison.gain.mean):
            draw_gain(axes, row, style.style_of(pair)["color"], comparison)
        elif metric == "nll" and Key(task, pair, "accuracy") in compared:
            write(axes, row, r"$\infty$: impossible labels")
        else:
            write(axes, row, "not measured")
    axes.grid(axis="x", alpha=0.3)
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=5)


def draw_gain(axes: Axes, row: int, color: Any, comparison: Comparison) -> None:
    """Draw a dot and its interval; the dot is filled if the gain is significant."""
    gain = comparison.gain
    axes.plot(
        [gain.low, gain.high],
        [row, row],
        color=color,
        linewidth=2.2,
        solid_capstyle="butt",
    )
    axes.plot(
        gain.mean,
        row,
        "o",
        color=color,
        markerfacecolor=color if comparison.significant else "white",
        markersize=6,
        zorder=3,
    )


def write(axes: Axes, row: int, text: str) -> None:
    axes.text(
        0.5,
        row,
        text,
        transform=axes.get_yaxis_transform(),
        fontsize=7.5,
        color="0.4",
        ha="center",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def caption(tables: "Tables") -> str:
    results = tables["results"]
    source = tables["tasks"]["data"].iloc[-1]
    unigram = perplexity_text("unigram", tables["baselines"])
    bigram = perplexity_text("bigram", tables["baselines"])
    diverged = int(results["diverged"].sum())
    return (
        "Right of 0 is better than softmax. Test data; 95 % intervals of the paired difference; "
        "filled: significant after Holm's correction for all comparisons.\n"
        f"Language: {source}; perplexities by counting: {unigram}, {bigram}. "
        f"{diverged or 'None'} of {len(results)} runs diverged."
    )


def perplexity_text(name: str, baselines: "pd.DataFrame") -> str:
    mean = baselines[f"{name}_nll"].mean()
    return f"{name} {np.exp(mean):.0f}"
