"""A panel in two halves, where the label is right by s and where it is wrong, and its parts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from ..diagnosis.rays import Side
from ..landscapes.probe_rays import PROBE_RAYS
from ..plotting.style import SKY, VERMILLION, settled_digits

T = TypeVar("T")

SMALL = 7.5
SIGN = 4.5
SUBJECT: dict[str, Any] = {"color": VERMILLION, "linewidth": 1.8, "zorder": 2.4}
REFERENCE: dict[str, Any] = {
    "color": "0.45",
    "linewidth": 2.8,
    "alpha": 0.75,
    "zorder": 2.2,
}
LINES: Mapping[str, dict[str, Any]] = {"reference": REFERENCE, "subject": SUBJECT}
SIGN_HEIGHTS = {"reference": 0.92, "subject": 0.96}
"""Heights of signs at the top, as shares of the axes' height."""
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


class Half(NamedTuple):
    """One side of a panel."""

    axes: Axes
    side: Side


def halves(
    canvas: FigureBase, title: str, rays: Mapping[Side, str], *, far: bool = False
) -> list[Half]:
    """Make two axes that share their heights: "right", where s grows to the left, and "wrong".

    Args:
        canvas: Figure, or part of one, to draw on.
        title: Title of the panel.
        rays: Name of the ray on each side.
        far: Whether s is logarithmic.
    """
    left, right = canvas.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.03})
    left.set_title(title)
    sides = [Half(left, "right"), Half(right, "wrong")]
    for axes, side in sides:
        ray = rays[side]
        probe_ray = PROBE_RAYS[ray]
        move = probe_ray.wrong_words if side == "wrong" else probe_ray.right_words
        axes.set_xscale("log" if far else "linear")
        axes.set_xlabel(f"{side} by s ({ray}: {move})", fontsize=8)
    right.tick_params(left=False)
    left.invert_xaxis()
    return sides


def line(half: Half, s: Any, values: Any, who: str, what: str, **style: Any) -> None:
    """Draw a curve of the subject or the reference; the page finds it again by its id."""
    curve_id = f"{who}-{what}-{half.side}"
    half.axes.plot(settled_digits(s), values, **LINES[who] | style, gid=curve_id)


def marks(canvas: FigureBase, handles: Sequence[Artist], words: Sequence[str]) -> None:
    """Draw a small key below a panel."""
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
    """Draw a sign near the top at s; nothing if s is infinite."""
    if not np.isfinite(s):
        return
    half.axes.plot(
        [s],
        [SIGN_HEIGHTS[who]],
        transform=half.axes.get_xaxis_transform(),
        color=LINES[who]["color"],
        marker=sign,
        markersize=SIGN,
        linestyle="none",
    )


def both(pair: Any, get: Callable[[Any], T]) -> Iterator[tuple[str, T]]:
    """Yield a value of the reference and of the subject; the first drawn lies below."""
    yield "reference", get(pair.reference)
    yield "subject", get(pair.subject)
