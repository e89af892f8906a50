"""The commands `diagnose` and `compare`."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from cyclopts import Parameter
from cyclopts.validators import Number

from . import targets
from .bind import parsed
from .errors import UsageError, blaming
from .options import (
    AsJson,
    Classes,
    Normalizer,
    Precision,
    Quiet,
    ReportFile,
    Target,
    repeated,
)
from .output import check_out, show, show_json, writing

if TYPE_CHECKING:
    from ..diagnosis.answers import Severity
    from ..diagnosis.domain import Domain
    from ..diagnosis.subject import Subject
    from ..forms.reading import Form as LibraryForm
    from ..reports.comparison import Comparison
    from ..reports.diagnosis import Diagnosis

FailOn: TypeAlias = Literal["fault", "trade", "note", "never"]
FormName: TypeAlias = Literal[
    "example",
    "example-label",
    "batch",
    "batch-one-hot",
    "binary",
    "multi-label",
    "similarities",
    "positives",
]

FORMS: "Mapping[FormName, LibraryForm]" = {
    "example": "one example",
    "example-label": "one example, label",
    "batch": "batch, labels",
    "batch-one-hot": "batch, one-hot",
    "binary": "binary",
    "multi-label": "multi-label",
    "similarities": "similarities",
    "positives": "positives",
}
"""Forms of a function, by their names on the command line."""
REPORTED_IN, REPORTED_SHARE = 1.0, 0.15
"""Seconds, and largest share of a budget, that are left for the report."""
REPORTS = (".html", ".json", ".txt", ".png", ".svg", ".pdf")

Training = Annotated[
    Precision,
    Parameter(name="--dtype", help="Precision of the training."),
]
Seed = Annotated[
    int,
    Parameter(
        name="--seed",
        help="Seed of the random searches; the same seed gives the same answers.",
    ),
]
Reference = Annotated[
    str,
    Parameter(name="--reference", help="Loss to compare with: a spec or a function."),
]
Form = Annotated[
    FormName | None,
    Parameter(
        name="--form",
        help="Form of your own function; by default found by trying.",
    ),
]
DomainEnds = Annotated[
    tuple[float, float] | None,
    Parameter(
        name="--domain",
        help="Least and largest logit that the loss can be given, as in --domain -1 1.",
    ),
]
LogitScale = Annotated[
    float,
    Parameter(
        name="--logit-scale",
        validator=Number(gt=0),
        help="Factor by which random logits are larger; with --normalised a row's length.",
    ),
]
Normalised = Annotated[
    bool,
    Parameter(
        name="--normalised",
        negative=(),
        show_default=False,
        help="Scale every row of logits to one length before the loss sees it.",
    ),
]
Budget = Annotated[
    float,
    Parameter(
        name="--budget",
        validator=Number(gt=0),
        help="Seconds after which the answers are those that are known by then.",
    ),
]
Argument = Annotated[
    tuple[str, ...],
    repeated("--arg", "Further argument of your function, NAME=VALUE"),
]
Threshold = Annotated[
    FailOn,
    Parameter(name="--fail-on", help="Least severity that makes the exit status 1."),
]
Everything = Annotated[
    bool,
    Parameter(
        name="--all",
        negative=(),
        show_default=False,
        help="Show all answers, and not only those that matter most.",
    ),
]


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """The options of both commands: the setting of the diagnosis, and the output."""

    classes: Classes = 10
    dtype: Training = "float32"
    seed: Seed = 0
    normalizer: Normalizer = None
    reference: Reference = "softmax + cross_entropy"
    form: Form = None
    domain: DomainEnds = None
    logit_scale: LogitScale = 1.0
    normalised: Normalised = False
    budget: Budget = 120.0
    arg: Argument = ()
    fail_on: Threshold = "fault"
    everything: Everything = False
    json: AsJson = False
    out: ReportFile = None
    quiet: Quiet = False


DEFAULT = Options()


@dataclass(frozen=True)
class Request:
    """Everything that a diagnosis needs, once it has been found and checked.

    Attributes:
        subjects: Losses to diagnose.
        arguments: Keyword arguments of `ls.diagnose` and `ls.compare`.
        code: Targets whose functions are called, the reference among them.
    """

    subjects: "list[Subject]"
    arguments: dict[str, Any]
    code: list[targets.Target]


def diagnose(target: Target, /, *, options: Options = DEFAULT) -> int:
    """Diagnose one loss: its gradients, convexity, properness, precision and cost.

    TARGET is a spec, 'softmax + focal(gamma=2)'; package.module:function; or
    path/to/file.py:function. Importing a module or a file runs it: diagnose only code that you
    trust.

    The function takes (logits [n], target [n]) or (logits [n], label) and returns a scalar, or
    takes (logits [N, n], labels [N]) or (logits [N, n], one-hot [N, n]) and returns [N], or their
    mean or sum. A loss of one logit, of similarities [N, N], and a loss of PyTorch will do too:
    how it is called is found by trying. Class.method stands for the method of an instance.

    The exit status is 1 if there is a fault, or an answer at or above --fail-on, 2 for bad usage
    and for errors in your function, and 0 otherwise.
    """
    begun = time.monotonic()
    request = _prepared([target], options)
    # Imported late, as everywhere in the command line: `--help` and `list` start without JAX.
    import logitscape as ls

    from ..diagnosis.deadline import Deadline, counting_from

    reserved = min(REPORTED_IN, REPORTED_SHARE * options.budget)
    calling = targets.calling(f"diagnosing `{target}`", request.code)
    with calling, counting_from(begun, reserved):
        diagnosis = ls.diagnose(request.subjects[0], **request.arguments)
    # Witnesses are run before they are printed, which takes time too.
    with Deadline(begun + options.budget).holds():
        _publish(diagnosis, options)
    return exit_status(diagnosis.worst, options.fail_on)


def compare(*target: Target, options: Options = DEFAULT) -> int:
    """Diagnose several losses, in one table and one figure.

    Each TARGET is as for diagnose. Importing a module or a file runs it. The exit status is that
    of the worst.
    """
    if not target:
        raise UsageError(
            "name at least one TARGET: "
            "`logitscape compare 'softmax + focal' 'softmax + poly1'`."
        )
    request = _prepared(target, options)
    import logitscape as ls

    with targets.calling("diagnosing them", request.code):
        comparison = ls.compare(request.subjects, **request.arguments)
    _publish(comparison, options)
    return exit_status(comparison.worst, options.fail_on)


def _prepared(names: Sequence[str], options: Options) -> Request:
    """Find everything that the options name, so that a mistake shows before the computation."""
    from ..base.caches import keep_programs
    from ..base.program_keys import store
    from ..base.xla import compile_all_as_trained

    check_out(options.out, REPORTS)
    compile_all_as_trained()
    keep_programs()
    store()
    arguments_of_function = parsed(options.arg)
    named = [targets.resolve(name, arguments_of_function) for name in names]
    reference = targets.of_option("--reference", options.reference)
    subjects = targets.recognised(
        named,
        "trying it",
        classes=options.classes,
        normalizer=options.normalizer,
        form=None if options.form is None else FORMS[options.form],
        domain=_domain(options),
    )
    arguments = {
        "num_classes": options.classes,
        "dtype": options.dtype,
        "seed": options.seed,
        "reference": reference.source,
        "domain": options.domain,
        "logit_scale": options.logit_scale,
        "normalised": options.normalised,
        "budget": options.budget,
        "progress": not options.quiet,
    }
    return Request(subjects=subjects, arguments=arguments, code=[*named, reference])


def _domain(options: Options) -> "Domain":
    from ..diagnosis.domain import domain_of

    with blaming("reading the domain"):
        return domain_of(
            "diagnose", options.domain, options.logit_scale, options.normalised
        )


def _publish(report: "Diagnosis | Comparison", options: Options) -> None:
    if options.out is not None:
        with writing(options.out, quiet=options.quiet):
            report.save(options.out)
    if options.json:
        show_json(report.to_dict())
    else:
        show(report.table(everything=options.everything))


def exit_status(worst: "Severity", fail_on: FailOn) -> int:
    """The exit status: 1 if the worst severity is at or above the threshold."""
    from ..diagnosis.answers import SEVERITIES

    if fail_on == "never":
        return 0
    return int(SEVERITIES.index(worst) <= SEVERITIES.index(fail_on))
