"""The figure of the wider atlas: three tables, each sorted by what becomes of the gradient."""

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from logitscape import plotting
from logitscape._src.plotting.style import LAWS
from logitscape._src.plotting.style import Law as Look
from logitscape._src.properties.law import Law

from ..shared.far_out import Data, kind_of, short
from .objectives import TABLES

RAYS = ("R1", "R2")
ROW_HEIGHT = 0.24
LOOKS = LAWS | {"undetermined": Look("#CFCFCF", "no law fits")}
TITLE = (
    "Most losses of the logits push on while the model gets more wrong; "
    "most losses of probabilities let go"
)
CAPTION = (
    "Three classes, label 0. R1: a wrong logit rises, $z = (1,\\, 1 + s,\\, 1)$. "
    "R2: the label's logit falls, $z = (1 - s,\\, 1,\\, 1)$.\n"
    "A cell is the law of the slope $dL/ds$, with the default parameters, fitted up to "
    "$s = 10^{14}$. $\\infty$: the loss is infinite or undefined; $s \\geq$: from there on.\n"
    "Sorted from growing to vanishing slopes on R1. The laws of loss, slope, pull and norm on "
    "all rays are in wider_atlas.csv."
)


def draw(data: Data) -> Figure:
    rows = max(len(names) for names in TABLES.values())
    figure, all_axes = plt.subplots(
        1, len(TABLES), figsize=(13, 1.9 + ROW_HEIGHT * rows)
    )
    figure.suptitle(TITLE, x=0.008, ha="left")
    shown = set[str]()
    for axes, (title, objectives) in zip(all_axes, TABLES.items(), strict=True):
        names = sorted(objectives, key=lambda name: place(data, objectives[name]))
        laws = [[data[ray][objectives[name]].slope for ray in RAYS] for name in names]
        draw_table(axes, title, names, laws)
        axes.set_ylim(rows - 0.5, -0.5)
        shown.update(look_of(law) for row in laws for law in row)
    legend = plotting.law_legend(
        [kind for kind in LOOKS if kind in shown], laws=LOOKS, fig=figure
    )
    legend.set_title(CAPTION, prop=FontProperties(size=8.5))
    return figure


def draw_table(axes: Axes, title: str, names: list[str], laws: list[list[Law]]) -> None:
    kinds = [[look_of(law) for law in row] for row in laws]
    texts = [
        [short(law) if look_of(law) in LAWS else "" for law in row] for row in laws
    ]
    plotting.law_table(names, RAYS, kinds, texts, laws=LOOKS, ax=axes)
    axes.set_title(title, fontsize=10)
    axes.set_xticks(range(len(RAYS)), RAYS, rotation=0, ha="center")


def look_of(law: Law) -> str:
    """The kind of a law as it is coloured; data without a law have a colour of their own."""
    kind = kind_of(law)
    return kind if kind in LAWS else "undetermined"


def place(data: Data, objective: str) -> tuple[float, ...]:
    """The place of an objective in its table: the more gradient is left, the higher."""
    order = list(LOOKS)
    laws = [data[ray][objective].slope for ray in RAYS]
    kinds = [order.index(look_of(law)) for law in laws]
    return *kinds, steepness(laws[0])


def steepness(law: Law) -> float:
    """The exponent of a law that decays, and minus that of one that grows."""
    exponent = abs(law.rate or law.power)
    return exponent if law.kind.endswith("decay") else -exponent
