"""The numbers about every example and class of an audit, as an `xarray.Dataset`."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..audit.calibration import errors_of_classes
from ..audit.extremes import stuck_at
from ..audit.prediction import is_suspicious
from ..audit.results import AuditResults
from ..base.messages import storable

if TYPE_CHECKING:
    import xarray

OF_LOSSES = ("norm", "cosine", "speed")
LEFT_OUT = ("finite",)


def dataset(audit: AuditResults) -> "xarray.Dataset":
    """Return everything by the dimensions "example", "class" and "loss"."""
    import xarray

    measured = audit.measured
    variables: dict[str, Any] = {
        name: (("loss", "example") if name in OF_LOSSES else ("example",), values)
        for name, values in measured.examples._asdict().items()
        if name not in LEFT_OUT
    }
    # The dimension has this name.
    variables["present_loss"] = variables.pop("loss")
    variables["label"] = (("example",), measured.labels)
    losses = range(len(measured.setting.names))
    stuck = np.stack(
        [stuck_at(measured.setting, measured.examples, place) for place in losses]
    )
    variables["stuck"] = (("loss", "example"), stuck)
    if measured.setting.normalizer is not None:
        variables["suspicious"] = (
            ("example",),
            is_suspicious(measured, measured.part.kept),
        )
    count = measured.count
    classes = measured.classes
    variables["mean_gradient"] = (("loss", "class"), classes.gradient / count)
    variables["mean_probability"] = (("class",), classes.probability / count)
    variables["frequency"] = (("class",), classes.targets / count)
    of_classes = errors_of_classes(measured)
    if of_classes is not None:
        variables["calibration_error"] = (("class",), of_classes)
    coordinates: dict[str, Any] = {
        "example": measured.index,
        "loss": [storable(name) for name in measured.setting.names],
    }
    if audit.class_names is not None:
        coordinates["class"] = [storable(name) for name in audit.class_names]
    if audit.ids is not None:
        coordinates["id"] = (("example",), _storable(audit.ids[measured.index]))
    attributes = {
        "name": storable(audit.name),
        "objective": storable(audit.objective),
        "dtype": audit.dtype,
    }
    return xarray.Dataset(variables, coordinates, attributes)


def _storable(ids: Any) -> Any:
    return ids if ids.dtype.kind != "U" else np.array([storable(each) for each in ids])
