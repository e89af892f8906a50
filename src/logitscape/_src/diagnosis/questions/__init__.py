"""The questions of a diagnosis: `QUESTIONS` lists the modules that answer one each.

The other modules here are what those are made of.
"""

from collections.abc import Callable, Iterable, Mapping

from ..answers import Answer
from ..config import DiagnosisConfig
from ..subject import Subject
from . import (
    bounds,
    calibration_exponent,
    collapse_margin,
    consistency,
    convexity,
    correction,
    cost,
    design,
    form,
    gradient,
    identity,
    invariances,
    label_use,
    mistakes,
    mixability,
    noise_robustness,
    precision,
    propriety,
    singular_points,
)

QUESTIONS: Mapping[str, Callable[[Subject, DiagnosisConfig], Iterable[Answer]]] = {
    "form": form.answers,
    label_use.QUESTION: label_use.answers,
    identity.QUESTION: identity.answers,
    "design": design.answers,
    "gradient": gradient.answers,
    "correction": correction.answers,
    "common mistakes": mistakes.answers,
    "precision": precision.answers,
    "singular points": singular_points.answers,
    "consistency": consistency.answers,
    "proper": propriety.answers,
    "convexity": convexity.answers,
    "invariances": invariances.answers,
    "bounds": bounds.answers,
    noise_robustness.QUESTION: noise_robustness.answers,
    calibration_exponent.QUESTION: calibration_exponent.answers,
    mixability.QUESTION: mixability.answers,
    collapse_margin.QUESTION: collapse_margin.answers,
    "cost": cost.answers,
}
"""The function `answers` of every topic; their order is that of answers that matter equally."""
