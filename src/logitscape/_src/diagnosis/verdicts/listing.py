"""All questions with their verdicts.

`Answer` refuses words that are not listed here, so that reports, tests and
`assert_healthy(allow=...)` rely on one vocabulary.
"""

from collections.abc import Mapping
from itertools import chain
from typing import TypeAlias, get_args

from ..precisions import Precision
from ..vocabulary import BOUNDS, CONSISTENCY
from . import (
    any_question,
    bounds,
    consistency,
    convexity,
    correction,
    cost,
    designs,
    form,
    gradient_when_right,
    gradient_when_wrong,
    identity,
    invariances,
    label,
    mistaken_formulas,
    mistakes,
    precision,
    propriety,
    report_card,
    singular_points,
)
from .verdict import Verdict, Verdicts

ByName: TypeAlias = Mapping[str, Verdict]


def _by_name(verdicts: Verdicts) -> ByName:
    return {verdict.name: verdict for verdict in verdicts}


ANY_QUESTION = _by_name(any_question.ANY_QUESTION)
"""Verdicts that every question may have."""

_PRECISION = _by_name(precision.PRECISION)

VERDICTS: Mapping[str, ByName] = {
    "form": _by_name(form.FORM),
    "label": _by_name(label.LABEL),
    "identity": _by_name(identity.IDENTITY),
    "design": _by_name(designs.DESIGNS),
    "gradient": {},
    "gradient when wrong": _by_name(gradient_when_wrong.WHEN_WRONG),
    "gradient when right": _by_name(gradient_when_right.WHEN_RIGHT),
    "correction": _by_name(correction.CORRECTION),
    "common mistakes": _by_name(mistakes.MISTAKES + mistaken_formulas.FORMULAS),
    "precision": {},
    **{f"precision, {dtype}": _PRECISION for dtype in get_args(Precision)},
    "singular points": _by_name(singular_points.SINGULAR_POINTS),
    CONSISTENCY: _by_name(consistency.CONSISTENCY),
    "proper": _by_name(propriety.PROPRIETY),
    "top label": _by_name(propriety.TOP_LABEL),
    "convexity": _by_name(convexity.CONVEXITY),
    "invariances": _by_name(invariances.INVARIANCES),
    "order": _by_name(invariances.ORDER),
    BOUNDS: _by_name(bounds.BOUNDS),
    "noise robustness": _by_name(report_card.NOISE_ROBUSTNESS),
    "calibration exponent": _by_name(report_card.CALIBRATION_EXPONENT),
    "mixability": _by_name(report_card.MIXABILITY),
    "collapse margin": _by_name(report_card.COLLAPSE_MARGIN),
    "cost": _by_name(cost.COST),
}
"""The verdicts of every question, beside those of `ANY_QUESTION`.

"gradient" and "precision" stand for all their questions, which go unanswered together.
"""

NAMES = frozenset(chain(VERDICTS, ANY_QUESTION, *VERDICTS.values()))
"""All questions and verdicts."""


def check_listed(question: str, verdict: str) -> None:
    """Refuse words that are not listed.

    Raises:
        ValueError: If the question is not listed, or the verdict is none of its verdicts.
    """
    if question not in VERDICTS:
        raise ValueError(f"{question!r} is no listed question.")
    if verdict not in VERDICTS[question] and verdict not in ANY_QUESTION:
        raise ValueError(f"{verdict!r} is no listed verdict of {question!r}.")


def topics() -> Mapping[str, ByName]:
    """The verdicts by topic: those of all precisions are the same, and come once."""
    by_topic = dict[str, ByName]()
    for question, verdicts in VERDICTS.items():
        if verdicts:
            by_topic.setdefault(question.partition(",")[0], verdicts)
    return by_topic | {"any question": ANY_QUESTION}
