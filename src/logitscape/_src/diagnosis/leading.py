"""The order of answers, and those that matter most: what a report shows first."""

from collections.abc import Iterable, Sequence

from .answers import SEVERITIES, Answer, Severity
from .config import DiagnosisConfig

MOST = 5
"""Largest number of answers that a report shows without being asked for more."""
GRAVE: frozenset[Severity] = frozenset({"fault", "trade"})

QUESTIONS_BY_CAUSE = (
    "form",
    "label",
    "common mistakes",
    "design",
    "identity",
    "consistency",
    "singular points",
    "gradient when wrong",
    "correction",
    "gradient when right",
    "precision",
    "top label",
    "proper",
    "order",
    "convexity",
    "invariances",
    "bounds",
    "collapse margin",
    "calibration exponent",
    "mixability",
    "noise robustness",
)
"""Questions in the order in which a cause comes before its consequences; others come last."""

FIRST_CAUSES = frozenset({"examples influence each other", "labels broadcast"})
"""Faults that come before all others, which are measured on single examples."""

MINOR = frozenset({"gradient lost while right", "inaccurate at 50,000 classes"})
"""Verdicts of notes that a sound loss has as well."""

SAID_BY_DESIGN = {
    "bounded": ("bounds", {"bounded"}),
    "treats classes differently": (
        "invariances",
        {"class weights", "prior", "margin", "ordinal targets", "ordinal thresholds"},
    ),
}
"""Verdicts of notes that say again what a design has said, with their question and the designs."""


def in_order(answers: Iterable[Answer], config: DiagnosisConfig) -> list[Answer]:
    """The answers by severity; of one severity, what matters most, and causes, first."""
    given = list(answers)
    designs = _designs(given)

    def rank(answer: Answer) -> tuple[int, bool, int]:
        return (
            SEVERITIES.index(answer.severity),
            _is_minor(answer, designs, config),
            _place(answer),
        )

    return sorted(given, key=rank)


def leading(answers: Sequence[Answer], config: DiagnosisConfig) -> list[Answer]:
    """The answers that matter most, at most five: the first ones of `in_order`."""
    designs = _designs(answers)
    severities = {answer.severity for answer in answers}
    # What is worth knowing of a sound loss can wait until a broken one is mended.
    mattering = GRAVE if "fault" in severities else GRAVE | {"note"}
    found = [
        answer
        for answer in in_order(answers, config)
        if answer.severity in mattering and not _is_minor(answer, designs, config)
    ]
    return found[:MOST]


def _designs(answers: Iterable[Answer]) -> set[str]:
    return {answer.verdict for answer in answers if answer.question == "design"}


def _is_minor(answer: Answer, designs: set[str], config: DiagnosisConfig) -> bool:
    """Whether a note is of no interest beside what else is told."""
    if answer.severity != "note":
        return False
    topic, _, precision = answer.question.partition(", ")
    if answer.verdict in MINOR or (precision and precision != config.dtype):
        return True
    question, by = SAID_BY_DESIGN.get(answer.verdict, ("", set[str]()))
    return topic == question and not designs.isdisjoint(by)


def _place(answer: Answer) -> int:
    if answer.verdict in FIRST_CAUSES:
        return -1
    topic = answer.question.partition(",")[0]
    if topic not in QUESTIONS_BY_CAUSE:
        return len(QUESTIONS_BY_CAUSE)
    return QUESTIONS_BY_CAUSE.index(topic)
