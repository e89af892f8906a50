"""A first look at a landscape: the labelled result of a sweep, drawn as it is."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..base.messages import quoted
from .dataset_parts import part_of_label
from .images import DECADES, LOSS, NORM, draw_images
from .legends import name_curves
from .lines import hatch_spans
from .panels import new_figure, refuse_size, several
from .settings import Style, settings
from .style import settled
from .texts import Labels, translation

if TYPE_CHECKING:
    import xarray

    from ..landscapes.landscape import Landscape

QUANTITIES = (LOSS, NORM)


class Look(NamedTuple):
    """What `plot` was asked to draw, and how.

    Attributes:
        quantities: Quantities to draw, of "loss" and "gradient norm".
        word: Function from a text to the one that is drawn.
        style: Style of matplotlib.
        size: Width and height of a new figure, if they were given.
        ax: Axes of the user, if there are any.
    """

    quantities: tuple[str, ...]
    word: Callable[[str], str]
    style: Style
    size: tuple[float, float] | None
    ax: Any


def plot(
    dataset: "xarray.Dataset | Landscape",
    *,
    label: int | None = None,
    quantity: str | None = None,
    ax: Any = None,
    labels: Labels = None,
    style: Style = None,
    size: tuple[float, float] | None = None,
) -> Figure:
    """Draw loss and gradient norm: curves over a ray, images over a plane.

    Over a plane, every objective has a column of images. Hatched is where the loss is infinite or
    the input outside the domain; over a ray, only where that holds for every objective.

    The current settings of matplotlib (rcParams) are obeyed, size and fonts included; the style
    of this package decides what they leave open. Where a new figure is too narrow for names beside
    the curves, and on axes of the user's own, the names are in a legend.

    >>> import logitscape as ls
    >>> from logitscape import plotting
    >>> ray = ls.ray("R1", [0.0, 1.0, 2.0, 3.0])
    >>> landscape = ls.sweep(["softmax + brier", "crammer_singer"], ray)
    >>> figure = plotting.plot(landscape, labels={"loss": "Verlust"}, size=(7, 3))
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['Verlust', 'gradient norm']
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['softmax + brier', 'crammer_singer']

    Args:
        dataset: A landscape, or what its `to_xarray()` returns, over one or two coordinates.
        label: True class to draw; needed if the dataset has several.
        quantity: "loss" or "gradient norm"; by default both, or the loss on a single `ax`.
        ax: Axes to draw on, one for each panel: for each quantity, over a plane for each quantity
            and objective, row by row. By default those of a new figure.
        labels: Texts by the text in whose place they are drawn, or a function of a text: for the
            titles "loss" and "gradient norm", the names of coordinates and of objectives.
        style: Style of matplotlib, or settings by name, before the current ones.
        size: Width and height of a new figure, in inches.

    Returns:
        The figure.

    Raises:
        TypeError: If it is no landscape and no dataset, or an argument is of the wrong type.
        ValueError: If the label is not one of the dataset's, the slice has more than two
            coordinates, the number of axes is not that of the panels, or a size is none.
    """
    of_label, coordinates = part_of_label(dataset, label)
    look = Look(_quantities(quantity, ax), translation("plot", labels), style, size, ax)
    draw = _draw_curves if len(coordinates) == 1 else _draw_images
    return draw(of_label, coordinates, look)


def _quantities(quantity: str | None, ax: Any) -> tuple[str, ...]:
    if quantity is None:
        return (LOSS,) if isinstance(ax, Axes) else QUANTITIES
    if not isinstance(quantity, str) or quantity not in QUANTITIES:
        allowed = " or ".join(map(repr, QUANTITIES))
        raise ValueError(
            f"`plot(quantity=...)` must be {allowed}, got {quoted(quantity)}."
        )
    return (quantity,)


def _loss_and_norm(
    dataset: "xarray.Dataset", coordinates: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Return loss and gradient norm, [objective, ...]; NaN where either is undefined."""
    ordered = dataset.transpose("objective", *coordinates, "component")
    defined = ordered["finite"].values & ordered["in_domain"].values
    loss = np.where(defined, ordered["loss"].values, np.nan)
    norm = np.linalg.norm(ordered["gradient"].values, axis=-1)
    return {LOSS: loss, NORM: np.where(defined, norm, np.nan)}


