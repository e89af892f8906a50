"""The commands `show` and `sweep`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number

from ..base.messages import quoted
from ..base.notes import noted
from ..base.whole_numbers import MOST_CLASSES
from . import show_page, targets
from .errors import UsageError, blaming
from .options import (
    AsJson,
    Base,
    BaseInDomain,
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
from .output import PICTURES, check_out, show_json, working, writing
from .output import show as print_result

if TYPE_CHECKING:
    from ..landscapes.landscape import Landscape
    from ..landscapes.slice import Slice
    from ..objectives.objective import Objective

DEFAULT_CLASSES = 3

Dtype = Annotated[
    Precision, Parameter(name="--dtype", help="Precision of the computation.")
]
Plane = Annotated[
    bool,
    Parameter(
        name="--plane",
        show_default=False,
        help="Sweep the plane of the first two logits instead of a ray.",
    ),
]
ClassesOfRay = Annotated[
    int | None,
    Parameter(
        name="--classes",
        validator=Number(gte=2, lte=MOST_CLASSES),
        help="Number of classes; by default 3, or that of the numbers in --ray.",
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


def show(
    spec: Spec,
    /,
    *,
    ray: Ray = "R1",
    classes: ClassesOfRay = None,
    base: BaseInDomain = None,
    stop: Stop = 20.0,
    dtype: Dtype = "float64",
    normalizer: Normalizer = None,
    json: AsJson = False,
    out: PictureFile = None,
    quiet: Quiet = False,
) -> int:
    """Show slope, loss and gradient on a ray: numbers, sparklines, laws far out."""
    check_out(out, PICTURES)
    asked = _Asked(spec, ray, classes, base, stop, dtype, normalizer)
    if out is None and asked.is_about_catalogue:
        # What is known about a spec is found without JAX, whose import takes most of the time.
        record = noted(f"show {asked}", lambda: show_page.data(_shown(asked, quiet)))
    else:
        shown = _shown(asked, quiet)
        record = show_page.data(shown)
        if out is not None:
            with writing(out, quiet=quiet):
                _draw(shown.landscape, out)
    if json:
        show_json(record)
    else:
        print_result(show_page.page(record))
    return 0


@dataclass(frozen=True)
class _Asked:
    """What `show` is asked for; the attributes are its options."""

    spec: str
    ray: str
    classes: int | None
    base: float | None
    stop: float
    dtype: str
    normalizer: str | None

    @property
    def is_about_catalogue(self) -> bool:
        """Whether no function of the user's own is in it."""
        return ":" not in f"{self.spec} {self.normalizer}"


def _shown(asked: _Asked, quiet: bool) -> show_page.Shown:
    """Measure what `show` prints."""
    ray, num_classes = asked.ray, _num_classes(asked.classes, asked.ray)
    (objective,), roots = objectives_named([asked.spec], num_classes, asked.normalizer)
    coordinates = np.linspace(0, asked.stop, show_page.COLUMNS)
    doing = f"sweeping {asked.spec}"
    with (
        blaming(f"sweeping `{asked.spec}`", roots),
        working(doing, quiet=quiet),
    ):
        base, reason = _base(objective, num_classes, asked.base)
        line = _ray(ray, coordinates, num_classes, base)
        landscape = _sweep([objective], line, asked.dtype)
        laws = _laws(objective, ray, num_classes, base)
    remark = " ".join(filter(None, [reason, _sum_of_p(objective)]))
    return show_page.Shown(landscape, _towards(ray, num_classes), laws, remark)


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
    if points < 1:
        raise UsageError(f"--points must be at least 1, got {points}.")
    num_classes = _num_classes(classes, "R1" if plane else ray)
    objectives, roots = objectives_named(list(spec), num_classes, normalizer)
    s = np.linspace(start, stop, points)
    where = _slice(None if plane else ray, s, num_classes, base)
    count = f"{len(objectives)} objective{'s' if len(objectives) > 1 else ''}"
    with blaming("sweeping", roots), working(f"sweeping {count}", quiet=quiet):
        landscape = _sweep(objectives, where, dtype, hessian=hessian)
    shape = " x ".join(map(str, where.shape))
    what = f": {count} at {shape} points, {where.description}"
    with writing(out, quiet=quiet, of=what):
        landscape.save(out)
    return 0


