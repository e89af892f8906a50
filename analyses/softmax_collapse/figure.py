"""The figures: what collapses, and what lets a model generalise."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape._src.plotting.style import BLUE, VERMILLION

from .arms import ACCURATE, DECAYED, REMEDY, USUAL, Arm

if TYPE_CHECKING:
    import pandas as pd

    Tables: TypeAlias = Mapping[str, pd.DataFrame]

GREEN, GREY = "#009e73", "0.35"
LOOKS: dict[Arm, tuple[str, dict[str, Any]]] = {
    USUAL: (
        "softmax as people write it",
        {"color": VERMILLION, "linestyle": "--", "linewidth": 1.8},
    ),
    ACCURATE: ("softmax, accurate", {"color": BLUE, "linewidth": 1.8}),
    REMEDY: (
        "stablemax, accurate",
        {"color": GREEN, "linestyle": "-.", "linewidth": 1.8},
    ),
    DECAYED: (
        "softmax, accurate, with weight decay",
        {"color": GREY, "linestyle": ":", "linewidth": 2.2},
    ),
}
"""Words and look of each arm in the first figure."""
CAPTION = (
    "Addition modulo 31, a perceptron with two hidden layers of 200, Adam on the whole batch, "
    "float32; means over {seeds} seeds, 95 % intervals.\nAs people write it: "
    "optax.softmax_cross_entropy_with_integer_labels."
)
DETAILS = (
    "Addition modulo 31; at the end of {steps:,} steps, means over {seeds} seeds with 95 % "
    "intervals; the share of zeros is that of the later half. A margin is missing where a run has "
    "become NaN."
)


def draw(tables: "Tables") -> Figure:
    steps, end = tables["steps"], tables["end"].set_index("arm")
    shown = [arm for arm in LOOKS if arm.name in end.index]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.4, 4.3))
    figure.suptitle(title(end), x=0.008, ha="left")
    figure.supxlabel(
        CAPTION.format(seeds=end.seeds.iloc[0]), fontsize=8, x=0.008, ha="left"
    )
    for arm in shown:
        rows = steps[steps.arm == arm.name]
        draw_curve(left, rows, "absent", arm)
        draw_curve(right, rows, "test", arm)
    left.set_title("Training examples with a gradient of exactly 0")
    right.set_title("Test accuracy")
    last = steps.step.max()
    for axes, top in ((left, 0.7), (right, 1.04)):
        axes.set(xlabel="steps", xlim=(0, last), ylim=(-0.02 * top, top))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    right.legend(loc="upper right", bbox_to_anchor=(1.0, 0.94), fontsize=9)
    return figure


def title(end: "pd.DataFrame") -> str:
    """The answer, in two lines."""
    usual, accurate, remedy = (end.loc[arm.name] for arm in (USUAL, ACCURATE, REMEDY))
    decayed = end.test.get(DECAYED.name)
    last = "" if decayed is None else f", and {decayed:.0%} with weight decay"
    return (
        f"Computed accurately, no gradient is rounded to 0; as people write it, "
        f"{usual.absent:.0%} are. In this time that\nbrings little: {accurate.test:.0%} of the "
        f"tests are right ({usual.test:.0%} without), {remedy.test:.0%} with stablemax{last}"
    )


def draw_curve(axes: Axes, rows: "pd.DataFrame", name: str, arm: Arm) -> None:
    label, look = LOOKS[arm]
    axes.plot(rows.step, rows[name], label=label, **look)
    axes.fill_between(
        rows.step,
        rows[f"{name}_low"].clip(0),
        rows[f"{name}_high"].clip(upper=1),
        color=look["color"],
        alpha=0.15,
        linewidth=0,
    )


def draw_details(tables: "Tables") -> Figure:
    """Draw every arm at its end: zeros, margin and test accuracy side by side."""
    end = tables["end"]
    order = range(len(end))
    figure, panels = plt.subplots(
        1, 3, figsize=(12.4, 0.9 + 0.36 * len(end)), sharey=True
    )
    figure.suptitle(
        "Zeros come from the precision and from how the loss is computed; "
        "generalisation from the function and from weight decay",
        x=0.008,
        ha="left",
    )
    about = {"steps": tables["steps"].step.max(), "seeds": end.seeds.iloc[0]}
    figure.supxlabel(DETAILS.format(**about), fontsize=8, x=0.008, ha="left")
    columns = {
        "absent": "share of gradients that are exactly 0",
        "margin": "median margin",
        "test": "test accuracy",
    }
    for axes, (name, label) in zip(panels, columns.items(), strict=True):
        axes.hlines(order, end[f"{name}_low"], end[f"{name}_high"], GREY, linewidth=1.2)
        axes.plot(end[name], order, "o", color=BLUE, markersize=5)
        axes.set_xlabel(label)
        axes.grid(visible=False, axis="y")
    panels[1].set_xscale("log")
    panels[1].margins(x=0.06)
    for axes in (panels[0], panels[2]):
        axes.set_xlim(-0.03, 1.03)
        axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    panels[0].set_yticks(order, described(end.arm))
    panels[0].set_ylim(len(end) - 0.5, -0.5)
    return figure


def described(names: Sequence[str]) -> list[str]:
    """The arms in words: the loss first, then where it differs from the usual precision."""
    return [str(name).replace(", float32", "", 1) for name in names]
