"""`diagnose` and `compare`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from cyclopts import Parameter

from . import targets
from .errors import UsageError
from .options import AsJson, Classes, Normalizer, Precision, Quiet, ReportFile, Target
from .output import check_out, say, show, show_json

if TYPE_CHECKING:
    from ..diagnosis.answers import Severity
    from ..diagnosis.subject import Subject
    from ..objectives.signatures import Form as LibraryForm

FailOn: TypeAlias = Literal["serious", "warning", "note", "never"]
FormName: TypeAlias = Literal["example", "example-label", "batch", "batch-one-hot"]

FORMS: "Mapping[FormName, LibraryForm]" = {
    "example": "one example",
    "example-label": "one example, label",
    "batch": "batch, labels",
    "batch-one-hot": "batch, one-hot",
}
REPORTS = (".html", ".json", ".txt", ".png", ".svg", ".pdf")

Training = Annotated[
    Precision,
    Parameter(name="--dtype", help="The precision that it will be trained in."),
]
Seed = Annotated[
    int,
    Parameter(
        name="--seed",
        help="Of the random searches; the same seed gives the same answers.",
    ),
]
Against = Annotated[
    str,
    Parameter(
        name="--reference", help="What it is compared with: a spec or a function."
    ),
]
Form = Annotated[
    FormName | None,
    Parameter(
        name="--form", help="What a function of your own takes; else found by trying."
    ),
]
Threshold = Annotated[
    FailOn,
    Parameter(
        name="--fail-on", help="The least severity that makes the exit status 1."
    ),
]


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """How to diagnose, and what to do with the answer."""

    classes: Classes = 10
    dtype: Training = "float32"
    seed: Seed = 0
    normalizer: Normalizer = None
    reference: Against = "softmax + cross_entropy"
    form: Form = None
    fail_on: Threshold = "warning"
    json: AsJson = False
    out: ReportFile = None
    quiet: Quiet = False


DEFAULT = Options()


def diagnose(target: Target, /, *, options: Options = DEFAULT) -> int:
    """Find out where the gradient of a loss dies or explodes, whether it is convex, proper, safe, and what it costs.

    TARGET is a spec, 'softmax + focal(gamma=2)'; package.module:function; or path/to/file.py:function. Importing a module
    or a file runs it: diagnose only code that you trust.

    The function takes (logits [n], target [n]) or (logits [n], label) and returns a scalar, or takes (logits [N, n],
    labels [N]) or (logits [N, n], one-hot [N, n]) and returns [N].

    The exit status is 0 if nothing was found, 1 for findings at or above --fail-on, 2 for bad usage and for errors in your
    function.
    """
    judged, arguments, code = _prepared([target], options)
    import logitscape as ls

    with targets.calling(f"diagnosing `{target}`", code):
        found = ls.diagnose(judged[0], **arguments)
    _publish(found, options)
    return int(_fails(found.worst, options.fail_on))


def compare(*target: Target, options: Options = DEFAULT) -> int:
    """Diagnose several losses, in one table and one figure.

    Each TARGET is as for diagnose. Importing a module or a file runs it. The exit status is that of the worst.
    """
    if not target:
        raise UsageError(
            "name at least one TARGET: `logitscape compare 'softmax + focal' 'softmax + poly1'`."
        )
    judged, arguments, code = _prepared(target, options)
    import logitscape as ls

    with targets.calling("diagnosing them", code):
        found = ls.compare(judged, **arguments)
    _publish(found, options)
    return int(_fails(found.worst, options.fail_on))


def _prepared(
    names: Sequence[str], options: Options
) -> tuple[list["Subject"], dict[str, Any], list[targets.Target]]:
    """What to judge, and how, and where the code came from, once all that was asked for is there."""
    check_out(options.out, REPORTS)
    found, reference = (
        [targets.resolve(name) for name in names],
        targets.resolve(options.reference),
    )
    form = None if options.form is None else FORMS[options.form]
    judged = targets.recognised(
        found,
        "trying it",
        classes=options.classes,
        normalizer=options.normalizer,
        form=form,
    )
    arguments = {
        "num_classes": options.classes,
        "dtype": options.dtype,
        "seed": options.seed,
        "reference": reference.source,
        "progress": not options.quiet,
    }
    return judged, arguments, [*found, reference]


def _publish(found: Any, options: Options) -> None:
    if options.out is not None:
        found.save(options.out)
        say(f"wrote {options.out}", quiet=options.quiet)
    show_json(found.to_dict()) if options.json else show(found.table())


def _fails(worst: "Severity", fail_on: FailOn) -> bool:
    from ..diagnosis.answers import SEVERITIES

    return fail_on != "never" and SEVERITIES.index(worst) <= SEVERITIES.index(fail_on)
