"""A panel in two halves: left the label is right by s, and right it is wrong by s; and what is drawn into both."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text
from numpy.typing import NDArray

from ..diagnosis.rays import Side
from ..plotting.style import SKY, VERMILLION, settled, settled_digits

T = TypeVar("T")

SMALL = 7.5
SIGN = 4.5
LARGEST = 1e100
SUBJECT: dict[str, Any] = {"color": VERMILLION, "linewidth": 1.8, "zorder": 2.4}
REFERENCE: dict[str, Any] = {
    "color": "0.45",
    "linewidth": 2.8,
    "alpha": 0.75,
    "zorder": 2.2,
}
LOOKS: Mapping[str, dict[str, Any]] = {"reference": REFERENCE, "subject": SUBJECT}
WORKING: dict[str, Any] = {
    "facecolor": SKY,
    "alpha": 0.22,
    "linewidth": 0,
    "zorder": 0.4,
}
DEAD: dict[str, Any] = {
    "facecolor": "1.0",
    "edgecolor": "0.75",
    "hatch": "xxx",
    "linewidth": 0,
    "zorder": 0.45,
}
MOVES: Mapping[Side, Mapping[str, str]] = {
    "wrong": {"R1": "rival up", "R2": "label down", "R3": "label down, rival up"},
    "right": {"R1": "rival down", "R2": "label up", "R3": "label up, rival down"},
}


class Half(NamedTuple):
    """One side of a panel."""

    axes: Axes
    side: Side


def halves(
    canvas: FigureBase, title: str, rays: Mapping[Side, str], *, far: bool = False
) -> list[Half]:
    """Two axes that share their heights, "right" with s growing to the left, and "wrong".

    Args:
        canvas: what to draw on.
        title: of the panel.
        rays: which ray each side is.
        far: whether s is logarithmic.
    """
    left, right = canvas.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.03})
    left.set_title(title)
    found = [Half(left, "right"), Half(right, "wrong")]
    for axes, side in found:
        axes.set_xscale("log" if far else "linear")
        axes.set_xlabel(
            f"{side} by s ({rays[side]}: {MOVES[side][rays[side]]})", fontsize=8
        )
    right.tick_params(left=False)
    left.invert_xaxis()
    return found


def line(half: Half, s: Any, values: Any, who: str, what: str, **look: Any) -> None:
    """A curve of the subject or the reference, which the page finds again by its id."""
    half.axes.plot(
        settled_digits(s), values, **LOOKS[who] | look, gid=f"{who}-{what}-{half.side}"
    )


def finite(values: Any) -> NDArray[Any]:
    """NaN where there is nothing to draw; as large as can be rounded."""
    return settled(
        np.where(np.isfinite(values), np.clip(values, -LARGEST, LARGEST), np.nan)
    )


def positive(values: Any) -> NDArray[Any]:
    """For a logarithmic axis; an exact 0 leaves through the bottom."""
    values = np.asarray(values, float)
    return settled_digits(
        np.where(values >= 0, np.clip(values, 1 / LARGEST, LARGEST), np.nan)
    )


def limit(axes: Axes, subject: Any, reference: Any, share: float, most: float) -> None:
    """Heights in which the subject's shape is seen, and the reference as far as it fits.

    Args:
        axes: of which half does not matter.
        subject: its values.
        reference: its values.
        share: how much of the reference's span is seen at least.
        most: how many times the reference's span the subject may reach beyond it.
    """
    own, other = (np.asarray(each, float) for each in (subject, reference))
    own, other = (each[np.isfinite(each)] for each in (own, other))
    if not own.size or not other.size:
        own = other = np.concatenate([own, other, [0.0, 1.0]])
    span, room = np.ptp(own), np.ptp(other) or np.ptp(own) or 1.0
    top = min(
        max(own.max(), other.max()),
        other.max() + most * room,
        max(own.max() + span, other.min() + share * room),
    )
    bottom = max(
        min(own.min(), other.min()),
        other.min() - most * room,
        min(own.min() - span, other.max() - share * room),
    )
    axes.set_ylim(
        *settled([bottom - 0.04 * (top - bottom), top + 0.04 * (top - bottom)])
    )


def limit_decades(axes: Axes, values: Any, least: float, largest: float) -> None:
    """Logarithmic heights, within two bounds."""
    values = np.asarray(values, float)
    shown = values[np.isfinite(values) & (values > 0)]
    top = 10 ** np.ceil(
        np.log10(np.clip(shown.max(initial=least * 10), 1.0, largest)) + 0.3
    )
    axes.set(
        yscale="log",
        ylim=(max(least, 10 ** np.floor(np.log10(shown.min(initial=top)))), top),
    )


def marks(canvas: FigureBase, handles: Sequence[Artist], words: Sequence[str]) -> None:
    """A small key below a panel."""
    canvas.legend(
        handles,
        words,
        loc="outside lower left",
        ncols=len(words),
        fontsize=SMALL,
        columnspacing=1.2,
        handlelength=2.2,
    )


def first_place(half: Half, s: float, who: str, sign: str) -> None:
    """A sign near the top at the first s where something holds; nothing if that is infinite."""
    if np.isfinite(s):
        look = {
            "color": LOOKS[who]["color"],
            "marker": sign,
            "markersize": SIGN,
            "linestyle": "none",
        }
        half.axes.plot(
            [s],
            [0.96 if who == "subject" else 0.92],
            transform=half.axes.get_xaxis_transform(),
            **look,
        )


def both(pair: Any, get: Callable[[Any], T]) -> Iterator[tuple[str, T]]:
    """The reference first, so that it lies below."""
    yield "reference", get(pair.reference)
    yield "subject", get(pair.subject)


def text_of(name: str, width: int) -> str:
    """A name in lines of some width, in characters that the font has."""
    known = _characters()
    seen = "".join(
        each if ord(each) in known else "?" for each in " ".join(name.split())
    )
    return textwrap.fill(seen, width)


def verbatim(text: Text) -> Text:
    """A dollar sign in a user's name is no formula."""
    text.set_parse_math(False)
    return text


@cache
def _characters() -> frozenset[int]:
    return frozenset(
        get_font(findfont(FontProperties(family=["DejaVu Sans"]))).get_charmap()
    )
