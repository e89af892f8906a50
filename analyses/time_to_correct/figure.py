"""The figure of `time_to_correct.py`."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from logitscape import plotting
from logitscape._src.plotting.style import GREY, SKY, VERMILLION

FAST = ("bounded", "logarithmic", "linear")
RAY, CLASSES = "R1", 3  # of the table and the curves
ROWS = (
    *(
        "softmax",
        "softmax_one",
        "sigsoftmax",
        "softplus",
        "sum",
        "abs",
        "relu",
        "taylor",
        "square",
        "spherical",
    ),
    *("sigmoid", "iterated_exponential", "min_shift", "argmax", "sparsemax", "entmax"),
)
COLUMNS = (
    *(
        "cross_entropy",
        "kl",
        "focal",
        "poly1",
        "symmetric_cross_entropy",
        "label_smoothing",
        "exponential",
    ),
    *(
        "tsallis_score",
        "hellinger",
        "generalized_cross_entropy",
        "mae",
        "brier",
        "spherical_score",
        "reverse_kl",
    ),
    "clipped_cross_entropy",
)
ALONE = (
    *(
        "perceptron",
        "crammer_singer",
        "weston_watkins",
        "one_vs_rest",
        "squared_logits",
    ),
    *("sparsemax_loss", "entmax_loss", "spherical_bound", "z_loss"),
)
REASONS = {
    "zero gradient": "0",
    "infinite loss": r"$\infty$",
    "leaves domain": "out",
    "rests": "rests",
    "led away": "away",
}
OPTIMIZERS = {
    "sgd": ("plain", GREY),
    "momentum": ("momentum", SKY),
    "adam": ("Adam", VERMILLION),
}
LIMITS = (1e-3, 1e1)
CAPTION = (
    "Three classes, label 0, ray R1: $z = (1,\\, 1 + M,\\, 1)$, $M$ to 30. A cell is how the time to correct grows. "
    "Framed: linearly at most on R1, R2 and R3, for 2, 3, 10 and 100 classes.\n"
    "Never, as the gradient is 0 (0) or the loss infinite ($\\infty$) at the start, or as the flow leaves the domain (out) "
    "or comes to rest while wrong (rests); $\\geq$: from that $M$ on. "
    "Steps: learning rate 0.1, R1, at most 100,000.\n"
    "Below: the flow on the plane of two differences, from dots with the time it takes; "
    "dashed: the label begins to be predicted; grey: gradient exactly 0."
)


def by_case(growth: pd.DataFrame) -> pd.DataFrame:
    """A row for each objective, ray and number of classes."""
    parts = []
    for classes in sorted(
        int(name.removeprefix("growth n="))
        for name in growth
        if name.startswith("growth n=")
    ):
        columns = {f"{name} n={classes}": name for name in ("growth", "number", "why")}
        parts.append(
            growth[["objective", "ray", *columns]]
            .rename(columns=columns)
            .assign(classes=classes)
        )
    return pd.concat(parts, ignore_index=True)


def always_fast(cases: pd.DataFrame) -> list[str]:
    """The objectives whose time grows linearly at most in every case."""
    fast = cases["growth"].isin(FAST).groupby(cases["objective"], sort=False).all()
    return list(fast[fast].index)


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    cases = by_case(tables["growth"])
    figure = plt.figure(figsize=(13, 16.5))
    figure.suptitle(
        "Softmax with cross-entropy is right again after a time in proportion to its error; most take far longer, or for ever",
        x=0.008,
        ha="left",
    )
    top, middle, bottom = np.asarray(
        figure.subfigures(3, 1, height_ratios=[8.2, 4.4, 3.9])
    )
    draw_table(top, cases)
    curves, near, far = middle.subplots(1, 3, width_ratios=[1.25, 1, 1])
    draw_curves(curves, tables["times"], cases)
    for axes, margin in zip(
        (near, far), sorted(tables["steps"]["margin"].unique())[-2:], strict=False
    ):
        draw_steps(axes, tables["steps"], margin)
    far.set_yticklabels([])
    near.legend(loc="upper right")
    draw_paths(bottom, tables["paths"], tables["field"])
    return figure


def draw_table(figure: SubFigure, cases: pd.DataFrame) -> None:
    main = cases[(cases["ray"] == RAY) & (cases["classes"] == CLASSES)].set_index(
        "objective"
    )
    framed = always_fast(cases)
    names = [[f"{row} + {column}" for column in COLUMNS] for row in ROWS]
    pairs, alone = figure.subplots(2, 1, height_ratios=[16, 1])
    table(pairs, ROWS, COLUMNS, names, main, framed)
    table(alone, ["losses of the logits"], ALONE, [ALONE], main, framed)
    alone.set_xlim(pairs.get_xlim())
    shown = set(main["growth"])
    legend = plotting.law_legend(
        figure,
        [kind for kind in plotting.GROWTHS if kind in shown],
        laws=plotting.GROWTHS,
    )
    legend.set_title(CAPTION, prop=FontProperties(size=8.5))


def table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    names: Sequence[Sequence[str]],
    main: pd.DataFrame,
    framed: Sequence[str],
) -> None:
    """Cells of growth classes; what a quick form has not measured is undetermined."""
    kinds = [
        [main["growth"].get(name, "undetermined") for name in row] for row in names
    ]
    texts = [
        [law(main.loc[name]) if name in main.index else "" for name in row]
        for row in names
    ]
    plotting.law_table(axes, rows, columns, kinds, texts, laws=plotting.GROWTHS)
    for i, row in enumerate(names):
        for j in (j for j, name in enumerate(row) if name in framed):
            axes.add_patch(
                Rectangle((j - 0.45, i - 0.42), 0.9, 0.84, fill=False, linewidth=1.2)
            )


def law(case: pd.Series) -> str:
    """The growth of T as a formula; what becomes of those that never correct themselves, and from which margin on."""
    number = f"{case['number']:.2g}"
    factor = "" if number == "1" else rf"{number}\,"
    since = "" if case["number"] <= 1 else rf" $\geq${number}"
    formulas: dict[str, str] = {
        "bounded": rf"$\to{number}$",
        "logarithmic": rf"${factor}\log M$",
        "linear": f"${factor}M$",
        "polynomial": f"$M^{{{number}}}$",
        "exponential": f"$e^{{{factor}M}}$",
        "never": REASONS.get(case["why"], case["why"]) + since,
        "right": since,
        "outside the domain": since,
    }
    return formulas.get(case["growth"], "")


def draw_curves(axes: Axes, times: pd.DataFrame, cases: pd.DataFrame) -> None:
    here = (
        times[(times["ray"] == RAY) & (times["classes"] == CLASSES)]
        .set_index("objective")
        .drop(columns=["ray", "classes"])
    )
    laws = cases[(cases["ray"] == RAY) & (cases["classes"] == CLASSES)].set_index(
        "objective"
    )
    curves = {
        name: np.exp(row.to_numpy(float))
        for name, row in here.iterrows()
        if np.isfinite(row.to_numpy(float)).any()
    }
    axes.set(
        yscale="log", xlabel="wrong by a margin $M$", ylabel="time $T$ until right"
    )
    axes.set_title("Time of gradient flow (R1, three classes)")
    plotting.labelled_curves(
        axes,
        here.columns.astype(float),
        curves,
        notes={name: law(laws.loc[name]) for name in curves},
    )
    never = [name for name in here.index if name not in curves]
    axes.text(
        0.03,
        0.97,
        "\n".join(f"never: {name}" for name in never),
        transform=axes.transAxes,
        va="top",
        fontsize=8.5,
    )


def draw_steps(axes: Axes, steps: pd.DataFrame, margin: float) -> None:
    here = steps[steps["margin"] == margin]
    pairs, width = list(dict.fromkeys(here["objective"])), 0.26
    for k, (name, (label, color)) in enumerate(OPTIMIZERS.items()):
        each = here[here["optimizer"] == name].set_index("objective").loc[pairs]
        places = np.arange(len(pairs)) + (k - 1) * width
        axes.barh(
            places,
            each["steps"].where(each["steps"] >= 0),
            width,
            color=color,
            label=label,
        )
        for place, (_, row) in zip(places, each.iterrows(), strict=True):
            axes.text(
                0.9,
                place,
                "" if row["steps"] >= 0 else outcome(row["why"]),
                va="center",
                fontsize=7,
            )
    axes.set(
        xscale="log",
        xlim=(0.7, 4e6),
        xlabel="steps until right",
        title=f"Discrete steps, $M = {margin:g}$",
    )
    axes.set_yticks(range(len(pairs)), pairs)
    axes.set_ylim(len(pairs) - 0.5, -0.5)


def outcome(why: str) -> str:
    return "not within 100,000" if why.startswith("still") else f"never: {why}"


def draw_paths(figure: SubFigure, paths: pd.DataFrame, field: pd.DataFrame) -> None:
    pairs = list(dict.fromkeys(paths["pair"]))
    panels = figure.subplots(1, len(pairs), squeeze=False)[0]
    x, y = np.unique(field["x"]), np.unique(field["y"])
    for axes, pair in zip(panels, pairs, strict=True):
        length, angle = (
            field[f"{pair}: {what}"].to_numpy(float).reshape(y.size, x.size)
            for what in ("length", "direction")
        )
        arrows = np.stack(
            [np.cos(np.radians(angle)), np.sin(np.radians(angle))], axis=-1
        )
        colors = plotting.plane_field(axes, x, y, length, arrows, limits=LIMITS)
        draw_flows(axes, paths[paths["pair"] == pair])
        axes.set(
            title=pair,
            xlabel="$z_0 - z_2$ (label 0)",
            ylabel="$z_1 - z_2$",
            xticks=[-8, 0, 8],
            yticks=[-8, 0, 8],
        )
    plotting.norm_bar(figure, colors, list(panels))


def draw_flows(axes: Axes, paths: pd.DataFrame) -> None:
    """Each path with the time that it takes beside its start; dashed is where the label begins to be predicted."""
    axes.plot([0, 0, 9], [-9, 0, 9], color="white", linewidth=1.2, linestyle="--")
    for _, path in paths.groupby("start"):
        first = path.iloc[0]
        axes.plot(path["x"], path["y"], color=VERMILLION, linewidth=2.2, zorder=4)
        axes.plot(
            first["x"],
            first["y"],
            "o",
            color="white",
            markeredgecolor="black",
            markersize=5,
            zorder=5,
        )
        time = f"{float(format(first['time'], '.2g')):,g}"
        axes.annotate(
            "never" if first["why"] else time, (first["x"], first["y"]), (5, 5), textcoords="offset points",
            fontsize=8, zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
        )  # fmt: skip
