"""The findings about one objective: its answers, and the verdict that follows from them.

Reports show findings, and the public `Diagnosis` extends them. They know neither.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..base.messages import quoted
from .answers import SEVERITIES, Answer, Severity
from .config import DiagnosisConfig
from .headlines import broken, price_of
from .leading import in_order, leading
from .subject import Subject
from .vocabulary import NOT_ASKED

SHOWN: tuple[Severity, ...] = ("fault", "trade")
"""Severities whose witnesses reports show without being asked."""


@dataclass(frozen=True)
class Findings:
    """All answers about one objective.

    Attributes:
        subject: The objective.
        config: The setting: number of classes, precision, seed, and the reference.
        answers: The answers, faults first.
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
        """The severity of the answer that matters most; "fine" if there is none."""
        severities = [answer.severity for answer in self.answers]
        # It comes before "fine" in the order, but a question
        # without an answer is no fault.
        decided = [severity for severity in severities if severity != "undecided"]
        return gravest(decided)

    @property
    def healthy(self) -> bool:
        """Whether no answer is a fault."""
        return self.worst != "fault"

    @property
    def health(self) -> str:
        """The verdict about the whole in a word or two."""
        if not self.healthy:
            return "broken"
        # What cannot be asked about a function at all leaves nothing open.
        is_whole = all(
            answer.verdict != NOT_ASKED or answer.details.get("impossible")
            for answer in self.answers
        )
        return "healthy" if is_whole else "no fault so far"

    @property
    def counted(self) -> dict[Severity, str]:
        """The number of answers of every severity that occurs, such as "2 trades"."""
        return counts(self.answers)

    def of(self, question: str) -> list[Answer]:
        """Return the answers to one question.

        Answers to "precision, float32" are also answers to "precision".

        Raises:
            TypeError: If the question is no text.
        """
        if not isinstance(question, str):
            raise TypeError(
                f"`Diagnosis.of(question)` must be a text such as 'precision', got "
                f"{quoted(question)}."
            )
        return [
            answer
            for answer in self.answers
            if question in (answer.question, answer.question.partition(",")[0])
        ]

    @property
    def state(self) -> str:
        """The verdict about the whole in plain words, as in "broken: softmax is applied twice"."""
        by_severity = {
            severity: [a for a in self.in_order() if a.severity == severity]
            for severity in SHOWN
        }
        if by_severity["fault"]:
            return broken(by_severity["fault"])
        return self.health + price_of(by_severity["trade"])

    @property
    def identity(self) -> str:
        """What the loss is, in one sentence; "" if that is not known, or is the name itself."""
        first = next(iter(self.of("identity")), None)
        if first is None or first.severity == "undecided":
            return ""
        return first.text.removeprefix(f"This is {self.name}.").lstrip()

    def in_order(self) -> list[Answer]:
        """Return the answers by severity; of one severity, what matters most first."""
        return in_order(self.answers, self.config)

    def leading(self) -> list[Answer]:
        """Return the answers that matter most, at most five."""
        return leading(self.answers, self.config)

    def rest(self) -> list[Answer]:
        """Return all other answers."""
        return self.in_order()[len(self.leading()) :]

    def headline(self) -> str:
        """Return one line with the name and the verdict about the whole in plain words."""
        verb = "has" if self.state.startswith("no fault") else "is"
        return f"{self.name} {verb} {self.state}"


def gravest(severities: Iterable[Severity]) -> Severity:
    """Return the severity of several that matters most; "fine" if there is none."""
    return min(severities, key=SEVERITIES.index, default="fine")


def counts(answers: Iterable[Answer]) -> dict[Severity, str]:
    """Return the number of answers of every severity that occurs, such as "2 trades"."""
    found = Counter(answer.severity for answer in answers)
    return {
        severity: number_of(found[severity], severity)
        for severity in SEVERITIES
        if found[severity]
    }


def number_of(count: int, severity: Severity) -> str:
    """Return a number of answers, such as "1 fault" or "2 faults"."""
    has_plural = severity in ("fault", "trade", "note")
    plural = "s" if has_plural and count != 1 else ""
    return f"{count} {severity}{plural}"


def common_config(compared: Mapping[str, Findings]) -> DiagnosisConfig:
    """Return the setting that the findings of a comparison share."""
    first = next(iter(compared.values()))
    return first.config