def _names(dataset: "xarray.Dataset") -> list[str]:
    return [str(name) for name in dataset["objective"].values]


def _draw_curves(
    dataset: "xarray.Dataset", coordinates: Sequence[str], look: Look
) -> Figure:
    count = len(look.quantities)
    if look.ax is not None:
        panels = several("plot", look.ax, count, " and ".join(look.quantities))
        refuse_size("plot", look.size)
        with settings("plot", look.style):
            _fill_curves(panels, dataset, coordinates[0], look)
        return _root(panels)
    natural = (5.0 * count, 3.4)
    with new_figure("plot", look.style, look.size, natural) as figure:
        across = figure.get_figwidth() > figure.get_figheight()
        shape = (1, count) if across else (count, 1)
        panels = list(figure.subplots(*shape, squeeze=False).ravel())
        _fill_curves(panels, dataset, coordinates[0], look)
    return figure


def _fill_curves(
    panels: Sequence[Axes], dataset: "xarray.Dataset", coordinate: str, look: Look
) -> None:
    s = dataset[coordinate].values
    names, values = _names(dataset), _loss_and_norm(dataset, [coordinate])
    for axes, quantity in zip(panels, look.quantities, strict=True):
        if quantity == NORM:
            axes.set_yscale("log")
        hatch_spans(s, np.isnan(values[quantity]).all(axis=0), ax=axes)
        axes.set(title=look.word(quantity), xlabel=look.word(coordinate))
    curves = [dict(zip(names, values[name], strict=True)) for name in look.quantities]
    name_curves(panels, s, curves, look.word, own=look.ax is not None)
    for axes, quantity in zip(panels, look.quantities, strict=True):
        if quantity == NORM:
            bottom, top = axes.get_ylim()
            axes.set_ylim(bottom=max(bottom, top * 10.0**-DECADES))


def _draw_images(
    dataset: "xarray.Dataset", coordinates: Sequence[str], look: Look
) -> Figure:
    rows, columns = len(look.quantities), dataset.sizes["objective"]
    if look.ax is not None:
        needed = f"{' and '.join(look.quantities)}, for each of {columns} objectives"
        panels = several("plot", look.ax, rows * columns, needed)
        refuse_size("plot", look.size)
        grid = np.array(panels, dtype=object).reshape(rows, columns)
        with settings("plot", look.style):
            _fill_images(grid, dataset, coordinates, look)
            for axes in panels:
                axes.set(
                    xlabel=look.word(coordinates[1]), ylabel=look.word(coordinates[0])
                )
        return _root(panels)
    natural = (1.6 + 2.6 * columns, 0.4 + 2.3 * rows)
    with new_figure("plot", look.style, look.size, natural) as figure:
        shape: dict[str, Any] = {"sharex": True, "sharey": True, "squeeze": False}
        grid = figure.subplots(rows, columns, **shape)
        _fill_images(grid, dataset, coordinates, look)
        figure.supxlabel(look.word(coordinates[1]), fontsize="medium")
        figure.supylabel(look.word(coordinates[0]), fontsize="medium")
    return figure


def _fill_images(
    grid: NDArray[Any],
    dataset: "xarray.Dataset",
    coordinates: Sequence[str],
    look: Look,
) -> None:
    vertical, horizontal = (settled(dataset[name].values) for name in coordinates)
    every = _loss_and_norm(dataset, coordinates)
    values = {quantity: every[quantity] for quantity in look.quantities}
    names = [look.word(name) for name in _names(dataset)]
    draw_images(grid, horizontal, vertical, values, names, look.word)


def _root(panels: Sequence[Axes]) -> Figure:
    root = panels[0].get_figure(root=True)
    assert root is not None
    return root
