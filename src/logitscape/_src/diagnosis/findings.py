"""The findings about one objective: its answers, and the verdict that follows from them.

Reports show findings, and the public `Diagnosis` extends them. They know neither.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .answers import SEVERITIES, Answer, Severity
from .config import DiagnosisConfig
from .subject import Subject

UNHEALTHY: tuple[Severity, ...] = ("serious", "warning")


@dataclass(frozen=True)
class Findings:
    """All answers about one objective.

    Attributes:
        subject: The objective.
        config: The setting: number of classes, precision, seed, and the reference.
        answers: The answers, the most serious first.
    """

    subject: Subject
    config: DiagnosisConfig
    answers: tuple[Answer, ...]

    @property
    def name(self) -> str:
        """The objective's name."""
        return self.subject.name

    @property
    def worst(self) -> Severity:
        """The severity of the most serious answer; "fine" if there is none."""
        severities = [answer.severity for answer in self.answers]
        # It comes before "fine" in the order, but a question
        # without an answer is no fault.
        decided = [severity for severity in severities if severity != "undecided"]
        return most_serious(decided)

    @property
    def healthy(self) -> bool:
        """Whether no answer is "serious" or a "warning"."""
        return self.worst not in UNHEALTHY

    @property
    def counted(self) -> dict[Severity, str]:
        """The number of answers of every severity that occurs, such as "2 warnings"."""
        counts = Counter(answer.severity for answer in self.answers)
        return {
            severity: number_of(counts[severity], severity)
            for severity in SEVERITIES
            if counts[severity]
        }

    def of(self, question: str) -> list[Answer]:
        """Return the answers to one question.

        Answers to "precision, float32" are also answers to "precision".
        """
        return [
            answer
            for answer in self.answers
            if question in (answer.question, answer.question.partition(",")[0])
        ]

    def headline(self) -> str:
        """Return one line with the name and the number of answers of every severity."""
        health = "healthy" if self.healthy else "not healthy"
        counts = ", ".join(self.counted.values())
        return f"{self.name}: {health} ({counts})"


def most_serious(severities: Iterable[Severity]) -> Severity:
    """Return the most serious of several severities; "fine" if there is none."""
    return min(severities, key=SEVERITIES.index, default="fine")


def number_of(count: int, severity: Severity) -> str:
    """Return a number of answers, such as "1 warning" or "2 warnings"."""
    has_plural = severity in ("warning", "note")
    plural = "s" if has_plural and count != 1 else ""
    return f"{count} {severity}{plural}"


def common_config(compared: Mapping[str, Findings]) -> DiagnosisConfig:
    """Return the setting that the findings of a comparison share."""
    first = next(iter(compared.values()))
    return first.config