def objectives_named(
    names: list[str], num_classes: int, normalizer: str | None
) -> tuple[list["Objective"], list[Path]]:
    """Return the objectives that are named, and the folders of the user's code."""
    import jax

    from ..base.caches import keep_programs
    from ..base.program_keys import store
    from ..objectives.objective import Objective

    keep_programs()
    store()
    # The default --dtype is float64, which JAX computes in only if it is told to.
    jax.config.update("jax_enable_x64", True)
    resolved = [targets.resolve(name) for name in names]
    subjects = targets.recognised(
        resolved, "trying it", classes=num_classes, normalizer=normalizer
    )
    objectives = [
        subject.objective
        or Objective(subject.name, subject.function, subject.normalizer)
        for subject in subjects
    ]
    return objectives, targets.roots_of(resolved)


def _num_classes(classes: int | None, ray: str) -> int:
    """Return `--classes`, or the number of the direction's numbers, or 3."""
    if classes is not None:
        return classes
    direction = _direction(ray)
    return DEFAULT_CLASSES if isinstance(direction, str) else len(direction)


def _slice(ray: str | None, s: Any, num_classes: int, base: float) -> "Slice":
    """Return a ray; without one, the plane of the first two logits."""
    if ray is None:
        return _plane(s, num_classes, base)
    return _ray(ray, s, num_classes, base)


def _ray(ray: str, s: Any, num_classes: int, base: float) -> "Slice":
    import logitscape as ls

    with blaming("reading --ray"):
        return ls.ray(_direction(ray), s, num_classes=num_classes, base=base)


def _plane(s: Any, num_classes: int, base: float) -> "Slice":
    import logitscape as ls

    with blaming("reading --plane"):
        return ls.plane(s, s, num_classes=num_classes, base=base)


def _direction(ray: str) -> str | list[float]:
    if ray in ("R1", "R2", "R3"):
        return ray
    try:
        return [float(part) for part in ray.split(",")]
    except ValueError:
        raise UsageError(
            f"--ray must be R1, R2, R3 or numbers such as 0,1,-1, got {quoted(ray)}."
        ) from None


def _sweep(
    objectives: list["Objective"], where: "Slice", dtype: str, *, hessian: bool = False
) -> "Landscape":
    import logitscape as ls

    return ls.sweep(list(objectives), where, dtype=dtype, hessian=hessian)


def _base(
    objective: "Objective", num_classes: int, given: float | None
) -> tuple[float, str]:
    """Return the value of all logits at s = 0, and why it is another one than 0."""
    from ..diagnosis.rays import origin_of
    from ..diagnosis.subjects import subject

    if given is not None:
        return given, ""
    base = origin_of(subject(objective, num_classes=num_classes), num_classes)
    if not base:
        return base, ""
    reason = "equal logits of 0 are not inside the domain of the loss"
    return base, f"The base is {base:g}, as {reason}."


def _sum_of_p(objective: "Objective") -> str:
    """Return what p sums to, if that is not 1."""
    behind = getattr(objective.normalizer, "normalizer", objective.normalizer)
    formula = getattr(behind, "formula", None)
    if formula is None or formula.sums_to_one:
        return ""
    return f"p sums to {formula.sums_to}."


def _towards(ray: str, num_classes: int) -> Any:
    """Return the direction of a ray, the change of the logits per unit of s, [n]."""
    import logitscape as ls

    return np.asarray(ls.points(_ray(ray, np.array([1.0]), num_classes, 0.0)))[0]


def _laws(
    objective: "Objective", ray: str, num_classes: int, base: float
) -> dict[str, str]:
    import logitscape as ls

    laws = ls.gradient_law(
        objective, _direction(ray), num_classes=num_classes, base=base
    )
    return {
        "slope dL/ds": str(laws.slope),
        "loss": str(laws.loss),
        "gradient norm": str(laws.norm),
        "pull": str(laws.pull),
    }


def _draw(landscape: "Landscape", out: Path) -> None:
    from ..plotting.landscape import plot
    from ..reports.save import save

    save(out, {}, lambda: plot(landscape.to_xarray()))
