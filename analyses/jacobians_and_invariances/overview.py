"""The figure with the message: which change of the logits a normalizer does not notice."""

from collections.abc import Mapping
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from logitscape._src.plotting.style import BLUE
from logitscape._src.properties.invariance import Change, Invariance

from ..shared import overview
from ..shared.titles import headline

COLUMNS: dict[Change, str] = {
    "shift": "a shift\n$z + 3$",
    "scale": "a scale\n$10\\,z$",
    "sign": "the sign\n$-z$",
}
"""Changes in the figure: all normalizers keep the order of the classes."""
LOOKS = {"the probabilities stay": (BLUE, ""), "they change": ("#EFE6D8", "")}
STAY, CHANGE = LOOKS.values()
CAPTION = (
    "Every normalizer keeps the order of the classes, so that reordering is left out."
)


def draw_blindness(
    by_name: Mapping[str, Mapping[Change, Invariance]],
) -> Figure:
    rows = sorted(
        by_name, key=lambda name: [not by_name[name][each].holds for each in COLUMNS]
    )
    figure, axes = plt.subplots(figsize=(7.6, 6.4))
    headline(
        figure,
        "Softmax does not notice a shift, dividing by the sum does not notice a scale:\n"
        "it cannot tell (1, 2) from (10, 20)",
    )
    looks = [
        [STAY if by_name[name][each].holds else CHANGE for each in COLUMNS]
        for name in rows
    ]
    overview.table(axes, rows, list(COLUMNS.values()), looks)
    for i, name in enumerate(rows):
        for j, each in enumerate(COLUMNS):
            if by_name[name][each].holds:
                look: dict[str, Any] = {
                    "color": "white",
                    "fontweight": "bold",
                    "fontsize": 8.5,
                }
                axes.text(j, i, "unnoticed", ha="center", va="center_baseline", **look)
    for name in ("softmax", "sum"):
        axes.get_yticklabels()[rows.index(name)].set_fontweight("bold")
    overview.legend(figure, LOOKS, CAPTION)
    return figure
