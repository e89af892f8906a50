"""Calibration exponent: how an excess of the loss bounds the excess of errors."""

import numpy as np

from ...properties.calibration_function import (
    NEAR_0,
    WIDE,
    CalibrationFunction,
    calibration_function_of,
)
from ..answers import Answer, Severity, undecided
from ..by_label import by_label
from ..config import DiagnosisConfig
from ..evaluation import losses
from ..simplify import format_number
from ..subject import Subject, gradient_error

QUESTION = "calibration exponent"
METHOD = (
    "least expected losses of two classes in float64, among all logits and among those that "
    "predict the wrong class, for shares that differ by 0.01, 0.02 and 0.4"
)
TOLERANCE = 0.05
"""Distance of an exponent from a whole number that is none."""


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """The power of the gap between two classes by which the loss tells them apart."""
    del config
    if not _runs_with_two_classes(subject):
        return [undecided(QUESTION, "the function does not run with two classes")]
    found = calibration_function_of(by_label(subject), (NEAR_0[0], WIDE))
    if isinstance(found, str):
        return [undecided(QUESTION, found, METHOD)]
    verdict, severity = _verdict(found)
    return [
        Answer(
            question=QUESTION,
            verdict=verdict,
            severity=severity,
            text=_text(found),
            method=METHOD,
            number=found.exponent if found.is_calibrated else None,
            details={"gaps": list(found.gaps), "excess": list(found.excess)},
        )
    ]


def _runs_with_two_classes(subject: Subject) -> bool:
    if subject.opaque is None:
        return not gradient_error(subject.function, 2, "float64")
    try:
        losses(subject, np.zeros((1, 2)))
    except Exception:
        return False
    return True


def _verdict(found: CalibrationFunction) -> tuple[str, Severity]:
    if not found.is_calibrated:
        return "not calibrated", "note"
    if abs(found.exponent - 2) <= TOLERANCE:
        return "quadratic", "fine"
    if abs(found.exponent - 1) <= TOLERANCE:
        return "linear", "note"
    return "another power", "note"


def _text(found: CalibrationFunction) -> str:
    if not found.is_calibrated:
        return (
            "The least expected loss of two classes may predict the less probable one: an excess "
            "of the loss says nothing about errors."
        )
    return (
        f"Two classes whose shares differ by b cost {format_number(found.coefficient)} "
        f"b^{found.exponent:.3g} more if taken for each other: errors fall like the loss's excess "
        f"to the power {1 / found.exponent:.2g}."
    )
