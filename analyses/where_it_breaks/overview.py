"""The figure with the message: which normalizers break at which inputs."""

from collections.abc import Mapping

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from ..shared import overview
from .domains import INPUTS, STYLES, WORDS, Values, kind

COLUMNS = (
    "some negative\n(−2, −1, 1, 2)",
    "all negative\n(−4, −3, −2, −1)",
    "all zero\n(0, 0, 0, 0)",
    "one huge\n(0, 0, 0, 1000)",
    "one ruled out\n(0, 1, 2, −∞)",
)
"""What the inputs of the table are examples of."""
BROKEN = ("undefined", "not a distribution")
LOOKS = {
    "a distribution": ("#8FBFE0", ""),
    "sums to less than 1": ("#F5E6A8", ""),
    "not a distribution": ("#C4560A", ""),
    "undefined": ("#F4F4F4", "//////"),
}
"""Looks of the outputs; whether some are exactly 0 belongs to the details."""
CAPTION = (
    "What comes out of five inputs $z$, "
    "and for which finite $z$ it is defined at all (float64)."
)


def draw_table(outputs: Mapping[str, Values]) -> Figure:
    assert len(COLUMNS) == len(INPUTS)
    kinds = {name: [kind(p) for p in by_input] for name, by_input in outputs.items()}
    # Stable, so that those which break as often stay in the order of the catalogue.
    rows = sorted(kinds, key=lambda name: sum(each in BROKEN for each in kinds[name]))
    figure, axes = plt.subplots(figsize=(8.4, 6.4))
    figure.suptitle(
        "Softmax takes any number; dividing by the sum breaks at the first negative one,\n"
        "and what people put in its place breaks elsewhere",
        x=0.012,
        ha="left",
    )
    looks = [[LOOKS[_shown(each)] for each in kinds[name]] for name in rows]
    overview.table(axes, rows, COLUMNS, looks)
    for i, name in enumerate(rows):
        text = WORDS.get(name, "any z")
        axes.text(len(COLUMNS) - 0.42, i, text, va="center_baseline", fontsize=8)
    axes.text(len(COLUMNS) - 0.42, -0.75, "defined for", fontsize=8.5, va="bottom")
    for name in ("softmax", "sum"):
        axes.get_yticklabels()[rows.index(name)].set_fontweight("bold")
    never = sum(not any(each in BROKEN for each in kinds[name]) for name in rows)
    overview.separate(axes, [never - 1], len(COLUMNS))
    overview.legend(figure, LOOKS, CAPTION)
    return figure


def _shown(each: str) -> str:
    assert each in STYLES
    return "a distribution" if each == "with exact zeros" else each
