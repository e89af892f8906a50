"""The options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter
from cyclopts.validators import Number

from ..base.whole_numbers import MOST_CLASSES, MOST_POINTS

Precision: TypeAlias = Literal["float64", "float32", "bfloat16", "float16"]

Target = Annotated[
    str, Parameter(help="Loss to diagnose: a spec, or the place of your own function.")
]
Spec = Annotated[
    str, Parameter(help="Spec, or the place of your own function, as for diagnose.")
]
AsJson = Annotated[
    bool,
    Parameter(
        name="--json",
        show_default=False,
        help="Print JSON; infinities and NaN are strings.",
    ),
]
Classes = Annotated[
    int,
    Parameter(
        name="--classes",
        validator=Number(gte=1, lte=MOST_CLASSES),
        help="Number of classes.",
    ),
]
Normalizer = Annotated[
    str | None,
    Parameter(
        name="--normalizer",
        help=(
            "Normalizer by which your own function predicts, a spec or a function; "
            "needed for the questions about probabilities."
        ),
    ),
]
Quiet = Annotated[
    bool,
    Parameter(
        name=("--quiet", "-q"),
        show_default=False,
        help="Print only the result, no progress and no messages.",
    ),
]
Ray = Annotated[
    str,
    Parameter(
        name="--ray",
        help=(
            "Direction of the ray: R1, a rival rises; R2, the true logit falls; R3, both; "
            "or numbers such as 0,1,-1."
        ),
    ),
]
Base = Annotated[
    float,
    Parameter(
        name="--base",
        help="Value of all logits at s = 0; some normalizers need a positive one.",
    ),
]
BaseInDomain = Annotated[
    float | None,
    Parameter(
        name="--base",
        help="Value of all logits at s = 0; by default 0, or 1 where only that is in the domain.",
    ),
]
Start = Annotated[float, Parameter(name="--start", help="First coordinate.")]
Stop = Annotated[float, Parameter(name="--stop", help="Last coordinate.")]
Points = Annotated[
    int,
    Parameter(
        name="--points",
        validator=Number(gte=1, lte=MOST_POINTS),
        help="Number of coordinates.",
    ),
]


def repeated(name: str, content: str) -> Parameter:
    """Return an option that may be given several times."""
    return Parameter(name=name, negative="", help=f"{content}; may be repeated.")


def out(content: str) -> Parameter:
    """Return the option `--out` for a command that writes this content."""
    return Parameter(
        name=("--out", "-o"),
        help=f"Write {content}. An old file stays as it is until the new one is complete.",
    )


PictureFile = Annotated[Path | None, out("a picture: .png, .svg or .pdf")]
SweepFile = Annotated[Path, out("the results: .nc (NetCDF; xarray reads it)")]
PageFile = Annotated[Path, out("the page: .html (one file, opens offline)")]
ReportFile = Annotated[
    Path | None,
    out(
        "a report: .html (one file, opens offline), .json, .txt, "
        "or a picture: .png, .svg, .pdf"
    ),
]
