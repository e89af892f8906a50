"""Many objectives in one figure: loss, slope when wrong, and precision, all along R1."""

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle, islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..plotting.style import (
    BLUE,
    DASH_DOTTED,
    DASHED,
    DOTTED,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    SOLID,
    VERMILLION,
    settled_digits,
    style_of,
)
from . import halves
from .curves import FAR, INTERVALS, NEAR, Curves, along_r1

if TYPE_CHECKING:
    from .comparison import Comparison

STYLE = "logitscape.styles.paper"
SLOPES = 1e-10, 1e6
ERRORS = 1e-9, 10.0
COLUMNS = 3  # of the key
WHERE = "wrong by s (R1: rival up)"


class Shown(NamedTuple):
    """One objective, or the reference."""

    id: str
    name: str
    curves: Curves
    look: dict[str, Any]


def draw(comparison: "Comparison") -> Figure:
    """Three panels, and a key below them."""
    shown = compared(comparison)
    with style.context(STYLE, after_reset=True):
        figure = Figure(
            figsize=(10.5, 3.6 + 0.2 * -(-len(shown) // COLUMNS)), layout="constrained"
        )
        for axes, panel in zip(
            figure.subplots(1, len(PANELS)), PANELS.values(), strict=True
        ):
            panel(axes, shown, comparison.config.dtype)
        key = figure.legend(
            handles=[Line2D([], [], **each.look) for each in shown],
            loc="outside lower left",
            ncols=COLUMNS,
        )
        for text, each in zip(key.get_texts(), shown, strict=True):
            halves.verbatim(text).set_text(
                halves.text_of(each.name, 60).partition("\n")[0]
            )
    return figure


def panels(comparison: "Comparison", shown: Sequence[Shown]) -> dict[str, Figure]:
    """Every panel as a figure of its own, for a page that flows; without a key."""
    figures = dict[str, Figure]()
    with style.context(STYLE, after_reset=True):
        for name, panel in PANELS.items():
            figures[name] = Figure(figsize=(4.4, 3.4), layout="constrained")
            panel(figures[name].subplots(), shown, comparison.config.dtype)
    return figures


def compared(comparison: "Comparison") -> list[Shown]:
    """The reference, then all objectives."""
    known = along_r1(comparison)
    names = list(known)
    looks = [halves.REFERENCE, *looks_of(names[1:])]
    return [
        Shown(f"curve{k}", name, known[name], look)
        for k, (name, look) in enumerate(zip(names, looks, strict=True))
    ]


def looks_of(names: Sequence[str]) -> list[dict[str, Any]]:
    """The usual styles where they tell the names apart, else one after the other."""
    usual = [style_of(name) for name in names]
    if len({(each["color"], each["linestyle"]) for each in usual}) < len(names):
        others = cycle(
            product(
                (SOLID, DASHED, DOTTED, DASH_DOTTED),
                (VERMILLION, BLUE, GREEN, PURPLE, ORANGE, SKY),
            )
        )
        usual = [
            {"color": color, "linestyle": dashes}
            for dashes, color in islice(others, len(names))
        ]
    return [each | {"linewidth": 1.6, "zorder": 2.4} for each in usual]


def _loss(axes: Axes, shown: Sequence[Shown], dtype: str) -> None:
    for each in shown:
        axes.plot(
            NEAR,
            halves.finite(each.curves.loss),
            **each.look,
            gid=f"{each.id}-loss-wrong",
        )
    axes.set(title="Loss", xlabel=WHERE)
    own = [each.curves.loss for each in shown[1:]]
    halves.limit(axes, np.concatenate(own), shown[0].curves.loss, share=0.25, most=0.2)


def _slope(axes: Axes, shown: Sequence[Shown], dtype: str) -> None:
    for each in shown:
        axes.plot(
            settled_digits(FAR),
            halves.positive(each.curves.slope),
            **each.look,
            gid=f"{each.id}-slope-wrong",
        )
    axes.set(title="Slope dL/ds, where it is positive", xlabel=WHERE, xscale="log")
    halves.limit_decades(
        axes, np.concatenate([each.curves.slope for each in shown]), *SLOPES
    )


def _error(axes: Axes, shown: Sequence[Shown], dtype: str) -> None:
    narrow = "float32" if dtype == "float64" else dtype
    for each in shown:
        errors = {str(name): found.worst for name, found in each.curves.errors.items()}
        if narrow in errors:
            worst = settled_digits(np.maximum(errors[narrow], 2 * ERRORS[0]))
            axes.plot(
                settled_digits(INTERVALS),
                worst,
                **each.look,
                gid=f"{each.id}-error-wrong",
            )
    axes.set(
        title=f"Error of the gradient in {narrow}",
        xlabel=WHERE,
        xscale="log",
        yscale="log",
        ylim=ERRORS,
    )
    axes.set_xlim(float(FAR[0]), float(FAR[-1]))


PANELS: Mapping[str, Callable[[Axes, Sequence[Shown], str], None]] = {
    "loss": _loss,
    "slope": _slope,
    "precision": _error,
}
