"""`ls.audit`: what the logits and labels of a real model say about it and about its loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from ..audit.compute import compute
from ..audit.measurement import Measurement
from ..audit.recording import Recording
from ..audit.results import AuditResults
from ..base.settings import truth_value
from ..engine.stuck import STUCK
from ..objectives.parts import Normalizer
from ..objectives.sources import Source
from .audit_progress import counted
from .audit_record import audit_record
from .audit_report import AuditReport
from .audit_series import AuditSeries, is_series, series

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass(frozen=True)
class Audit(AuditResults, AuditReport[Measurement]):
    """What an audit has found; `print` it, or show it in a notebook.

    A number is `audit["stuck"]`, with its `estimate` (value, low and high of the 95 % interval),
    what it is in words, and the examples that show it.
    """

    def table(self, *, everything: bool = False) -> "RenderableType":
        """Return the report for the terminal (rich), of at most 80 columns.

        Args:
            everything: Whether all numbers and groups are shown.
        """
        from .audit_terminal import table

        truth_value("Audit.table", "everything", everything)
        return table(self, everything=everything)

    def _repr_html_(self) -> str:
        from .audit_page import fragment

        return fragment(self)

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, findings, alternatives and groups, in the types that JSON has.

        Infinities and NaN are the strings "inf", "-inf" and "nan".
        """
        return audit_record(self)

    def to_xarray(self) -> "xarray.Dataset":
        """Return the numbers about every example and every class, with labelled dimensions.

        The dimensions are "example" (those that are measured, by their index), "class" and "loss"
        (the present one first).
        """
        from .audit_dataset import dataset

        return dataset(self)

    def figure(self) -> "Figure":
        """Draw the margins over the gradient, who carries it, calibration and alternatives."""
        from .audit_figure import draw

        return draw(self)

    def page(self) -> str:
        """Return one self-contained HTML file: findings, pictures, all numbers, and JSON."""
        from .audit_page import page

        return page(self)


@overload
def audit(
    logits: Recording | Mapping[str, Any] | list[str] | list[Path],
    labels: Any = ...,
    objective: Source = ...,
    *,
    against: Sequence[Source] = ...,
    normalizer: str | Normalizer | None = ...,
    dtype: str = ...,
    ignored_label: int | None = ...,
    class_names: Sequence[str] | None = ...,
    ids: Any = ...,
    groups: Any = ...,
    threshold: float = ...,
    strict: bool = ...,
    progress: bool = ...,
) -> AuditSeries: ...


@overload
def audit(
    logits: Any,
    labels: Any = ...,
    objective: Source = ...,
    *,
    against: Sequence[Source] = ...,
    normalizer: str | Normalizer | None = ...,
    dtype: str = ...,
    ignored_label: int | None = ...,
    class_names: Sequence[str] | None = ...,
    ids: Any = ...,
    groups: Any = ...,
    threshold: float = ...,
    strict: bool = ...,
    progress: bool = ...,
) -> Audit: ...


def audit(
    logits: Any,
    labels: Any = None,
    objective: Source = "softmax + cross_entropy",
    *,
    against: Sequence[Source] = (),
    normalizer: str | Normalizer | None = None,
    dtype: str = "float32",
    ignored_label: int | None = None,
    class_names: Sequence[str] | None = None,
    ids: Any = None,
    groups: Any = None,
    threshold: float = STUCK,
    strict: bool = False,
    progress: bool = False,
) -> Audit | AuditSeries:
    """Audit a model by a dump of its logits and labels: what is stuck, and what else would pull.

    One pass reads the logits in blocks; no more than a few numbers for each example and class are
    kept. All processes of a job that has called `jax.distributed.initialize` share the blocks, and
    all get the same result, to the bit that of one process.

    An example is *stuck* if it is wrong and the norm of its gradient is below `threshold` times
    that of cross-entropy at its logits. It has *collapsed* if the pull on its label is exactly 0 in
    the training's precision, though it is not in truth.

    Several dumps of one training, by a pattern such as "epoch_*.npz", as a list, or by name as a
    dict, are a series: an `AuditSeries` says what changes from the first to the last, and what
    became of the examples. So is a recording of `ls.probe`, an `ls.Recording` or the path of one,
    for which all other arguments are left out.

    Args:
        logits: Logits, [m, n]: an array, or the path of a file: .npy, .npz, .safetensors, .parquet,
            .csv, .zarr or .nc, and `PATH::NAME` for one array of several; or a series of them.
        labels: Integer labels, [m], or soft targets, [m, n], in the same forms. By default they lie
            beside the logits in one file. Of a series, those of all dumps, or a list of them.
        objective: Loss that the model is trained by, in any of the forms that `ls.diagnose` takes.
        against: Losses that it could be trained by instead.
        normalizer: Normalizer by which the model predicts, if the objective does not say it.
        dtype: Precision of the training: "float32", "bfloat16", "float16" or "float64".
        ignored_label: Label of examples that are left out, such as -100.
        class_names: Names of the classes, [n].
        ids: Names of the examples, [m], or a path.
        groups: Groups to compare, [m] or a path, or several kinds of them by name, such as
            {"split": [...], "source": [...]}.
        threshold: Share of cross-entropy's gradient below which a wrong example is stuck.
        strict: Whether logits that are not finite, and probabilities given for logits, are an
            error. Otherwise they are counted, named and left out.
        progress: Whether the number of examples is shown on stderr.

    Raises:
        ValueError: If shapes do not match, a file is empty, truncated or of another format, or no
            example can be measured.
        TypeError: If labels are not integers, or something is no array.
        IndexError: If a label is out of range.
        FileNotFoundError: If there is no such file.
        RuntimeError: If a file changes while it is read.

    Example:
        >>> import numpy as np, logitscape as ls
        >>> logits = np.array([[4.0, 0.0], [3.0, 0.0], [0.0, 2.0], [40.0, 0.0]], np.float32)
        >>> audit = ls.audit(logits, [0, 0, 1, 1], "softmax + brier")
        >>> audit["accuracy"].estimate.value, audit["stuck"].examples
        (0.75, (3,))
    """
    with counted(progress) as on_progress:
        options: dict[str, Any] = {
            "against": against,
            "normalizer": normalizer,
            "dtype": dtype,
            "ignored_label": ignored_label,
            "class_names": class_names,
            "ids": ids,
            "groups": groups,
            "threshold": threshold,
            "strict": strict,
            "on_progress": on_progress,
        }
        if is_series(logits):
            return series(logits, labels, objective, **options)
        results = compute(logits, labels, objective, **options)
    return Audit(
        **{field.name: getattr(results, field.name) for field in fields(results)}
    )
