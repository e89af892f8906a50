"""The command `show`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.notes import noted
from . import show_page
from .errors import blaming
from .options import (
    AsJson,
    BaseInDomain,
    Normalizer,
    PictureFile,
    Quiet,
    Ray,
    Spec,
    Stop,
)
from .output import PICTURES, check_out, show_json, working, writing
from .output import show as print_result
from .rays import (
    ClassesOfRay,
    Dtype,
    direction_of,
    num_classes_of,
    objectives_named,
    ray_of,
    swept,
)

if TYPE_CHECKING:
    from ..landscapes.landscape import Landscape
    from ..objectives.objective import Objective


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
    ray, num_classes = asked.ray, num_classes_of(asked.classes, asked.ray)
    (objective,), roots = objectives_named([asked.spec], num_classes, asked.normalizer)
    coordinates = np.linspace(0, asked.stop, show_page.COLUMNS)
    doing = f"sweeping {asked.spec}"
    with (
        blaming(f"sweeping `{asked.spec}`", roots),
        working(doing, quiet=quiet),
    ):
        base, reason = _base(objective, num_classes, asked.base)
        line = ray_of(ray, coordinates, num_classes, base)
        landscape = swept([objective], line, asked.dtype)
        laws = _laws(objective, ray, num_classes, base)
    remark = " ".join(filter(None, [reason, _sum_of_p(objective)]))
    return show_page.Shown(landscape, _towards(ray, num_classes), laws, remark)


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

    return np.asarray(ls.points(ray_of(ray, np.array([1.0]), num_classes, 0.0)))[0]


def _laws(
    objective: "Objective", ray: str, num_classes: int, base: float
) -> dict[str, str]:
    import logitscape as ls

    laws = ls.gradient_law(
        objective, direction_of(ray), num_classes=num_classes, base=base
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
