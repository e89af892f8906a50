"""Landscapes: the labelled result of a sweep."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ..base.files import checked_path, replacing
from ..base.types import Labels
from .slice_arguments import one_class

if TYPE_CHECKING:
    import xarray


@jax.tree_util.register_dataclass
@dataclass(frozen=True, repr=False)
class Landscape:
    """Values and derivatives of objectives over a slice; a pytree of arrays with the names beside it.

    The arrays lead with the axes [objective, label, *grid]. With every gradient stands what keeps it from misleading.

    Attributes:
        loss: in nats for losses with a logarithm.
        gradient: [..., n], the derivative in the logits.
        finite: whether loss and gradient are.
        in_domain: whether the normalizer is defined there; for an objective without one, whether the loss is a number.
        p_label: the label's probability; NaN where no normalizer is known.
        correct: whether the label has the largest probability, alone (without a known normalizer: the largest logit).
        curvatures: [..., n], the eigenvalues of the Hessian, ascending; None unless asked for.
        jacobian: [objective, *grid, n, n], of the probabilities, dp_j / dz_k; None unless asked for.
        coordinates: the grid's axes, in order.
        axes: their names.
        objectives: the names.
        labels: the true classes.
        slice_name: such as "R1".
        description: the slice's points as a formula.
    """

    loss: Any
    gradient: Any
    finite: Any
    in_domain: Any
    p_label: Any
    correct: Any
    curvatures: Any
    jacobian: Any
    coordinates: tuple[Any, ...]
    axes: tuple[str, ...] = field(metadata={"static": True})
    objectives: tuple[str, ...] = field(metadata={"static": True})
    labels: tuple[int, ...] = field(metadata={"static": True})
    slice_name: str = field(metadata={"static": True})
    description: str = field(metadata={"static": True})

    def __repr__(self) -> str:
        """What was swept where, without the arrays."""
        grid = ", ".join(
            f"{name}: {np.size(axis)}"
            for name, axis in zip(self.axes, self.coordinates, strict=True)
        )
        labels = ", ".join(map(str, self.labels))
        return f"Landscape({self.slice_name!r}, {self.description}; {grid}; label {labels}; {'; '.join(self.objectives)})"

    def to_xarray(self) -> "xarray.Dataset":
        """The labelled form, dimensions `objective`, `label`, the slice's coordinates, and `component`."""
        import xarray

        point = ("objective", "label", *self.axes)
        dimensions = {
            **dict.fromkeys(
                ("loss", "finite", "in_domain", "p_label", "correct"), point
            ),
            "gradient": (*point, "component"),
            "curvatures": (*point, "order"),
            "jacobian": ("objective", *self.axes, "of", "component"),
        }
        variables = {
            name: (dims, _storable(getattr(self, name)), ATTRIBUTES[name])
            for name, dims in dimensions.items()
            if getattr(self, name) is not None
        }
        axes = {
            name: np.asarray(axis)
            for name, axis in zip(self.axes, self.coordinates, strict=True)
        }
        coordinates = {
            "objective": list(self.objectives),
            "label": list(self.labels),
            **axes,
        }
        return xarray.Dataset(variables, coordinates, self._attributes())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write as NetCDF; `xarray.load_dataset` reads it. An old file is replaced only by a whole one.

        Raises:
            TypeError: for what is no path.
            OSError: if the path cannot be written.
        """
        target = checked_path("save", path)
        dataset = self.to_xarray()
        flags = {
            name: variable.astype(np.int8)
            for name, variable in dataset.items()
            if variable.dtype == bool
        }
        with replacing(target) as temporary:
            dataset.assign(flags).to_netcdf(temporary, engine="scipy")

    def _attributes(self) -> dict[str, str]:
        from ... import __version__

        return {
            "slice": self.slice_name,
            "points": self.description,
            "dtype": str(self.loss.dtype),
            "logitscape": __version__,
            "jax": jax.__version__,
        }


ATTRIBUTES: dict[str, dict[str, str]] = {
    "loss": {"long_name": "loss", "units": "nats for losses with a logarithm"},
    "gradient": {"long_name": "derivative of the loss in the logits"},
    "finite": {"long_name": "loss and gradient are finite"},
    "in_domain": {"long_name": "the normalizer is defined"},
    "p_label": {"long_name": "probability of the label"},
    "correct": {"long_name": "the label alone has the largest probability"},
    "curvatures": {"long_name": "eigenvalues of the Hessian in the logits"},
    "jacobian": {"long_name": "derivative of the probabilities in the logits"},
}


def _storable(array: Any) -> Any:
    """Half precisions, which few formats know, as float32."""
    values = np.asarray(array)
    return (
        values.astype(np.float32)
        if values.dtype.itemsize == 2 and values.dtype.kind in "fV"
        else values
    )


def label_numbers(label: Labels, num_classes: int) -> tuple[int, ...]:
    """One label or several, checked."""
    several: Any = label if np.ndim(label) else [label]
    labels = tuple(one_class("sweep", "label", each, num_classes) for each in several)
    if not labels or len(set(labels)) < len(labels):
        raise ValueError(
            f"`sweep(label=...)` must name at least one class, each once, got {label!r}."
        )
    return labels
