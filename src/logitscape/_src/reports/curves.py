"""The curves in the figures of a diagnosis: loss, gradient, curvature and precision on two rays.

On one ray the label is wrong by s: the ray that the answer about the gradient names. On the other
the label is right by s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from ..base.x64 import enable_x64
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.evaluation import Rows, evaluate, hessians, rounded
from ..diagnosis.findings import Findings, common_config
from ..diagnosis.programs import Precision
from ..diagnosis.questions.gradient import RIGHT, WRONG
from ..diagnosis.rays import Ray, Side, ray, working_range
from ..diagnosis.subject import Subject

NEAR = np.linspace(0, 20, 201)
# As many points as the evaluation takes in one chunk.
FAR = np.geomspace(0.1, 1e4, 512)
INTERVALS = np.sqrt(FAR[3::8] * FAR[4::8])
"""Middles of the intervals of `FAR` in which the worst error is shown, [64]."""
NARROW = tuple(dtype for dtype in get_args(Precision) if dtype != "float64")
DEFAULT_RAYS: Mapping[Side, str] = {"right": "R2", "wrong": "R1"}


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of the gradient in one dtype against float64 at the same logits.

    Attributes:
        worst: Largest error in every interval, relative to the gradient's largest component, [64];
            NaN where there is none.
        nan_from: First s where it is not finite although float64 is; infinite if there is none.
        zero_from: First s where it is exactly 0 although float64 is not; infinite if there is none.
    """

    worst: Rows
    nan_from: float
    zero_from: float


@dataclass(frozen=True, eq=False)
class Curves:
    """One subject on one ray.

    Attributes:
        ray: "R1", "R2" or "R3".
        loss: Loss at `NEAR`, [201]; may be infinite or NaN.
        curvature: Least and largest eigenvalue of the Hessian at `NEAR`, [2, 201]; NaN where there
            is none.
        slope: dL/ds when wrong, the gradient's norm when right, at `FAR`, [512]; NaN where the loss
            is not finite.
        working: First and last s where the slope is at least a tenth of its largest; NaN if there
            is none.
        dead: Whether every component of the gradient is exactly 0 in the precision of the setting,
            at `FAR`, [512].
        errors: Errors by dtype, for every dtype narrower than float64 in which the subject runs.
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
    """A subject and the reference, on the same ray."""

    subject: Curves
    reference: Curves


@dataclass(frozen=True, eq=False)
class ReportData:
    """The content of the figure of a diagnosis.

    Attributes:
        name: Name of the objective.
        reference: Name of the reference.
        headline: Name and number of answers of every severity.
        dtype: Precision of the setting.
        sides: Curves where the label is right, and where it is wrong.
    """

    name: str
    reference: str
    headline: str
    dtype: str
    sides: dict[Side, Pair]


def report_data(findings: Findings) -> ReportData:
    """Measure the curves of a diagnosis; they are the same every time."""
    config = findings.config
    pairs = dict[Side, Pair]()
    with enable_x64(), np.errstate(all="ignore"):
        for side, name in deciding_rays(findings).items():
            pairs[side] = Pair(
                subject=curves(findings.subject, name, side, config),
                reference=curves(config.reference, name, side, config),
            )
    return ReportData(
        name=findings.name,
        reference=config.reference.name,
        headline=findings.headline(),
        dtype=config.dtype,
        sides=pairs,
    )


def deciding_rays(findings: Findings) -> dict[Side, str]:
    """Return the ray that decides the answer about the gradient, on both sides."""
    rays = dict(DEFAULT_RAYS)
    questions: dict[Side, str] = {"right": RIGHT, "wrong": WRONG}
    for side, question in questions.items():
        for answer in findings.of(question):
            rays[side] = answer.details.get("deciding_ray", rays[side])
    return rays


def along_r1(compared: Mapping[str, Findings]) -> dict[str, Curves]:
    """Measure the reference and all objectives of a comparison, by name, wrong on R1."""
    config = common_config(compared)
    subjects = {f"{config.reference.name} (reference)": config.reference}
    subjects |= {name: findings.subject for name, findings in compared.items()}
    with enable_x64(), np.errstate(all="ignore"):
        return {
            name: curves(subject, "R1", "wrong", config)
            for name, subject in subjects.items()
        }


def curves(subject: Subject, name: str, side: Side, config: DiagnosisConfig) -> Curves:
    """Measure one subject on one ray; float64 has to be enabled in JAX."""
    on = ray(subject, name, side, config.num_classes)
    slope = on.signal(FAR)
    errors = dict[Precision, Errors]()
    for dtype in NARROW:
        errors_in_dtype = _errors(on, dtype)
        if errors_in_dtype is not None:
            errors[dtype] = errors_in_dtype
    return Curves(
        ray=name,
        loss=evaluate(subject, on.logits(NEAR), 0).loss,
        curvature=_curvature(on),
        slope=slope,
        working=working_range(FAR, slope),
        dead=_dead(on, config.dtype),
        errors=errors,
    )


def _curvature(on: Ray) -> Rows:
    try:
        second = hessians(on.subject, on.logits(NEAR))
    except Exception:
        # Some functions, such as those with a rule for the gradient only, have no Hessian.
        return np.full((2, len(NEAR)), np.nan)
    defined: Rows = np.all(np.isfinite(second), axis=(1, 2), keepdims=True)
    # One matrix that is not finite would make NumPy raise an error for all.
    eigenvalues = np.linalg.eigvalsh(np.where(defined, second, 0))
    extremes = eigenvalues[:, [0, -1]].T
    curvature: Rows = np.where(defined[:, 0, 0], extremes, np.nan)
    return curvature


def _dead(on: Ray, dtype: Precision) -> Rows:
    values = evaluate(on.subject, on.logits(FAR), 0, dtype=dtype)
    is_zero = ~np.any(values.gradient != 0, axis=1)
    dead: Rows = is_zero & np.isfinite(values.loss)
    return dead


def _errors(on: Ray, dtype: Precision) -> Errors | None:
    """Return the errors of the gradient in a dtype; None if the subject does not run in it."""
    # Float64 gets the rounded logits too, so that the error is
    # that of the computation alone.
    z = rounded(on.logits(FAR), dtype)
    exact = evaluate(on.subject, z).gradient
    try:
        gradient = evaluate(on.subject, z, dtype=dtype).gradient
    except Exception:
        # A user's function may refuse a precision; the answers of the diagnosis say so.
        return None
    largest = np.max(np.abs(exact), axis=1)
    known = np.isfinite(exact).all(axis=1) & (largest > 0)
    finite = np.isfinite(gradient).all(axis=1)
    is_zero = ~np.any(gradient != 0, axis=1)
    deviation = np.max(np.abs(gradient - exact), axis=1)
    error = deviation / np.where(known, largest, 1)
    return Errors(
        worst=_worst_of_intervals(np.where(known & finite, error, -np.inf)),
        nan_from=_first(known & ~finite),
        zero_from=_first(known & finite & is_zero),
    )


def _worst_of_intervals(error: Rows) -> Rows:
    """Return the largest error in every interval, [64]; NaN where all are -inf, unknown."""
    worst = error.reshape(len(INTERVALS), -1).max(axis=1)
    result: Rows = np.where(np.isfinite(worst), worst, np.nan)
    return result


def _first(condition: Rows) -> float:
    return float(FAR[np.argmax(condition)]) if condition.any() else np.inf
