"""Answers of one diagnosis that are both true, but say less when they stand beside each other.

An answer is measured at some logits, and its words sound as if they held everywhere. Where another
answer knows where they do not, the first one says so, with a verdict of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from .answers import Answer, Severity
from .vocabulary import (
    BOUNDS,
    CONSISTENCY,
    CORRECTED_NEARBY,
    CORRECTED_OFF_THE_RAY,
    CORRECTS,
    INFINITE,
    JUMPS,
    REWARDS_WRONG,
    SLOW_TO_CORRECT,
)

WHEN_WRONG, CORRECTION = "gradient when wrong", "correction"
CORRECTED = frozenset({CORRECTS, SLOW_TO_CORRECT})


_SMOOTH_BETWEEN: tuple[tuple[str, str, Severity], ...] = (
    ("kink", "kinked", "note"),
    ("jump", JUMPS, "trade"),
)
"""What is seen on a ray, and what a loss is that random logits have shown as smooth."""


@dataclass(frozen=True)
class Qualification:
    """What an answer becomes beside another one.

    Attributes:
        question: Question of the answer.
        verdicts: Its verdicts.
        other_question: Question of the other answer.
        other_verdicts: Verdicts of the other one.
        only_faults: Whether the other answer has to be a fault.
        verdict: Verdict that the first one gets.
        severity: Severity that it gets.
        sentence: What is added to its text.
    """

    question: str
    verdicts: frozenset[str]
    other_question: str
    other_verdicts: frozenset[str]
    only_faults: bool
    verdict: str
    severity: Severity
    sentence: str

    def holds(self, answers: Iterable[Answer]) -> bool:
        """Whether the other answer is among these."""
        return any(
            answer.question == self.other_question
            and answer.verdict in self.other_verdicts
            and (answer.severity == "fault" or not self.only_faults)
            for answer in answers
        )

    def applied(self, answer: Answer) -> Answer:
        """The answer in other words, if it is one of those in question."""
        if answer.question != self.question or answer.verdict not in self.verdicts:
            return answer
        return replace(
            answer,
            verdict=self.verdict,
            severity=self.severity,
            text=f"{answer.text} {self.sentence}",
        )


QUALIFICATIONS = (
    Qualification(
        CORRECTION,
        CORRECTED,
        WHEN_WRONG,
        frozenset({"dies", INFINITE}),
        only_faults=True,
        verdict=CORRECTED_NEARBY,
        severity="note",
        sentence="Further out, where the gradient has ended, it stays wrong.",
    ),
    Qualification(
        WHEN_WRONG,
        frozenset({REWARDS_WRONG}),
        CORRECTION,
        CORRECTED,
        only_faults=False,
        verdict=CORRECTED_OFF_THE_RAY,
        severity="trade",
        sentence=(
            "Descent leaves the ray: gradient flow makes the label right all the same."
        ),
    ),
    *(
        Qualification(
            BOUNDS,
            frozenset({"smooth"}),
            CONSISTENCY,
            frozenset({seen}),
            only_faults=False,
            verdict=verdict,
            severity=severity,
            sentence=f"That is between its {seen}s: at a {seen} the curvature has no bound.",
        )
        for seen, verdict, severity in _SMOOTH_BETWEEN
    ),
)


def qualified(by_topic: Mapping[str, Sequence[Answer]]) -> dict[str, list[Answer]]:
    """The answers, each in the light of the others."""
    result = {topic: list(answers) for topic, answers in by_topic.items()}
    for qualification in QUALIFICATIONS:
        if qualification.holds(chain.from_iterable(by_topic.values())):
            result = {
                topic: [qualification.applied(answer) for answer in answers]
                for topic, answers in result.items()
            }
    return result
