"""Which pairs recover from a confidently wrong start, and does the gradient law tell before training?

Softmax regression in the wide sense: a linear model on scikit-learn's digits (8 x 8 pixels; 1078 images to train, 360 to tune,
359 to test), with every pair of the catalogue. Weights start gently (standard deviation 0.01) or confidently wrong (4: logits
of about 15). Mini-batches of 64, 12 epochs of plain gradient descent. Left out is what equals another pair for one-hot labels,
or has at the gentle start no finite gradient for a tenth of the images, or no gradient at all. A pair that does not reach
LEARNS even from the gentle start tells nothing about recovery, and is counted apart.

The learning rate is tuned for each pair and start: 6 of them, the same for all; the best by validation accuracy after the last
epoch, over 2 seeds. Results are the test accuracies of 10 other seeds, of initial weights and mini-batches, on the one split;
intervals are Student's t over them, so they say nothing about other images. The way back is (confident end - confident start) /
(gentle end - confident start), of accuracies; a pair *recovers* if its mean is at least BACK, and is *stuck* below HALF. A
diverged run counts with the accuracy it ends with.

The prediction is made before training: one learning rate must serve all margins that a start has to pass, so the gradient's
norm must not differ too much over them. Ten classes, rays R1, R2, R3 from z = (1, ..., 1), margins from 1 to the median of a
confident start: a pair is predicted to recover if, wherever it is wrong, the smallest norm is at least EVEN of the largest, on
each of the three rays. 1/100 is what some two hundred steps can make up for. The rule was fixed before any training; BACK was
chosen after a look at tuning runs of nine pairs, so what half of the way back would give is told as well. Single rays are
judged beside it, and the start's own logits scaled down to smaller margins. The share that is predicted right has the exact
interval of Clopper and Pearson, as if pairs were independent; they are not, as they share normalizers and losses.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import betaincinv

from logitscape import plotting

from .. import harness
from ..harness.findings import Finding, Verdict, proved

if TYPE_CHECKING:
    import pandas as pd

EVEN = 1 / 100
LEARNS, BACK, HALF = 0.8, 0.9, 0.5
HERO, SQUARED_ERROR, DEAD = (
    "softmax + cross_entropy",
    "softmax + brier",
    "sparsemax + brier",
)
RULES = {"R1": "R1", "R2": "R2", "R3": "R3", "own": "own logits"}
EXPONENTIAL = {"softmax", "softmax_one", "sigsoftmax"}
LOGARITHMIC = {
    "cross_entropy",
    "focal",
    "poly1",
    "symmetric_cross_entropy",
    "label_smoothing",
}
LOOKS = {
    "keeps its size": ("#009E73", "o"),
    "fades": ("#56B4E9", "v"),
    "grows": ("#D55E00", "^"),
    "exactly 0": ("#000000", "s"),
    "undefined": ("#CC79A7", "X"),
}
LEAST = 1e-12  # of the axis
TICKS = [LEAST, 1e-9, 1e-6, 1e-3, 1]
TICK_LABELS = ["0", "$10^{-9}$", "$10^{-6}$", "$10^{-3}$", "1"]
PAPER: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": "none",
    "pad": 1.5,
    "alpha": 0.8,
}
FLOOR_AND_CEILING = -0.13, 1.08
CORNERS = {
    (True, True): ((0.985, 0.965), "recover, as predicted"),
    (False, True): ((0.015, 0.965), "recover unexpectedly"),
    (True, False): ((0.985, 0.035), "fail unexpectedly"),
    (False, False): ((0.015, 0.035), "fail, as predicted"),
}
CAPTION = (
    "A linear model on digits; weights of standard deviation 4 at the confident start, 0.01 at the gentle one; learning rates "
    "tuned for each pair and start; means over 10 seeds.\nWay back: from the start's test accuracy (0) to what a gentle start "
    "reaches (1); at 0.9 a pair counts as recovered. Shaded: predicted to recover, as the gradient's norm\n"
    "stays within a factor of 100 over all margins from 1 to the start's (rays R1, R2, R3; ten classes). Right: the same runs, "
    "repeated; one that diverges predicts nothing (0)."
)


def measure(plan: harness.StudyRun) -> "dict[str, pd.DataFrame]":
    from . import trained

    return trained.measure(plan)


def judged(pairs: "pd.DataFrame") -> "pd.DataFrame":
    """Pairs that learn from the gentle start, with what was predicted and what came of it."""
    learn = pairs[pairs.gentle >= LEARNS].copy()
    learn["evenness"] = learn[["R1", "R2", "R3"]].min(axis=1)
    learn["predicted"] = learn.evenness >= EVEN
    learn["recovers"] = learn.way_back >= BACK
    learn["stuck"] = learn.way_back < HALF
    learn["law"] = np.where(learn.predicted, "keeps its size", learn.kind)
    return learn


def findings(tables: "Mapping[str, pd.DataFrame]") -> list[Finding]:
    pairs, learn = tables["pairs"], judged(tables["pairs"])
    named, hero = learn.set_index("pair"), pairs.set_index("pair").loc[HERO]
    return [
        *outcomes(learn, hero),
        *predictions(learn),
        *contrasts(named),
        *coverage(pairs, tables["tuning"]),
    ]


def outcomes(learn: "pd.DataFrame", hero: "pd.Series[Any]") -> list[Finding]:
    behind = hero.difference_high < 0
    return [
        Finding("C07m", "started confidently wrong, softmax + cross_entropy recovers",
                f"{percent(hero, 'confident')}, started gently {percent(hero, 'gentle')}",
                "does not hold" if hero.way_back < BACK else "holds with a limit" if behind else "holds",
                f"still behind: {points(hero)} points" if behind else ""),
        Finding("C07n", "others are stuck: how far the pairs that learn come back from there",
                f"recover {learn.recovers.sum()}, partly {(~learn.recovers & ~learn.stuck).sum()}, "
                f"stuck {learn.stuck.sum()} of {len(learn)}",
                "holds with a limit" if learn.recovers.any() and learn.stuck.any() else "does not hold",
                f"softmax + cross_entropy is one of {learn.recovers.sum()} that recover"),
    ]  # fmt: skip


def predictions(learn: "pd.DataFrame") -> list[Finding]:
    right, count = int((learn.predicted == learn.recovers).sum()), len(learn)
    low, high = clopper_pearson(right, count)
    usual = max(learn.recovers.mean(), 1 - learn.recovers.mean())
    better: Verdict = "holds with a limit" if low > usual else "cannot tell"
    false, missed = learn.predicted & ~learn.recovers, ~learn.predicted & learn.recovers
    singles = {
        name: ((learn[rule] >= EVEN) == learn.recovers).mean()
        for rule, name in RULES.items()
    }
    halfway, usual_halfway = (
        (learn.predicted == ~learn.stuck).mean(),
        max(learn.stuck.mean(), 1 - learn.stuck.mean()),
    )
    return [
        Finding("C07o", "the gradient law tells before training who recovers",
                f"right for {right} of {count}, {right / count:.0%} [{low:.0%}, {high:.0%}]",
                better if high >= usual else "does not hold",
                f"always the more frequent outcome: {usual:.0%}; pairs share parts, so the interval is too narrow"),
        Finding("C07v", "the same if half of the way back counted as recovered",
                f"right for {halfway:.0%} of {count}", "holds" if halfway > usual_halfway else "does not hold",
                f"the more frequent outcome then: {usual_halfway:.0%}"),
        Finding("C07p", "where the prediction is wrong",
                f"{false.sum()} were to recover and do not, {missed.sum()} do and were not to", "holds with a limit",
                f"of the {false.sum()}, {(false & ~learn.stuck).sum()} come back in part"),
        Finding("C07q", "a single ray, or the start's own logits, would tell too",
                ", ".join(f"{name} {share:.0%}" for name, share in singles.items()),
                "holds" if min(singles.values()) > usual else "holds with a limit",
                "" if min(singles.values()) > usual else f"the more frequent outcome: {usual:.0%}"),
    ]  # fmt: skip


def contrasts(named: "pd.DataFrame") -> list[Finding]:
    steady = [pair for pair in named.index if is_steady(pair)]
    other = named.drop(steady)
    found = [
        Finding("C04x", "pairs whose gradient stays constant while wrong recover: e^z with -log p",
                f"{named.loc[steady].recovers.sum()} of {len(steady)} pairs, of the others "
                f"{other.recovers.sum()} of {len(other)}",
                "holds" if named.loc[steady].recovers.all() else "holds with a limit",
                "" if named.loc[steady].recovers.all() else f"not {', '.join(p for p in steady if not named.recovers[p])}"),
    ]  # fmt: skip
    if SQUARED_ERROR in named.index:
        row = named.loc[SQUARED_ERROR]
        apart: Verdict = (
            "holds" if row.difference_high < 0 and row.stuck else "holds with a limit"
        )
        found.append(Finding("C07r", "squared error with softmax stays stuck",
                             f"{percent(row, 'confident')}, started gently {percent(row, 'gentle')}",
                             apart, "" if apart == "holds" else f"comes {row.way_back:.0%} of the way back"))  # fmt: skip
    if DEAD in named.index:
        found.append(proved("C07s", "sparsemax with squared error: the gradient is exactly 0 on the way (R1)",
                            named.R1[DEAD], expected=0, tolerance=0,
                            measured=f"{{:.0f}}; back {named.way_back[DEAD]:.0%} of the way"))  # fmt: skip
    return found


def coverage(pairs: "pd.DataFrame", tuning: "pd.DataFrame") -> list[Finding]:
    same, trained = pairs.use.str.startswith("the same"), pairs.use == "trained"
    learns, edges = (
        pairs.gentle >= LEARNS,
        tuning[tuning.pair.isin(pairs.pair[pairs.gentle >= LEARNS])],
    )
    at_edge = edges[edges.edge != "inside"].start.value_counts()
    return [
        Finding("C07t", "which pairs this can be asked of",
                f"{learns.sum()} of {len(pairs)} learn from the gentle start", "holds with a limit",
                f"{same.sum()} equal others; {(~same & ~trained).sum()} have no finite or no gradient there; "
                f"{(trained & ~learns).sum()} stay below {LEARNS:.0%}"),
        Finding("C07u", "the learning rates that were tuned lie inside the grid",
                f"at its edge gentle {at_edge.get('gentle', 0)}, confident {at_edge.get('confident', 0)} of {learns.sum()}",
                "holds" if at_edge.empty else "does not hold" if 2 * at_edge.max() > learns.sum() else "holds with a limit",
                "" if at_edge.empty else "these might do better beyond it"),
    ]  # fmt: skip


def is_steady(pair: str) -> bool:
    """Whether the atlas finds its slope constant on R1 and R2."""
    normalizer, _, loss = pair.partition(" + ")
    return normalizer in EXPONENTIAL and loss in LOGARITHMIC


def clopper_pearson(hits: int, count: int) -> tuple[float, float]:
    """The exact 95 % interval of a share."""
    low = betaincinv(hits, count - hits + 1, 0.025) if hits else 0.0
    high = betaincinv(hits + 1, count - hits, 0.975) if hits < count else 1.0
    return float(low), float(high)


def percent(row: "pd.Series[Any]", name: str) -> str:
    return f"{100 * row[name]:.1f} [{100 * row[f'{name}_low']:.1f}, {100 * row[f'{name}_high']:.1f}] %"


def points(row: "pd.Series[Any]") -> str:
    return f"{100 * row.difference:.1f} [{100 * row.difference_low:.1f}, {100 * row.difference_high:.1f}]"


def draw(tables: "Mapping[str, pd.DataFrame]") -> Figure:
    learn = judged(tables["pairs"])
    right_share = (learn.predicted == learn.recovers).mean()
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11.4, 5.4), width_ratios=(1.2, 1)
    )
    title = "Whether a confidently wrong classifier recovers shows in the gradient before training"
    figure.suptitle(
        f"{title}: right for {right_share:.0%} of {len(learn)} pairs",
        x=0.008,
        ha="left",
    )
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    scatter(left, learn)
    courses(right, tables["curves"])
    return figure


def scatter(axes: Axes, learn: "pd.DataFrame") -> None:
    """What was predicted against what came of it, a mark for each pair."""
    random = np.random.default_rng(0)
    x = np.maximum(learn.evenness, LEAST) * 10 ** random.uniform(
        -0.12, 0.12, len(learn)
    )
    y = np.clip(learn.way_back, *FLOOR_AND_CEILING) + random.uniform(
        -0.01, 0.01, len(learn)
    )
    axes.axvspan(EVEN, 4, color="#009E73", alpha=0.07, lw=0)
    for law, (color, marker) in LOOKS.items():
        rows, label = learn.law == law, f"{law} ({(learn.law == law).sum()})"
        axes.scatter(
            x[rows],
            y[rows],
            26,
            color,
            marker=marker,
            label=label,
            alpha=0.7,
            linewidths=0,
            zorder=3,
        )
    axes.axhline(BACK, color="0.4", lw=0.8)
    axes.axvline(EVEN, color="0.4", lw=0.8)
    axes.set(
        xscale="log",
        xlim=(LEAST / 4, 4),
        ylim=(-0.16, 1.24),
        xticks=TICKS,
        xticklabels=TICK_LABELS,
    )
    axes.set(
        xlabel="smallest / largest gradient norm while wrong, worst ray",
        ylabel="share of the way back",
    )
    look: Any = {
        "fontsize": 8,
        "handletextpad": 0.1,
        "columnspacing": 0.7,
        "borderaxespad": 0.1,
    }
    axes.legend(ncols=3, loc="lower left", bbox_to_anchor=(-0.02, 1.01), **look)
    for (predicted, recovers), (where, word) in CORNERS.items():
        count = ((learn.predicted == predicted) & (learn.recovers == recovers)).sum()
        place: Any = {
            "ha": "right" if predicted else "left",
            "va": "center",
            "transform": axes.transAxes,
            "bbox": PAPER,
        }
        weight = "bold" if predicted == recovers else "normal"
        axes.text(*where, f"{word}: {count}", fontsize=9, fontweight=weight, **place)


def courses(axes: Axes, curves: "pd.DataFrame") -> None:
    """Test accuracy over the epochs from the confident start, and the range of those from the gentle one."""
    tables = {
        start: table.set_index("pair").drop(columns="start")
        for start, table in curves.groupby("start")
    }
    gentle, confident = tables["gentle"], tables["confident"]
    epochs = confident.columns.astype(float)
    axes.set_title("Confident start (grey: the same pairs, gentle start)", fontsize=10)
    axes.set(xlabel="epoch", ylabel="test accuracy", xlim=(0, epochs[-1]), ylim=(0, 1))
    axes.set_xticks(np.linspace(0, epochs[-1], 5))
    axes.fill_between(epochs, gentle.min(), gentle.max(), color="0.88", lw=0, zorder=0)
    plotting.labelled_curves(
        axes, epochs, {pair: row.to_numpy() for pair, row in confident.iterrows()}
    )


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, level=1)
