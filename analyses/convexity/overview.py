"""The figure with the message: which pairs are convex in the logits, by colour alone."""

from collections.abc import Mapping, Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape._src.properties.convexity import Convexity

from ..shared import overview
from ..shared.catalogue import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES
from ..shared.titles import headline
from .verdicts import CONVEX, HATCH, INFINITE

LOOKS = {
    "convex": (CONVEX, ""),
    "convex where it is finite": ("#8FBFE0", ""),
    "not convex": ("#EFD9BF", ""),
    "infinite almost everywhere": (INFINITE, HATCH),
}
OFTEN_INFINITE = 0.01
"""Share of infinite losses in the search above which a pair is convex only where it is finite."""
CAPTION = "The losses in the logits, three classes. Every verdict has a witness in convexity.csv."


def draw_table(searches: Mapping[str, Convexity]) -> Figure:
    figure, (pairs, alone) = plt.subplots(
        2, 1, figsize=(9.6, 7.4), height_ratios=[16, 1]
    )
    headline(
        figure,
        "Few pairs are convex in the logits, softmax with cross-entropy among them.\n"
        "All losses that take the logits themselves are",
    )
    rows, columns = _sorted(searches)
    by_row = [[f"{row} + {column}" for column in columns] for row in rows]
    _draw(pairs, rows, columns, by_row, searches)
    _draw(alone, ["losses of the logits"], LOGIT_LOSSES, [LOGIT_LOSSES], searches)
    alone.set_xlim(pairs.get_xlim())
    pairs.get_yticklabels()[rows.index("softmax")].set_fontweight("bold")
    overview.legend(figure, LOOKS, CAPTION)
    return figure


def _sorted(searches: Mapping[str, Convexity]) -> tuple[list[str], list[str]]:
    """Normalizers and losses, from those with the most convex pairs; equals as they are listed."""

    def count(names: Sequence[str]) -> int:
        return sum(searches[name].convex is True for name in names)

    rows = sorted(
        NORMALIZERS,
        key=lambda row: -count([f"{row} + {x}" for x in PROBABILITY_LOSSES]),
    )
    columns = sorted(
        PROBABILITY_LOSSES,
        key=lambda x: -count([f"{row} + {x}" for row in NORMALIZERS]),
    )
    # Those that are convex everywhere stand first.
    whole = ("softmax", "softmax_one")
    return sorted(rows, key=lambda row: row not in whole), columns


def _draw(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    names: Sequence[Sequence[str]],
    searches: Mapping[str, Convexity],
) -> None:
    looks = [[LOOKS[_kind(searches[name])] for name in row] for row in names]
    overview.table(axes, rows, columns, looks, rotation=45)


def _kind(search: Convexity) -> str:
    if search.convex is None:
        return "infinite almost everywhere"
    if not search.convex:
        return "not convex"
    if search.infinite > OFTEN_INFINITE:
        return "convex where it is finite"
    return "convex"
