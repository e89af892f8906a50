"""`show` and `sweep`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number

from . import show_page, targets
from .errors import UsageError, blaming
from .options import (
    AsJson,
    Base,
    Normalizer,
    PictureFile,
    Points,
    Precision,
    Quiet,
    Ray,
    Spec,
    Start,
    Stop,
    SweepFile,
)
from .output import PICTURES, check_out, say, show_json, working
from .output import show as print_result

if TYPE_CHECKING:
    from ..landscapes.landscape import Landscape
    from ..landscapes.slices import Slice
    from ..objectives.objective import Objective

Dtype = Annotated[
    Precision, Parameter(name="--dtype", help="The precision to compute in.")
]
Plane = Annotated[
    bool,
    Parameter(
        name="--plane",
        show_default=False,
        help="Sweep the plane of the first two logits, not a ray.",
    ),
]
ClassesOfRay = Annotated[
    int | None,
    Parameter(
        name="--classes",
        validator=Number(gte=2),
        help="How many classes; 3, or as many as --ray has numbers.",
    ),
]
Hessian = Annotated[
    bool,
    Parameter(
        name="--hessian", show_default=False, help="The eigenvalues of the Hessian too."
    ),
]


def show(
    spec: Spec,
    /,
    *,
    ray: Ray = "R1",
    classes: ClassesOfRay = None,
    base: Base = 0.0,
    stop: Stop = 20.0,
    dtype: Dtype = "float64",
    normalizer: Normalizer = None,
    json: AsJson = False,
    out: PictureFile = None,
    quiet: Quiet = False,
) -> int:
    """Show loss and gradient of one objective along a ray: numbers, a sparkline, and the laws far out."""
    check_out(out, PICTURES)
    classes = _count(classes, ray)
    (made,), roots = _objectives([spec], classes, normalizer)
    line = _ray(ray, np.linspace(0, stop, show_page.COLUMNS), classes, base)
    with blaming(f"sweeping `{spec}`", roots), working(f"sweeping {spec}", quiet=quiet):
        landscape = _sweep([made], line, dtype)
        laws = _laws(made, ray, classes, base)
    if out is not None:
        _draw(landscape, out)
        say(f"wrote {out}", quiet=quiet)
    if json:
        show_json(show_page.data(landscape, laws))
    else:
        print_result(show_page.page(landscape, laws))
    return 0


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
    """Sweep objectives over a ray, or a plane, and write loss, gradient, domain and prediction at every point."""
    check_out(out, [".nc"])
    if not spec:
        raise UsageError(
            "name at least one SPEC: `logitscape sweep 'softmax + brier' --out sweep.nc`."
        )
    if points < 1:
        raise UsageError(f"--points must be at least 1, got {points}.")
    classes = _count(classes, "" if plane else ray)
    made, roots = _objectives(list(spec), classes, normalizer)
    s = np.linspace(start, stop, points)
    where = _plane(s, classes, base) if plane else _ray(ray, s, classes, base)
    count = f"{len(made)} objective{'s' if len(made) > 1 else ''}"
    with blaming("sweeping", roots), working(f"sweeping {count}", quiet=quiet):
        landscape = _sweep(made, where, dtype, hessian=hessian)
    landscape.save(out)
    say(
        f"wrote {out}: {count} at {' x '.join(map(str, where.shape))} points, {where.description}",
        quiet=quiet,
    )
    return 0


def _objectives(
    names: list[str], classes: int, normalizer: str | None
) -> tuple[list["Objective"], list[Path]]:
    """What the names stand for, in whatever form; and where the user's code lies."""
    import jax

    from ..objectives.objective import Objective

    jax.config.update("jax_enable_x64", True)
    found = [targets.resolve(name) for name in names]
    subjects = targets.recognised(
        found, "trying it", classes=classes, normalizer=normalizer
    )
    made = [
        each.objective or Objective(each.name, each.function, each.normalizer)
        for each in subjects
    ]
    return made, [root for each in found for root in each.roots]


def _count(classes: int | None, ray: str) -> int:
    """How many classes: as said, else as many as the direction has, else 3."""
    if classes is not None:
        return classes
    direction = ray and _direction(ray)
    return 3 if isinstance(direction, str) else len(direction)


def _ray(ray: str, s: Any, classes: int, base: float) -> "Slice":
    import logitscape as ls

    with blaming("reading --ray"):
        return ls.ray(_direction(ray), s, num_classes=classes, base=base)


def _plane(s: Any, classes: int, base: float) -> "Slice":
    import logitscape as ls

    with blaming("reading --plane"):
        return ls.plane(s, s, num_classes=classes, base=base)


def _direction(ray: str) -> str | list[float]:
    if ray in ("R1", "R2", "R3"):
        return ray
    try:
        return [float(part) for part in ray.split(",")]
    except ValueError:
        raise UsageError(
            f"--ray must be R1, R2, R3 or numbers such as 0,1,-1, got {ray!r}."
        ) from None


def _sweep(
    made: list["Objective"], where: "Slice", dtype: str, *, hessian: bool = False
) -> "Landscape":
    import logitscape as ls

    return ls.sweep(list(made), where, dtype=dtype, hessian=hessian)


def _laws(made: "Objective", ray: str, classes: int, base: float) -> dict[str, str]:
    import logitscape as ls

    found = ls.gradient_law(made, _direction(ray), num_classes=classes, base=base)
    return {
        "loss": str(found.loss),
        "gradient norm": str(found.norm),
        "pull": str(found.pull),
    }


def _draw(landscape: "Landscape", out: Path) -> None:
    from ..plotting.landscape import plot
    from ..reports.save import save

    save(out, {}, lambda: plot(landscape.to_xarray()))
