"""The computation of an audit, from its arguments to its results."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.messages import quoted
from ..base.settings import truth_value
from ..base.users_code import keeping_nothing
from ..engine.stuck import STUCK
from ..objectives.counted import check_ignored_label
from ..objectives.parts import Normalizer
from ..objectives.sources import Source, spec_or_function
from . import calibration, gradient, logits, prediction, temperature
from .alternatives import alternatives
from .config import make_setting, takes_targets
from .examples import Measured, measured_of
from .faults import findings
from .files.opening import entries_of, rows_of
from .files.rows import Rows
from .groups import checked_groups, compared
from .labels import checked
from .reliability import reliability
from .results import AuditResults, checked_names
from .streaming import stream

CONTAINERS = (".npz", ".safetensors", ".parquet", ".csv", ".zarr", ".nc")
"""Files that can hold the labels beside the logits."""


def compute(
    given_logits: Any,
    given_labels: Any,
    objective: Source,
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
    on_progress: Callable[[int, int], None] | None = None,
) -> AuditResults:
    """Audit logits and labels; the arguments are those of `ls.audit`."""
    check_ignored_label("audit", ignored_label)
    truth_value("audit", "strict", strict)
    spec_or_function("audit", "objective", objective)
    if isinstance(against, str) or not isinstance(against, Sequence):
        raise TypeError(
            f"`audit(against=...)` must be a list of losses, got {quoted(against)}."
        )
    for each in against:
        spec_or_function("audit", "against", each)
    rows = _checked_logits(rows_of("logits", given_logits))
    m, n = rows.shape
    labels = checked(
        rows_of("labels", _labels_of(given_logits, given_labels)),
        rows,
        ignored_label,
        takes_targets(objective),
    )
    named = checked_names(class_names, n, "class_names", "classes")
    called = checked_names(entries_of("ids", ids), m, "ids", "examples")
    kinds = checked_groups(groups, m)
    setting = make_setting(
        objective,
        tuple(against),
        num_classes=n,
        normalizer=normalizer,
        is_soft=labels.is_soft,
        dtype=dtype,
        threshold=threshold,
    )
    with keeping_nothing(objective):
        passed = stream(setting, rows, labels, on_progress)
    measured = measured_of(setting, passed, m)
    if strict:
        _refuse(measured)
    # Near the end of float64 sums and squares are infinite, and so are the estimates.
    with np.errstate(over="ignore", invalid="ignore"):
        return _results(measured, rows, kinds, _name_of(given_logits), named, called)


def _results(
    measured: Measured,
    rows: Rows,
    kinds: Mapping[str, NDArray[Any]],
    name: str,
    class_names: NDArray[Any] | None,
    ids: NDArray[Any] | None,
) -> AuditResults:
    numbers = (
        *prediction.measurements(measured),
        *gradient.measurements(measured),
        *calibration.measurements(measured),
        *temperature.measurements(measured),
        *logits.measurements(measured, rows.dtype),
    )
    by_name = {number.name: number for number in numbers}
    beside = compared(measured, kinds)
    return AuditResults(
        name=name,
        objective=measured.setting.names[0],
        shape=(measured.whole, measured.num_classes),
        dtype=rows.dtype.name,
        numbers=numbers,
        findings=findings(measured, by_name, beside, rows.dtype),
        alternatives=alternatives(measured),
        groups=beside,
        reliability=reliability(measured),
        measured=measured,
        class_names=None if class_names is None else class_names.tolist(),
        ids=ids,
    )


def _checked_logits(rows: Rows) -> Rows:
    if len(rows.shape) != 2:
        hint = ""
        if len(rows.shape) == 3:
            hint = " Sequences become rows by `.reshape(-1, n)`, and their labels by `.ravel()`."
        raise ValueError(
            f"`audit(logits=...)` must have shape [m, n], examples and classes, got "
            f"{rows.shape} in {rows.name}.{hint}"
        )
    if 0 in rows.shape:
        raise ValueError(
            f"`audit(logits=...)` must have at least one example and one class, got shape "
            f"{rows.shape} in {rows.name}."
        )
    return rows


def _labels_of(logits: Any, labels: Any) -> Any:
    """The labels; by default they lie in the file of the logits."""
    if labels is not None:
        return labels
    if isinstance(logits, str | Path):
        path = str(logits).partition("::")[0]
        if Path(path).suffix.lower() in CONTAINERS:
            return path
    raise ValueError(
        "`audit(labels=...)` is needed unless the logits are in a file that also holds the "
        "labels, such as .npz, got None."
    )


def _name_of(logits: Any) -> str:
    return Path(str(logits)).name if isinstance(logits, str | Path) else "the model"


def _refuse(measured: Measured) -> None:
    """Raise an error for what is only counted otherwise."""
    for places, what in (
        (measured.part.not_finite, "logits that are not finite"),
        (measured.part.without_loss, "no finite loss"),
    ):
        if places.count:
            some = ", ".join(f"{place:,}" for place in places.first[:10])
            raise ValueError(
                f"`audit(strict=True)`: {places.count:,} examples have {what}, at index {some}."
            )
    if logits.looks_like_probabilities(measured):
        raise ValueError(
            "`audit(strict=True)`: the logits are probabilities, as every row is from 0 to 1 and "
            "sums to 1; give their logarithm."
        )
