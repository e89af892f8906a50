"""The command `audit`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from . import targets
from .diagnose_commands import Everything, Threshold, exit_status
from .errors import UsageError, blaming
from .options import AsJson, Normalizer, Precision, Quiet, out, repeated
from .output import check_out, show, show_json, writing

if TYPE_CHECKING:
    from ..reports.audit import Audit
    from ..reports.audit_series import AuditSeries

REPORTS = (".html", ".json", ".txt", ".nc", ".png", ".svg", ".pdf")

Dump = Annotated[
    str,
    Parameter(
        help=(
            "Logits [m, n]: .npy, .npz, .safetensors, .parquet, .csv, .zarr or .nc; FILE::NAME is "
            "one array of several. A quoted pattern, such as 'epoch_*.npz', is a series; so is a "
            "recording of ls.probe."
        )
    ),
]
LabelsOf = Annotated[
    str | None,
    Parameter(help="Labels [m], or targets [m, n]; by default beside the logits."),
]
ObjectiveOption = Annotated[
    str,
    Parameter(name="--objective", help="Loss of the training: a spec or a function."),
]
Against = Annotated[
    tuple[str, ...],
    repeated("--against", "Loss to compare with, a spec or a function"),
]
Training = Annotated[
    Precision, Parameter(name="--dtype", help="Precision of the training.")
]
Ignored = Annotated[
    int | None,
    Parameter(name="--ignored-label", help="Label of examples to leave out, as -100."),
]
ClassNames = Annotated[
    Path | None,
    Parameter(name="--class-names", help="Text file with one class a line."),
]
Ids = Annotated[
    str | None, Parameter(name="--ids", help="Names of the examples, FILE::NAME.")
]
Groups = Annotated[
    tuple[str, ...],
    repeated("--group", "Groups to compare, KIND=FILE::NAME"),
]
Stuck = Annotated[
    float,
    Parameter(
        name="--threshold",
        validator=Number(gte=0, lte=1),
        help="Share of cross-entropy's gradient below which a wrong example is stuck.",
    ),
]
Strict = Annotated[
    bool,
    Parameter(
        name="--strict",
        show_default=False,
        help="Refuse NaN, infinities and probabilities instead of counting them.",
    ),
]
ReportFile = Annotated[
    Path | None,
    out(
        "a report: .html (one file, opens offline), .json, .txt, .nc (every example), or a "
        "picture: .png, .svg, .pdf"
    ),
]


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """The options of the command."""

    objective: ObjectiveOption = "softmax + cross_entropy"
    against: Against = ()
    normalizer: Normalizer = None
    dtype: Training = "float32"
    ignored_label: Ignored = None
    class_names: ClassNames = None
    ids: Ids = None
    group: Groups = ()
    threshold: Stuck = 1e-3
    strict: Strict = False
    fail_on: Threshold = "fault"
    everything: Everything = False
    json: AsJson = False
    out: ReportFile = None
    quiet: Quiet = False


DEFAULT = Options()


def audit(
    logits: Dump,
    labels: LabelsOf = None,
    /,
    *more: Annotated[str, Parameter(show=False)],
    options: Options = DEFAULT,
) -> int:
    """Audit a trained model by its logits and labels: what is stuck, what else would pull.

    From PyTorch: numpy.save("logits.npy", logits.float().numpy()), and the same of the labels.
    Nothing in the files is run. Logits are read in blocks, however large the file is.

    The exit status is 1 if there is a fault, or a finding at or above --fail-on, 2 for bad usage
    and files that cannot be read, and 0 otherwise.
    """
    if more:
        raise UsageError(
            f"one dump and its labels are audited, or a series; `{more[0]}` is too much. A "
            "pattern of several dumps has to be quoted, so that the shell leaves it alone: "
            "'epoch_*.npz'."
        )
    check_out(options.out, REPORTS)
    given = [targets.of_option("--objective", options.objective)]
    given += [targets.of_option("--against", text) for text in options.against]
    found = _audited(logits, labels, given, options)
    if options.out is not None:
        with writing(options.out, quiet=options.quiet):
            found.save(options.out)
    if options.json:
        show_json(found.to_dict())
    else:
        show(found.table(everything=options.everything))
    return exit_status(found.worst, options.fail_on)


def _audited(
    logits: str, labels: str | None, given: list[targets.Target], options: Options
) -> "Audit | AuditSeries":
    # Imported late, as everywhere in the command line: `--help` and `list` start without JAX.
    import logitscape as ls

    from ..base.caches import keep_programs

    keep_programs()
    normalizer: Any = options.normalizer
    if normalizer is not None and ":" in normalizer:
        normalizer = targets.of_option("--normalizer", normalizer).source
    try:
        with blaming("auditing", targets.roots_of(given)):
            return ls.audit(
                logits,
                labels,
                given[0].source,
                against=[each.source for each in given[1:]],
                normalizer=normalizer,
                dtype=options.dtype,
                ignored_label=options.ignored_label,
                class_names=_lines(options.class_names),
                ids=options.ids,
                groups=_groups(options.group),
                threshold=options.threshold,
                strict=options.strict,
                progress=not options.quiet,
            )
    except (IndexError, ImportError, RuntimeError) as error:
        if "`audit(" in str(error) or isinstance(error, ImportError):
            raise UsageError(str(error)) from error
        raise


def _lines(path: Path | None) -> list[str] | None:
    if path is None:
        return None
    try:
        if path.exists() and not path.is_file():
            # A pipe would be waited for without end, and a device may have no end.
            raise UsageError(f"--class-names: `{path}` is no ordinary file.")
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"--class-names: `{path}` cannot be read: {reason}.") from None
    except UnicodeEncodeError as error:
        raise UsageError(
            f"--class-names: {str(path)!r} is no name of a file."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--class-names: {path} is no text in UTF-8.") from error


def _groups(texts: tuple[str, ...]) -> dict[str, str] | None:
    groups = dict[str, str]()
    for text in texts:
        kind, equals, place = text.partition("=")
        if not equals or not kind or not place:
            raise UsageError(
                f"--group must be KIND=FILE or KIND=FILE::NAME, got `{text}`."
            )
        groups[kind] = place
    return groups or None
