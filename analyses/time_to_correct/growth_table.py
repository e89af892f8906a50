"""The upper part of the figure: a table of how the time to correct grows, for every objective."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from logitscape import plotting

from .cases import always_fast, main_case

ROWS = (
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
    "sigmoid",
    "iterated_exponential",
    "min_shift",
    "argmax",
    "sparsemax",
    "entmax",
)
COLUMNS = (
    "cross_entropy",
    "kl",
    "focal",
    "poly1",
    "symmetric_cross_entropy",
    "label_smoothing",
    "exponential",
    "tsallis_score",
    "hellinger",
    "generalized_cross_entropy",
    "mae",
    "brier",
    "spherical_score",
    "reverse_kl",
    "clipped_cross_entropy",
)
LOGIT_LOSSES = (
    "perceptron",
    "crammer_singer",
    "weston_watkins",
    "one_vs_rest",
    "squared_logits",
    "sparsemax_loss",
    "entmax_loss",
    "spherical_bound",
    "z_loss",
)
REASONS = {
    "zero gradient": "0",
    "infinite loss": r"$\infty$",
    "leaves domain": "out",
    "rests": "rests",
    "led away": "away",
}
"""Short forms of the reasons why an objective is never corrected."""
CAPTION = (
    "Three classes, label 0, ray R1: $z = (1,\\, 1 + M,\\, 1)$, $M$ to 30. "
    "A cell is how the time to correct grows. "
    "Framed: linearly at most on R1, R2 and R3, for 2, 3, 10 and 100 classes.\n"
    "Never, as the gradient is 0 (0) or the loss infinite ($\\infty$) at the start, "
    "or as the flow leaves the domain (out) "
    "or comes to rest while wrong (rests); $\\geq$: from that $M$ on. "
    "Steps: learning rate 0.1, R1, at most 100,000.\n"
    "Below: the flow on the plane of two differences, from dots with the time it takes; "
    "dashed: the label begins to be predicted; grey: gradient exactly 0."
)


def draw_table(figure: SubFigure, cases: pd.DataFrame) -> None:
    main = main_case(cases)
    framed = always_fast(cases)
    upper, lower = figure.subplots(2, 1, height_ratios=[16, 1])
    pairs = [[f"{row} + {column}" for column in COLUMNS] for row in ROWS]
    _draw_cells(upper, ROWS, COLUMNS, pairs, main, framed)
    _draw_cells(
        lower, ["losses of the logits"], LOGIT_LOSSES, [LOGIT_LOSSES], main, framed
    )
    lower.set_xlim(upper.get_xlim())
    growths = set(main["growth"])
    shown = [kind for kind in plotting.GROWTHS if kind in growths]
    legend = plotting.law_legend(shown, laws=plotting.GROWTHS, fig=figure)
    legend.set_title(CAPTION, prop=FontProperties(size=8.5))


def _draw_cells(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    names: Sequence[Sequence[str]],
    main: pd.DataFrame,
    framed: Sequence[str],
) -> None:
    """Draw a cell for each objective; those that a quick run does not measure are undetermined.

    Args:
        axes: Axes to draw on.
        rows: Labels of the rows.
        columns: Labels of the columns.
        names: Objectives of the cells.
        main: The main case, by objective.
        framed: Objectives whose cells get a frame.
    """
    kinds = []
    texts = []
    for row in names:
        kinds.append([main["growth"].get(name, "undetermined") for name in row])
        texts.append([_text(main, name) for name in row])
    plotting.law_table(rows, columns, kinds, texts, laws=plotting.GROWTHS, ax=axes)
    for i, row in enumerate(names):
        for j, name in enumerate(row):
            if name in framed:
                _draw_frame(axes, i, j)


def _draw_frame(axes: Axes, i: int, j: int) -> None:
    corner = (j - 0.45, i - 0.42)
    axes.add_patch(Rectangle(corner, 0.9, 0.84, fill=False, linewidth=1.2))


def _text(main: pd.DataFrame, name: str) -> str:
    return law(main.loc[name]) if name in main.index else ""


def law(case: pd.Series) -> str:
    """The growth of T as a formula; if it is never corrected, the reason and the least margin."""
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
