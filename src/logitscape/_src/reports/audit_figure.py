"""The figure of an audit: the examples on their gradient, who carries it, calibration, what-if."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..audit.results import AuditResults
from ..plotting.style import BLUE, GREY, VERMILLION, settled
from .names import first_line, text_of, verbatim
from .save import STYLE

Panel: TypeAlias = Callable[[Axes, AuditResults], None]

CELLS = 40
"""Cells from left to right of the density of the examples."""
POINTS = 200
"""Points of a curve."""
SHOWN = 8
"""Largest number of losses beside each other."""
SMALLEST = 1e-8
"""Least norm that is drawn; smaller ones lie on the lower edge."""


def draw(audit: AuditResults) -> Figure:
    """Draw all panels on one page, under the headline."""
    chosen = chosen_panels(audit)
    rows = (len(chosen) + 1) // 2
    with style.context(STYLE, after_reset=True):
        figure = Figure(figsize=(10.5, 0.8 + 3.7 * rows), layout="constrained")
        verbatim(figure.suptitle(text_of(audit.headline(), 96), x=0.01, ha="left"))
        for place, panel in enumerate(chosen.values(), 1):
            panel(figure.add_subplot(rows, 2, place), audit)
    return figure


def panels(audit: AuditResults) -> dict[str, Figure]:
    """Draw every panel as a figure of its own, for a page that flows."""
    figures = dict[str, Figure]()
    with style.context(STYLE, after_reset=True):
        for name, panel in chosen_panels(audit).items():
            figures[name] = Figure(figsize=(5.2, 3.7), layout="constrained")
            panel(figures[name].add_subplot(), audit)
    return figures


def chosen_panels(audit: AuditResults) -> Mapping[str, Panel]:
    """The panels for which there are numbers."""
    chosen: dict[str, Panel] = {"landscape": _landscape, "carriers": _carriers}
    if audit.reliability is not None:
        chosen["reliability"] = _reliability
    if len(audit.alternatives) > 1:
        chosen["alternatives"] = _alternatives
    return chosen


def _landscape(axes: Axes, audit: AuditResults) -> None:
    """The density of the examples by margin and gradient norm."""
    examples = audit.measured.examples
    margin = examples.margin.astype(np.float64)
    norm = np.maximum(examples.norm[0].astype(np.float64), SMALLEST)
    usable = np.isfinite(margin)
    x = margin[usable]
    mesh = axes.hexbin(
        x,
        norm[usable],
        gridsize=CELLS,
        yscale="log",
        bins="log",
        mincnt=1,
        cmap="cividis",
        linewidths=0.2,
    )
    bar = axes.figure.colorbar(mesh, ax=axes, label="number of examples")
    # A picture inside the picture would be a file of its own, which a page may not need.
    if bar.solids is not None:
        bar.solids.set(rasterized=False, edgecolor="face")
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set(
        yscale="log",
        xlabel="margin of the label (wrong below 0)",
        ylabel="gradient norm",
        title="Where the examples lie",
    )


def _carriers(axes: Axes, audit: AuditResults) -> None:
    """The share of the gradient that the strongest examples carry, for every loss."""
    for place, alternative in enumerate(audit.alternatives[:SHOWN]):
        examples, carried = _lorenz(audit.measured.examples.norm[place])
        label = first_line(alternative.name, 36)
        (line,) = axes.plot(settled(examples), settled(carried), label=label)
        line.set_color(BLUE if place == 0 else line.get_color())
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="share of the examples, the strongest first",
        ylabel="share of the gradient",
        title="Who carries the gradient",
    )
    for text in axes.legend(loc="lower right").get_texts():
        verbatim(text)


def _lorenz(
    norm: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ordered = np.sort(np.where(np.isfinite(norm), norm, 0).astype(np.float64))[::-1]
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    place = np.unique(np.linspace(0, len(ordered), POINTS).astype(int))
    return place / len(ordered), sums[place] / max(sums[-1], np.finfo(float).tiny)


def _reliability(axes: Axes, audit: AuditResults) -> None:
    """Accuracy against confidence, in bins of equal numbers of examples."""
    found = audit.reliability
    assert found is not None
    spans = np.stack([found.accuracy - found.low, found.high - found.accuracy])
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    axes.errorbar(
        settled(found.confidence),
        settled(found.accuracy),
        yerr=settled(np.maximum(spans, 0)),
        fmt="o-",
        color=BLUE,
        markersize=4,
        capsize=2,
    )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="confidence",
        ylabel="accuracy",
        title="Is it right as often as it says?",
    )


def _alternatives(axes: Axes, audit: AuditResults) -> None:
    """Change of the accuracy by a step along each loss, to first order."""
    shown = audit.alternatives[:SHOWN]
    value = 100 * np.array([each.accuracy_change.value for each in shown])
    low = 100 * np.array([each.accuracy_change.low for each in shown])
    high = 100 * np.array([each.accuracy_change.high for each in shown])
    place = np.arange(len(shown))
    colors = [BLUE if k == 0 else VERMILLION for k in place]
    axes.barh(place, settled(value), color=colors, height=0.6)
    axes.errorbar(
        settled(value),
        place,
        xerr=settled(np.stack([value - low, high - value])),
        fmt="none",
        color="0.2",
        capsize=2,
    )
    labels = [first_line(each.name, 36) for each in shown]
    for text in axes.set_yticks(place, labels):
        verbatim(text.label1)
    axes.invert_yaxis()
    axes.set(
        xlabel="points of accuracy by one step, to first order",
        title="What another loss would do",
    )
