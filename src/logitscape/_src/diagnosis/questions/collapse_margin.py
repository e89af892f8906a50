"""Collapse margin: how sure a right example can be before rounding ends its gradient."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from ...base.x64 import enable_x64
from ...properties.collapse_margin import MARGINS, Collapse, collapse_of
from ..answers import Answer, Severity, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, one_hot, row
from ..programs import Precision
from ..rays import ray
from ..simplify import format_number
from ..subject import Subject, gradient_error

QUESTION = "collapse margin"
METHOD = (
    "gradient as the label's logit rises to {most}, {n} classes: the least margin from which a "
    "component is 0 or nothing but rounding that is not 0 in float64"
)
TRAINED_IN: tuple[Precision, ...] = ("float32", "bfloat16")


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Where the first component of the gradient is lost, in the dtypes of training."""
    dtypes = list(_dtypes(subject, config))
    if not dtypes:
        why = "the loss runs in no dtype that is narrower than float64"
        return [undecided(QUESTION, why)]
    origin = ray(subject, "R1", "right", config.num_classes).origin
    most = subject.domain.reach(float(MARGINS[-1]))
    gradients = partial(_gradients, subject)
    found = {
        dtype: collapse_of(gradients, origin, dtype, MARGINS * (most / MARGINS[-1]))
        for dtype in dtypes
    }
    first = found[dtypes[0]]
    method = METHOD.format(most=format_number(most), n=config.num_classes)
    if np.isnan(first.margin):
        why = "the gradient is 0 or not finite as the label's logit rises"
        return [undecided(QUESTION, why, method)]
    verdict, severity = _verdict(first)
    is_lost = np.isfinite(first.margin)
    text = "; ".join(_text(dtype, collapse) for dtype, collapse in found.items())
    return [
        Answer(
            question=QUESTION,
            verdict=verdict,
            severity=severity,
            text=f"I{text[1:]}.",
            method=method,
            number=first.margin if is_lost else None,
            witness=_witness(first, origin, dtypes[0]) if severity == "note" else None,
            details={
                dtype: {"margin": collapse.margin, "whole": collapse.whole}
                for dtype, collapse in found.items()
                if np.isfinite(collapse.margin)
            },
        )
    ]


def _dtypes(subject: Subject, config: DiagnosisConfig) -> Iterator[Precision]:
    """The dtypes of training in which the loss runs, that of the configuration first."""
    for dtype in dict.fromkeys((config.dtype, *TRAINED_IN)):
        if dtype == "float64":
            continue
        if subject.opaque is not None:
            runs = dtype in subject.opaque.dtypes
        else:
            # As in training: constants in the function are then no wider than its logits.
            with enable_x64(False):
                error = gradient_error(subject.function, config.num_classes, dtype)
            runs = not error
        if runs:
            yield dtype


def _gradients(subject: Subject, z: Rows, dtype: str) -> Rows:
    precision: dict[str, Precision] = {name: name for name in (*TRAINED_IN, "float16")}
    return evaluate(subject, z, 0, dtype=precision.get(dtype, "float64")).gradient


def _verdict(collapse: Collapse) -> tuple[str, Severity]:
    if not np.isfinite(collapse.margin):
        return "does not collapse", "fine"
    if collapse.by_underflow:
        return "collapses by underflow", "fine"
    return "collapses early", "note"


def _text(dtype: str, collapse: Collapse) -> str:
    if not np.isfinite(collapse.margin):
        return f"in {dtype} no component of the gradient is lost to rounding"
    where = f"in {dtype} from a margin of {format_number(collapse.margin)} on"
    return (
        f"{where} a component of the gradient of {format_number(collapse.lost)} is lost"
    )


def _witness(collapse: Collapse, origin: Rows, dtype: Precision) -> Witness:
    z = origin.copy()
    z[0] += collapse.margin
    shows = f"a component is lost that is {format_number(collapse.lost)} in float64"
    return Witness(row(z), one_hot(0, len(z)), shows, dtype=dtype)
