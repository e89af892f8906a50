"""What `plot` takes of a labelled landscape: the part of one label, and its coordinates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..base.messages import quoted
from ..base.whole_numbers import is_whole

if TYPE_CHECKING:
    import xarray

NEEDED = ("objective", "label", "loss", "gradient", "finite", "in_domain")
"""Variables of a landscape that are drawn, and by which they are."""


def part_of_label(
    dataset: Any, label: int | None
) -> tuple["xarray.Dataset", Sequence[str]]:
    """Return the part of one label, and the coordinates of its slice."""
    if hasattr(dataset, "to_xarray") and not hasattr(dataset, "data_vars"):
        dataset = dataset.to_xarray()
    if not hasattr(dataset, "data_vars"):
        raise TypeError(
            "`plot(dataset)` must be a Dataset, as `Landscape.to_xarray()` gives it, "
            f"got {type(dataset).__name__}."
        )
    missing = [name for name in NEEDED if name not in dataset.variables]
    if missing or dataset["objective"].ndim != 1:
        raise ValueError(
            "`plot(dataset)` must be a landscape with the variables "
            f"{', '.join(NEEDED)} over one or more objectives, got one without "
            f"{', '.join(missing) or 'an axis of objectives'}."
        )
    if not all(dataset.sizes.values()):
        raise ValueError(
            f"`plot(dataset)` must have points on every axis, got {dict(dataset.sizes)}."
        )
    of_label = dataset.sel(label=_checked_label(dataset, label))
    dims = of_label["loss"].dims
    coordinates = [str(name) for name in dims if name != "objective"]
    if not 1 <= len(coordinates) <= 2:
        raise ValueError(
            f"`plot(dataset)` draws slices with 1 or 2 coordinates, got {coordinates}."
        )
    return of_label, coordinates


def _checked_label(dataset: "xarray.Dataset", label: int | None) -> int:
    labels = [int(value) for value in dataset["label"].values]
    if label is None and len(labels) == 1:
        return labels[0]
    if not is_whole(label) or label not in labels:
        raise ValueError(
            f"`plot(label=...)` must be one of {labels}, got {quoted(label)}."
        )
    return label
