"""The figure of a series: the numbers that matter most, from point to point."""

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..audit.series import SeriesResults
from ..plotting.style import BLUE, GREEN, GREY, ORANGE, VERMILLION, settled
from .names import text_of, verbatim
from .save import STYLE

PANELS: dict[str, tuple[str, ...]] = {
    "Loss": ("loss",),
    "Right, stuck, collapsed": ("accuracy", "stuck", "collapsed"),
    "Margins": ("margin_5", "margin_50", "margin_95"),
    "Gradient": ("mean_norm", "norm"),
    "Who carries the gradient": ("carriers_50", "carriers_90", "carried_by_wrong"),
    "Logits": ("scale", "offset"),
    "Calibration": ("ece", "overconfidence"),
}
CAPTIONS = {
    "Loss": "The mean loss.",
    "Right, stuck, collapsed": (
        "Shares of the examples that are right, that are wrong with almost no gradient, and whose "
        "pull on the label is exactly 0 in the training's precision."
    ),
    "Margins": "Quantiles of the label's logit minus its largest rival; wrong below 0.",
    "Gradient": "Mean norm of the gradients in the logits, and norm of their mean.",
    "Who carries the gradient": (
        "Shares of the examples that carry 50 % and 90 % of it, and its share of wrong ones."
    ),
    "Logits": "Standard deviation within an example, and the mean that all classes share.",
    "Calibration": "Calibration error, and mean confidence minus accuracy.",
}
COLORS = (BLUE, VERMILLION, GREEN, ORANGE)
TICKS = 8


def draw(series: SeriesResults) -> Figure:
    """Draw all panels on one page, under the headline."""
    chosen = chosen_panels(series)
    rows = (len(chosen) + 1) // 2
    with style.context(STYLE, after_reset=True):
        figure = Figure(figsize=(10.5, 0.8 + 3.0 * rows), layout="constrained")
        verbatim(figure.suptitle(text_of(series.headline(), 96), x=0.01, ha="left"))
        for place, title in enumerate(chosen, 1):
            _panel(figure.add_subplot(rows, 2, place), series, title)
    return figure


def panels(series: SeriesResults) -> dict[str, Figure]:
    """Draw every panel as a figure of its own, for a page that flows."""
    figures = dict[str, Figure]()
    with style.context(STYLE, after_reset=True):
        for title in chosen_panels(series):
            figures[title] = Figure(figsize=(5.2, 3.2), layout="constrained")
            _panel(figures[title].add_subplot(), series, title)
    return figures


def chosen_panels(series: SeriesResults) -> list[str]:
    """The panels for which there are numbers."""
    return [title for title, names in PANELS.items() if _known(series, names)]


def _known(series: SeriesResults, names: tuple[str, ...]) -> list[str]:
    return [
        name
        for name in names
        if name in series.by_name and np.isfinite(series.by_name[name].values).any()
    ]


def _panel(axes: Axes, series: SeriesResults, title: str) -> None:
    numeric = series.kind == "steps"
    place = np.arange(len(series.points), dtype=float)
    if numeric:
        place = np.array([float(point) for point in series.points])
    names = _known(series, PANELS[title])
    marker = "o" if len(place) <= 30 else ""
    for name, color in zip(names, COLORS, strict=False):
        values = series.by_name[name].values
        axes.plot(
            settled(place),
            settled(values),
            color=color,
            marker=marker,
            markersize=3,
            label=name,
        )
    axes.axhline(0, color=GREY, linewidth=0.6)
    if not numeric:
        shown = np.unique(np.linspace(0, len(place) - 1, TICKS).astype(int))
        for text in axes.set_xticks(
            shown,
            [text_of(series.points[k], 12) for k in shown],
            rotation=30,
            ha="right",
        ):
            verbatim(text.label1)
    axes.set(title=title, xlabel="step" if numeric else "")
    if len(names) > 1:
        axes.legend()
