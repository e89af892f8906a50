"""The command `sweep`."""

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter

from .errors import UsageError, blaming
from .options import Base, Normalizer, Points, Quiet, Ray, Spec, Start, Stop, SweepFile
from .output import check_out, working, writing
from .rays import (
    ClassesOfRay,
    Dtype,
    num_classes_of,
    objectives_named,
    ray_of,
    swept,
)

if TYPE_CHECKING:
    from ..landscapes.slice import Slice

Plane = Annotated[
    bool,
    Parameter(
        name="--plane",
        show_default=False,
        help="Sweep the plane of the first two logits instead of a ray.",
    ),
]
Hessian = Annotated[
    bool,
    Parameter(
        name="--hessian",
        show_default=False,
        help="Compute the eigenvalues of the Hessian too.",
    ),
]


def sweep(
    *spec: Spec,
    out: SweepFile,
    ray: Ray = "R1",
    plane: Plane = False,
    classes: ClassesOfRay = None,
    base: Base = 0.0,
    start: Start = 0.0,
    stop: Stop = 20.0,
    points: Points = 401,
    dtype: Dtype = "float64",
    normalizer: Normalizer = None,
    hessian: Hessian = False,
    quiet: Quiet = False,
) -> int:
    """Sweep objectives over a ray or a plane; write loss, gradient, domain and prediction."""
    check_out(out, [".nc"])
    if not spec:
        raise UsageError(
            "name at least one SPEC: `logitscape sweep 'softmax + brier' --out sweep.nc`."
        )
    num_classes = num_classes_of(classes, "R1" if plane else ray)
    objectives, roots = objectives_named(list(spec), num_classes, normalizer)
    s = np.linspace(start, stop, points)
    where = _slice(None if plane else ray, s, num_classes, base)
    count = f"{len(objectives)} objective{'s' if len(objectives) > 1 else ''}"
    with blaming("sweeping", roots), working(f"sweeping {count}", quiet=quiet):
        landscape = swept(objectives, where, dtype, hessian=hessian)
    shape = " x ".join(map(str, where.shape))
    what = f": {count} at {shape} points, {where.description}"
    with writing(out, quiet=quiet, of=what):
        landscape.save(out)
    return 0


def _slice(ray: str | None, s: Any, num_classes: int, base: float) -> "Slice":
    """Return a ray; without one, the plane of the first two logits."""
    if ray is None:
        return _plane(s, num_classes, base)
    return ray_of(ray, s, num_classes, base)


def _plane(s: Any, num_classes: int, base: float) -> "Slice":
    import logitscape as ls

    with blaming("reading --plane"):
        return ls.plane(s, s, num_classes=num_classes, base=base)
