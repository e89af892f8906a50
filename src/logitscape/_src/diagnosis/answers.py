"""Answers: what one question found about an objective, with the witness that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

Severity: TypeAlias = Literal["serious", "warning", "note", "undecided", "fine"]
"""serious: training will fail or be wrong; warning: it may; note: good to know; undecided: could not be told; fine."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The most serious first."""


@dataclass(frozen=True)
class Witness:
    """Concrete logits that anyone can paste into a shell to see what was found.

    Attributes:
        logits: z, [n].
        target: t, [n]; one-hot unless the objective takes soft targets.
        shows: what is seen there, such as "gradient = (0, 0, 0) while class 1 is predicted".
        expression: what to look at.
        dtype: in which precision.
    """

    logits: tuple[float, ...]
    target: tuple[float, ...]
    shows: str
    expression: Literal["loss", "gradient", "hessian", "probabilities"] = "gradient"
    dtype: str = "float64"


@dataclass(frozen=True)
class Answer:
    """The answer to one question.

    Attributes:
        question: which, such as "gradient when wrong"; several answers may share it.
        verdict: a few words, such as "fades exponentially"; the same words for the same outcome.
        severity: how much it matters.
        text: one or two sentences in plain English, with the numbers.
        method: how it was measured, and where.
        number: the number that decides, if a single one does.
        witness: where to see it; every "no" has one.
        details: further numbers by name, of the types that JSON has.
    """

    question: str
    verdict: str
    severity: Severity
    text: str
    method: str
    number: float | None = None
    witness: Witness | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """By what it may be asked for: its question, that question's part before a comma, and its verdict."""
        return frozenset({self.question, self.question.partition(",")[0], self.verdict})


def undecided(question: str, why: str, method: str = "") -> Answer:
    """The answer to a question that could not be decided."""
    return Answer(question, "undecided", "undecided", why, method)
