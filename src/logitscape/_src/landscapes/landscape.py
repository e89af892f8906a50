"""Landscapes: the labelled result of a sweep."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ..base.files import checked_path, replacing
from ..base.messages import quoted, storable
from ..base.versions import __version__

if TYPE_CHECKING:
    import xarray


@jax.tree_util.register_dataclass
@dataclass(frozen=True, repr=False)
class Landscape:
    """Values and derivatives of objectives over a slice, with the names of all axes.

    A landscape is a pytree whose leaves are the arrays. They lead with the axes
    [objective, label, *grid].

    Attributes:
        loss: Loss, in nats for losses with a logarithm.
        gradient: Derivative of the loss in the logits, [..., n].
        finite: Whether the loss and all entries of the gradient are finite.
        in_domain: Whether the normalizer is defined at the point; for an objective without
            a normalizer, whether the loss is a number.
        p_label: Probability of the label, from 0 to 1; NaN where no normalizer is known.
        correct: Whether the label alone has the largest probability; without a known
            normalizer, the largest logit. For a multi-label loss, whether the label's logit
            alone is above 0, and all others are below.
        curvatures: Eigenvalues of the Hessian in the logits, ascending, [..., n]; None
            unless asked for.
        jacobian: Derivatives of the probabilities in the logits, dp_j / dz_k,
            [objective, *grid, n, n]; None unless asked for.
        coordinates: Values along each axis of the grid, in order.
        axes: Names of the grid's axes, in the same order.
        objectives: Names of the objectives.
        labels: True classes.
        slice_name: Name of the slice, such as "R1".
        description: Formula of the slice's points.
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
        """The slice, the size of its grid, the labels and the objectives, in one line."""
        grid = ", ".join(
            f"{name}: {np.size(axis)}" for name, axis in self._axes_by_name().items()
        )
        labels = ", ".join(map(str, self.labels))
        objectives = "; ".join(self.objectives)
        return (
            f"Landscape({self.slice_name!r}, {self.description}; {grid}; "
            f"label {labels}; {objectives})"
        )

    def to_xarray(self) -> "xarray.Dataset":
        """The arrays as an `xarray.Dataset` with named dimensions.

        Returns:
            Dataset with the dimensions "objective", "label", the coordinates of the slice
            and "component", the class of a gradient's entry. Curvatures lie along
            "order"; in the Jacobian "of" is the class of the probability. Half precisions
            become float32.
        """
        import xarray

        variables = {}
        for name, dimensions in self._dimensions().items():
            array = getattr(self, name)
            if array is not None:
                variables[name] = (dimensions, _storable(array), ATTRIBUTES[name])
        coordinates: dict[str, Any] = {
            "objective": [storable(name) for name in self.objectives],
            "label": list(self.labels),
        }
        for name, axis in self._axes_by_name().items():
            coordinates[name] = np.asarray(axis)
        return xarray.Dataset(variables, coordinates, self._attributes())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the landscape as a NetCDF file, which `xarray.load_dataset` reads.

        The file appears whole or not at all: an older one is replaced at the end, in one
        step. Flags are stored as 0 and 1, as the format has no truth values.

        Args:
            path: File to write, in a folder that exists.

        Raises:
            TypeError: If `path` is not a path.
            ValueError: If it ends in ".gz".
            FileNotFoundError: If the folder does not exist.
            OSError: If the path cannot be written.
        """
        target = checked_path("save", path)
        if target.suffix == ".gz":
            raise ValueError(
                "`save(path=...)` must not end in .gz, as nothing is compressed, got "
                f"{quoted(path)}."
            )
        dataset = self.to_xarray()
        flags = {
            name: variable.astype(np.int8)
            for name, variable in dataset.items()
            if variable.dtype == bool
        }
        with replacing(target, argument="`save(path=...)`") as temporary:
            # By SciPy, which is there anyway; other engines need packages of their own.
            dataset.assign(flags).to_netcdf(temporary, engine="scipy")

    def _axes_by_name(self) -> dict[str, Any]:
        return dict(zip(self.axes, self.coordinates, strict=True))

    def _dimensions(self) -> dict[str, tuple[str, ...]]:
        """Names of the dimensions of every array."""
        point = ("objective", "label", *self.axes)
        return {
            "loss": point,
            "finite": point,
            "in_domain": point,
            "p_label": point,
            "correct": point,
            "gradient": (*point, "component"),
            "curvatures": (*point, "order"),
            "jacobian": ("objective", *self.axes, "of", "component"),
        }

    def _attributes(self) -> dict[str, str]:
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
"""Attributes of the variables in the labelled form, by name of the array."""


def _storable(array: Any) -> Any:
    """The array, in float32 if its precision is half, which few file formats know."""
    values = np.asarray(array)
    # NumPy gives bfloat16, which it does not know itself, the kind of raw bytes, "V".
    is_half = values.dtype.itemsize == 2 and values.dtype.kind in "fV"
    if is_half:
        return values.astype(np.float32)
    return values
