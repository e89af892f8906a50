"""Where functions draw: on the user's axes, or on a new figure of a size that was asked for."""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from ..base.conversion import entries
from ..base.messages import quoted
from .settings import Style, asked_size, remember, settings

MOST_AXES = 10_000
"""Largest number of axes that a function draws on."""
MOST_LEVELS = 4
"""Levels of lists in lists that are walked through, as a list may hold itself."""
LARGEST = 400.0
"""Inches that a side of a figure may have: more is a mistake, such as pixels."""


@contextmanager
def panel(
    function_name: str,
    ax: Axes | None,
    style: Style,
    size: tuple[float, float] | None,
    *,
    natural: tuple[float, float] = (4.8, 3.4),
) -> Iterator[Axes]:
    """Give the axes to draw on: the user's, or those of a new figure.

    Args:
        function_name: Name of the public function, for the messages.
        ax: Axes of the user, if there are any.
        style: Style to draw in.
        size: Width and height of a new figure in inches.
        natural: Those of a figure for which nobody asks for others.
    """
    if ax is None:
        with new_figure(function_name, style, size, natural) as figure:
            yield figure.subplots()
        return
    if not isinstance(ax, Axes):
        raise TypeError(
            f"`{function_name}(ax=...)` must be Axes of matplotlib, got {type(ax).__name__}."
        )
    refuse_size(function_name, size)
    with settings(function_name, style):
        yield ax


@contextmanager
def new_figure(
    function_name: str,
    style: Style,
    size: tuple[float, float] | None,
    natural: tuple[float, float],
) -> Iterator[Figure]:
    """Make a figure for pyplot, which shows it; it is closed if the block raises."""
    wanted = None if size is None else checked_size(function_name, size)
    with settings(function_name, style):
        figure = plt.figure(figsize=wanted or asked_size(natural), layout="constrained")
        remember(figure)
        try:
            yield figure
        except BaseException:
            plt.close(figure)
            raise


def checked_size(function_name: str, size: Any) -> tuple[float, float]:
    """Width and height in inches."""
    numbers = np.array(_inches(size))
    if not np.all((numbers > 0) & (numbers <= LARGEST)):
        raise ValueError(
            f"`{function_name}(size=...)` must be the width and the height in inches, two "
            f"numbers above 0 and at most {LARGEST:g}, got {quoted(size)}."
        )
    width, height = numbers.tolist()
    return width, height


def _inches(size: Any) -> list[float]:
    """The numbers of a pair; NaN for what is none, and for a number beyond every float."""
    try:
        return [float(part) for part in _pair_of(size)]
    except OverflowError:
        return [np.nan]


def refuse_size(function_name: str, size: Any) -> None:
    """Raise a ValueError if a size is given together with axes."""
    if size is not None:
        raise ValueError(
            f"`{function_name}(size=...)` is the size of a new figure; with `ax=` the figure "
            f"has its size already, got {quoted(size)}."
        )


def several(function_name: str, ax: Any, count: int | None, needed: str) -> list[Axes]:
    """Check the user's axes for several panels: one after the other, row by row."""
    given = list(_flat(ax))
    if not all(isinstance(one, Axes) for one in given):
        kinds = ", ".join(sorted({type(one).__name__ for one in given}))
        raise TypeError(
            f"`{function_name}(ax=...)` must be Axes of matplotlib, or a list or array of "
            f"them, got {kinds or 'nothing'}."
        )
    if not given or count not in (None, len(given)):
        raise ValueError(
            f"`{function_name}(ax=...)` must be {count or 'some'} axes ({needed}), got "
            f"{len(given)}."
        )
    return given


def _flat(ax: Any, depth: int = 0) -> Iterator[Any]:
    """Axes, or those of a list or an array of any shape, row by row."""
    # What has more rows than a figure can have is not walked through.
    is_huge = isinstance(ax, np.ndarray) and ax.size > MOST_AXES
    several = None if is_huge or depth == MOST_LEVELS else entries(ax)
    if several is None:
        yield ax
        return
    for each in several:
        yield from _flat(each, depth + 1)


def figure_of(axes: Axes | Sequence[Axes]) -> FigureBase:
    """The figure, or the part of one, that axes belong to."""
    one = axes if isinstance(axes, Axes) else axes[0]
    figure = one.get_figure(root=False)
    assert figure is not None
    return figure


def _pair_of(size: Any) -> list[Any]:
    """Two numbers; NaN alone for anything else."""
    parts = [] if isinstance(size, Mapping | Set) else entries(size) or []
    is_pair = len(parts) == 2 and all(
        isinstance(part, int | float | np.number) and not isinstance(part, bool)
        for part in parts
    )
    return parts if is_pair else [np.nan]
