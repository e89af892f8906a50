"""A first look at a landscape: the dataset that a sweep makes, drawn as it is."""

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
DECADES = 8  # of the gradient norm that curves show at most


def plot(dataset: "xarray.Dataset", *, label: int | None = None) -> Figure:
    """Draw loss and gradient norm: curves over a ray; over a plane, images, a column for each objective.

    Hatched is where the loss is infinite or the input outside the domain (of every objective, over a ray).

    Args:
        dataset: what `Landscape.to_xarray()` gives, over one or two coordinates.
        label: which label, where the dataset has several.

    Raises:
        TypeError: for what is no dataset.
        ValueError: if the label is not one of the dataset's, or the slice has more than two coordinates.
    """
    if not hasattr(dataset, "data_vars"):
        raise TypeError(
            f"`plot(dataset)` must be a Dataset, as `Landscape.to_xarray()` gives it, got {type(dataset).__name__}."
        )
    one = dataset.sel(label=_label(dataset, label))
    coordinates = [str(name) for name in one["loss"].dims if name != "objective"]
    if not 1 <= len(coordinates) <= 2:
        raise ValueError(
            f"`plot(dataset)` draws slices with 1 or 2 coordinates, got {coordinates}."
        )
    with plt.style.context(STYLE):
        return (_curves if len(coordinates) == 1 else _images)(one, *coordinates)


def _label(dataset: "xarray.Dataset", label: int | None) -> int:
    labels = [int(value) for value in dataset["label"].values]
    if label is None and len(labels) == 1:
        return labels[0]
    if label not in labels:
        raise ValueError(f"`plot(label=...)` must be one of {labels}, got {label!r}.")
    return label


def _arrays(
    one: "xarray.Dataset", *coordinates: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Loss and gradient norm, [objective, ...]; NaN where either is undefined."""
    one = one.transpose("objective", *coordinates, "component")
    defined = one["finite"].values & one["in_domain"].values
    norm = np.linalg.norm(one["gradient"].values, axis=-1)
    return np.where(defined, one["loss"].values, np.nan), np.where(
        defined, norm, np.nan
    )


def _curves(one: "xarray.Dataset", coordinate: str) -> Figure:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
    s, names = one[coordinate].values, [str(name) for name in one["objective"].values]
    loss, norm = _arrays(one, coordinate)
    right.set_yscale("log")
    for axes, title, values in ((left, "loss", loss), (right, "gradient norm", norm)):
        hatch_spans(axes, s, np.isnan(values).all(axis=0))
        labelled_curves(axes, s, dict(zip(names, values, strict=True)))
        axes.set(title=title, xlabel=coordinate)
    bottom, top = right.get_ylim()
    right.set_ylim(bottom=max(bottom, top * 10.0**-DECADES))
    return figure


def _images(one: "xarray.Dataset", vertical: str, horizontal: str) -> Figure:
    names = [str(name) for name in one["objective"].values]
    size = (1.6 + 2.6 * len(names), 5)
    figure, panels = plt.subplots(
        2, len(names), figsize=size, sharex=True, sharey=True, squeeze=False
    )
    x, y = settled(one[horizontal].values), settled(one[vertical].values)
    loss, norm = _arrays(one, vertical, horizontal)
    _row(figure, panels[0], x, y, settled(loss), np.isnan(loss), "loss")
    _row(
        figure,
        panels[1],
        x,
        y,
        _topmost(settled_log10(norm)),
        np.isnan(norm),
        r"$\log_{10}$ gradient norm",
    )
    for axes, name in zip(panels[0], names, strict=True):
        axes.set_title(name.replace(" + ", " +\n"))
    figure.supxlabel(horizontal, fontsize="medium")
    figure.supylabel(vertical, fontsize="medium")
    return figure


def _topmost(log_norm: NDArray[Any]) -> NDArray[Any]:
    """Nothing further than DECADES below the largest, so that a few tiny ones do not use up the colours."""
    top: float = np.max(log_norm, where=np.isfinite(log_norm), initial=-np.inf)
    shown: NDArray[Any] = np.maximum(log_norm, top - DECADES)
    return shown


def _row(
    figure: Figure,
    panels: NDArray[Any],
    x: NDArray[Any],
    y: NDArray[Any],
    values: NDArray[Any],
    undefined: NDArray[Any],
    title: str,
) -> None:
    shown = values[np.isfinite(values)]
    low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)
    for axes, image, mask in zip(panels, values, undefined, strict=True):
        mesh = _image(axes, x, y, image, mask, (low, high))
    figure.colorbar(mesh, ax=list(panels), label=title)


def _image(
    axes: Axes,
    x: NDArray[Any],
    y: NDArray[Any],
    values: NDArray[Any],
    undefined: NDArray[Any],
    limits: tuple[float, float],
) -> QuadMesh:
    mesh = axes.pcolormesh(
        x, y, values, vmin=limits[0], vmax=limits[1], rasterized=True
    )
    if undefined.any():
        axes.contourf(x, y, undefined, [0.5, 1.5], **HATCHED)
    axes.set_facecolor(ZERO)
    axes.grid(visible=False)
    return mesh
