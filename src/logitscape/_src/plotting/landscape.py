"""A first look at a landscape: the labelled result of a sweep, drawn as it is."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .fields import HATCHED, ZERO
from .lines import hatch_spans, labelled_curves
from .style import settled, settled_log10

if TYPE_CHECKING:
    import xarray

STYLE = "logitscape.styles.paper"
DECADES = 8
"""Maximum number of decades of the gradient norm that are shown."""


def plot(dataset: "xarray.Dataset", *, label: int | None = None) -> Figure:
    """Draw loss and gradient norm: curves over a ray, images over a plane.

    Over a plane, every objective has a column of images. Hatched is where the loss is infinite or
    the input outside the domain; over a ray, only where that holds for every objective.

    >>> import logitscape as ls
    >>> from logitscape import plotting
    >>> ray = ls.ray("R1", [0.0, 1.0, 2.0, 3.0])
    >>> landscape = ls.sweep(["softmax + brier", "crammer_singer"], ray)
    >>> figure = plotting.plot(landscape.to_xarray())
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['loss', 'gradient norm']

    Args:
        dataset: Return value of `Landscape.to_xarray()`, over one or two coordinates.
        label: True class to draw; needed if the dataset has several.

    Raises:
        TypeError: If it is no dataset.
        ValueError: If the label is not one of the dataset's, or the slice has more than two
            coordinates.
    """
    if not hasattr(dataset, "data_vars"):
        raise TypeError(
            "`plot(dataset)` must be a Dataset, as `Landscape.to_xarray()` gives it, "
            f"got {type(dataset).__name__}."
        )
    of_label = dataset.sel(label=_checked_label(dataset, label))
    dims = of_label["loss"].dims
    coordinates = [str(name) for name in dims if name != "objective"]
    if not 1 <= len(coordinates) <= 2:
        raise ValueError(
            f"`plot(dataset)` draws slices with 1 or 2 coordinates, got {coordinates}."
        )
    with plt.style.context(STYLE):
        if len(coordinates) == 1:
            return _draw_curves(of_label, coordinates[0])
        return _draw_images(of_label, coordinates[0], coordinates[1])


def _checked_label(dataset: "xarray.Dataset", label: int | None) -> int:
    labels = [int(value) for value in dataset["label"].values]
    if label is None and len(labels) == 1:
        return labels[0]
    if label not in labels:
        raise ValueError(f"`plot(label=...)` must be one of {labels}, got {label!r}.")
    return label


def _loss_and_norm(
    dataset: "xarray.Dataset", *coordinates: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return loss and gradient norm, [objective, ...]; NaN where either is undefined."""
    ordered = dataset.transpose("objective", *coordinates, "component")
    defined = ordered["finite"].values & ordered["in_domain"].values
    loss = np.where(defined, ordered["loss"].values, np.nan)
    norm = np.linalg.norm(ordered["gradient"].values, axis=-1)
    return loss, np.where(defined, norm, np.nan)


def _names(dataset: "xarray.Dataset") -> list[str]:
    return [str(name) for name in dataset["objective"].values]


def _draw_curves(dataset: "xarray.Dataset", coordinate: str) -> Figure:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
    s = dataset[coordinate].values
    names = _names(dataset)
    loss, norm = _loss_and_norm(dataset, coordinate)
    right.set_yscale("log")
    for axes, title, values in ((left, "loss", loss), (right, "gradient norm", norm)):
        hatch_spans(axes, s, np.isnan(values).all(axis=0))
        labelled_curves(axes, s, dict(zip(names, values, strict=True)))
        axes.set(title=title, xlabel=coordinate)
    bottom, top = right.get_ylim()
    right.set_ylim(bottom=max(bottom, top * 10.0**-DECADES))
    return figure


def _draw_images(dataset: "xarray.Dataset", vertical: str, horizontal: str) -> Figure:
    names = _names(dataset)
    figure, panels = plt.subplots(
        2,
        len(names),
        figsize=(1.6 + 2.6 * len(names), 5),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    x = settled(dataset[horizontal].values)
    y = settled(dataset[vertical].values)
    loss, norm = _loss_and_norm(dataset, vertical, horizontal)
    log_norm = _without_lowest(settled_log10(norm))
    mesh = _draw_row(panels[0], x, y, settled(loss), np.isnan(loss))
    figure.colorbar(mesh, ax=list(panels[0]), label="loss")
    mesh = _draw_row(panels[1], x, y, log_norm, np.isnan(norm))
    figure.colorbar(mesh, ax=list(panels[1]), label=r"$\log_{10}$ gradient norm")
    for axes, name in zip(panels[0], names, strict=True):
        axes.set_title(name.replace(" + ", " +\n"))
    figure.supxlabel(horizontal, fontsize="medium")
    figure.supylabel(vertical, fontsize="medium")
    return figure


def _without_lowest(log_norm: NDArray[Any]) -> NDArray[Any]:
    """Raise what is more than `DECADES` below the largest, so that it uses up no colours."""
    top: float = np.max(log_norm, where=np.isfinite(log_norm), initial=-np.inf)
    raised: NDArray[Any] = np.maximum(log_norm, top - DECADES)
    return raised


def _draw_row(
    panels: NDArray[Any],
    x: NDArray[Any],
    y: NDArray[Any],
    values: NDArray[Any],
    undefined: NDArray[Any],
) -> QuadMesh:
    """Draw an image for every objective, all with the same colours."""
    finite = values[np.isfinite(values)]
    limits = (0.0, 1.0)
    if finite.size:
        limits = (float(finite.min()), float(finite.max()))
    for axes, image, mask in zip(panels, values, undefined, strict=True):
        mesh = _draw_image(axes, x, y, image, mask, limits)
    return mesh


def _draw_image(
    axes: Axes,
    x: NDArray[Any],
    y: NDArray[Any],
    values: NDArray[Any],
    undefined: NDArray[Any],
    limits: tuple[float, float],
) -> QuadMesh:
    low, high = limits
    mesh = axes.pcolormesh(x, y, values, vmin=low, vmax=high, rasterized=True)
    if undefined.any():
        axes.contourf(x, y, undefined, [0.5, 1.5], **HATCHED)
    axes.set_facecolor(ZERO)
    axes.grid(visible=False)
    return mesh
