"""Objectives of the command line, and the rays along which they are swept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from ..base.messages import quoted
from ..base.whole_numbers import MOST_CLASSES
from . import targets
from .errors import UsageError, blaming
from .options import Precision

if TYPE_CHECKING:
    from ..landscapes.landscape import Landscape
    from ..landscapes.slice import Slice
    from ..objectives.objective import Objective

DEFAULT_CLASSES = 3

Dtype = Annotated[
    Precision, Parameter(name="--dtype", help="Precision of the computation.")
]
ClassesOfRay = Annotated[
    int | None,
    Parameter(
        name="--classes",
        validator=Number(gte=2, lte=MOST_CLASSES),
        help="Number of classes; by default 3, or that of the numbers in --ray.",
    ),
]


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


def num_classes_of(classes: int | None, ray: str) -> int:
    """Return `--classes`, or the number of the direction's numbers, or 3."""
    if classes is not None:
        return classes
    direction = direction_of(ray)
    return DEFAULT_CLASSES if isinstance(direction, str) else len(direction)


def ray_of(ray: str, s: Any, num_classes: int, base: float) -> "Slice":
    """Return the ray of `--ray` at the distances s."""
    import logitscape as ls

    with blaming("reading --ray"):
        return ls.ray(direction_of(ray), s, num_classes=num_classes, base=base)


def direction_of(ray: str) -> str | list[float]:
    """Return the name of a ray, or the numbers of its direction."""
    if ray in ("R1", "R2", "R3"):
        return ray
    try:
        return [float(part) for part in ray.split(",")]
    except ValueError:
        raise UsageError(
            f"--ray must be R1, R2, R3 or numbers such as 0,1,-1, got {quoted(ray)}."
        ) from None


def swept(
    objectives: list["Objective"], where: "Slice", dtype: str, *, hessian: bool = False
) -> "Landscape":
    """Return the sweep of objectives over a slice."""
    import logitscape as ls

    return ls.sweep(list(objectives), where, dtype=dtype, hessian=hessian)
