"""The options that commands share."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter
from cyclopts.validators import Number

Precision: TypeAlias = Literal["float64", "float32", "bfloat16", "float16"]

Target = Annotated[
    str, Parameter(help="What to diagnose: a spec, or where a function of your own is.")
]
Spec = Annotated[
    str, Parameter(help="A spec, or where a function of your own is, as for diagnose.")
]
AsJson = Annotated[
    bool,
    Parameter(
        name="--json",
        show_default=False,
        help="Print JSON, with infinities and NaN as words.",
    ),
]
Classes = Annotated[
    int,
    Parameter(
        name="--classes", validator=Number(gte=2), help="How many classes there are."
    ),
]
Normalizer = Annotated[
    str | None,
    Parameter(
        name="--normalizer",
        help="How a function of your own predicts: a spec or a function. Answers all about p.",
    ),
]
Quiet = Annotated[
    bool,
    Parameter(
        name=("--quiet", "-q"),
        show_default=False,
        help="No progress and no messages, only the result.",
    ),
]
Ray = Annotated[
    str,
    Parameter(
        name="--ray",
        help="Where to look: R1, a rival rises; R2, the true logit falls; R3, both; or a direction such as 0,1,-1.",
    ),
]
Base = Annotated[
    float,
    Parameter(
        name="--base", help="The logits that stay; some normalizers need positive ones."
    ),
]
Start = Annotated[float, Parameter(name="--start", help="The first coordinate.")]
Stop = Annotated[float, Parameter(name="--stop", help="The last coordinate.")]
Points = Annotated[int, Parameter(name="--points", help="How many coordinates.")]


def out(what: str) -> Parameter:
    """`--out`, which differs in what it writes."""
    return Parameter(
        name=("--out", "-o"),
        help=f"Write {what}. An old file is replaced only by a whole one.",
    )


PictureFile = Annotated[Path | None, out("a picture: .png, .svg or .pdf")]
SweepFile = Annotated[Path, out("the results: .nc (NetCDF; xarray reads it)")]
ReportFile = Annotated[
    Path | None,
    out(
        "a report: .html (one file, opens offline), .json, .txt, or a picture: .png, .svg, .pdf"
    ),
]
