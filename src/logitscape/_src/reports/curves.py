"""What the pictures of a diagnosis show, as plain arrays: loss, gradient, curvature and precision along two rays.

One ray makes the label wrong by s: the one that the answer about the gradient names. The other makes it right by s.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from ..base.x64 import enable_x64
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.evaluation import Precision, Rows, evaluate, hessians
from ..diagnosis.questions.gradient import RIGHT, WRONG
from ..diagnosis.questions.reach import rounded
from ..diagnosis.rays import Ray, Side, ray, working_range
from ..diagnosis.subject import Subject

if TYPE_CHECKING:
    from .comparison import Comparison
    from .diagnosis import Diagnosis

NEAR = np.linspace(0, 20, 201)
FAR = np.geomspace(0.1, 1e4, 512)
INTERVALS = np.sqrt(FAR[3::8] * FAR[4::8])
"""The middles of the stretches of `FAR` of which the worst error is shown, [64]."""
NARROW = tuple(each for each in get_args(Precision) if each != "float64")


@dataclass(frozen=True, eq=False)
class Errors:
    """The gradient in one dtype against float64 at the same logits.

    Attributes:
        worst: the largest error relative to the largest component, of every interval, [64]; NaN if there is none.
        nan_from: the first s where it is not finite and float64 is; infinite if none.
        zero_from: the first s where it is exactly 0 and float64 is not; infinite if none.
    """

    worst: Rows
    nan_from: float
    zero_from: float


@dataclass(frozen=True, eq=False)
class Curves:
    """One subject along one ray.

    Attributes:
        ray: "R1", "R2" or "R3".
        loss: at `NEAR`, [201]; may be infinite or NaN.
        curvature: the least and the largest eigenvalue of the Hessian at `NEAR`, [2, 201]; NaN if there is none.
        slope: dL/ds when wrong, the gradient's norm when right, at `FAR`, [512]; NaN where the loss is not finite.
        working: where the slope is at least a tenth of its largest, first and last; NaN if nowhere.
        dead: where every component of the gradient is exactly 0 in the precision of the setting, [512].
        errors: of every dtype narrower than float64 that runs.
    """

    ray: str
    loss: Rows
    curvature: Rows
    slope: Rows
    working: tuple[float, float]
    dead: Rows
    errors: dict[Precision, Errors]


@dataclass(frozen=True, eq=False)
class Pair:
    """A subject and what it is compared with, along the same ray."""

    subject: Curves
    reference: Curves


@dataclass(frozen=True, eq=False)
class ReportData:
    """All that a report shows beside its words."""

    name: str
    reference: str
    headline: str
    dtype: str
    sides: dict[Side, Pair]


def report_data(diagnosis: "Diagnosis") -> ReportData:
    """Measure what the pictures of a diagnosis show; the same every time."""
    config = diagnosis.config
    pairs = dict[Side, Pair]()
    with enable_x64(), np.errstate(all="ignore"):
        for side, name in telling(diagnosis).items():
            pairs[side] = Pair(
                *(
                    curves(each, name, side, config)
                    for each in (diagnosis.subject, config.reference)
                )
            )
    return ReportData(
        diagnosis.name,
        config.reference.name,
        diagnosis.headline(),
        config.dtype,
        pairs,
    )


def telling(diagnosis: "Diagnosis") -> dict[Side, str]:
    """The rays that the answers about the gradient speak of."""
    named: dict[Side, str] = {"right": "R2", "wrong": "R1"}
    questions: dict[Side, str] = {"right": RIGHT, "wrong": WRONG}
    for side, question in questions.items():
        for answer in diagnosis.of(question):
            judged = {
                each["verdict"]: each["ray"]
                for each in reversed(answer.details.get("rays", []))
            }
            named[side] = judged.get(answer.verdict, named[side])
    return named


def curves(subject: Subject, name: str, side: Side, config: DiagnosisConfig) -> Curves:
    """Measure one subject along one ray; JAX's 64 bits have to be switched on."""
    on = ray(subject, name, side, config.num_classes)
    slope = on.signal(FAR)
    narrow = {dtype: found for dtype in NARROW if (found := _errors(on, dtype))}
    return Curves(
        name,
        evaluate(subject, on.logits(NEAR), 0).loss,
        _curvature(on),
        slope,
        working_range(FAR, slope),
        _dead(on, config.dtype),
        narrow,
    )


def _curvature(on: Ray) -> Rows:
    try:
        second = hessians(on.subject, on.logits(NEAR))
    except Exception:  # no second derivative
        return np.full((2, len(NEAR)), np.nan)
    defined: Rows = np.all(np.isfinite(second), axis=(1, 2), keepdims=True)
    values = np.linalg.eigvalsh(np.where(defined, second, 0))
    extremes: Rows = np.where(defined[:, 0, 0], values[:, [0, -1]].T, np.nan)
    return extremes


def _dead(on: Ray, dtype: Precision) -> Rows:
    values = evaluate(on.subject, on.logits(FAR), 0, dtype=dtype)
    dead: Rows = ~np.any(values.gradient != 0, axis=1) & np.isfinite(values.loss)
    return dead


def _errors(on: Ray, dtype: Precision) -> Errors | None:
    z = rounded(on.logits(FAR), dtype)
    want = evaluate(on.subject, z).gradient
    try:
        got = evaluate(on.subject, z, dtype=dtype).gradient
    except Exception:  # a user's function may not run in it; the answers say so
        return None
    size = np.max(np.abs(want), axis=1)
    known = np.isfinite(want).all(axis=1) & (size > 0)
    finite = np.isfinite(got).all(axis=1)
    error = np.max(np.abs(got - want), axis=1) / np.where(known, size, 1)
    worst = (
        np.where(known & finite, error, -np.inf).reshape(len(INTERVALS), -1).max(axis=1)
    )
    return Errors(
        np.where(np.isfinite(worst), worst, np.nan),
        _first(known & ~finite),
        _first(known & finite & ~np.any(got != 0, axis=1)),
    )


def _first(where: Rows) -> float:
    return float(FAR[np.argmax(where)]) if where.any() else np.inf


def along_r1(comparison: "Comparison") -> dict[str, Curves]:
    """The reference and all objectives of a comparison where the label is wrong on R1, by name."""
    config = comparison.config
    about = {f"{config.reference.name} (reference)": config.reference}
    about |= {name: each.subject for name, each in comparison.diagnoses.items()}
    with enable_x64(), np.errstate(all="ignore"):
        return {
            name: curves(each, "R1", "wrong", config) for name, each in about.items()
        }
