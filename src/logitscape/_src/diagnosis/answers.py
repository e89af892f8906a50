"""The answer to one question about an objective, and the witness that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..base.messages import first_line
from .severity import SEVERITIES as SEVERITIES
from .severity import Severity as Severity
from .verdicts.listing import check_listed
from .vocabulary import NOT_ASKED, UNDECIDED

OneValue: TypeAlias = Literal["loss", "gradient", "hessian", "probabilities"]
TwoValues: TypeAlias = Literal[
    "jit",
    "jvp",
    "differences",
    "factor",
    "losses",
    "chord",
    "batch",
    "gradient in a batch",
]
Expression: TypeAlias = OneValue | TwoValues
"""Quantity that a witness shows: one value, or two that ought to agree.

* loss, gradient, hessian (its eigenvalues), probabilities: at the logits;
* jit: the loss with and without jit;
* jvp: a slope by forward and by reverse mode;
* differences: the gradient, and differences of the loss;
* factor: the gradient of three times the loss, and three times that of the loss;
* losses: the loss at the logits, and at others;
* chord: the loss, and the chord between two others;
* batch: the loss of an example in a batch, and alone;
* gradient in a batch: the gradient in the logits of an example of a batch, and alone.
"""


@dataclass(frozen=True)
class Witness:
    """Concrete logits that show an answer; anyone can paste them into a shell.

    Attributes:
        logits: Logits z, [n].
        target: Target t, [n]; one-hot unless the objective takes soft targets.
        shows: Observation at these logits, such as "gradient = (0, 0, 0) while class 1
            is predicted".
        expression: Quantity that shows it.
        dtype: Precision in which it shows.
        others: Other logits that it takes, each [n]: those of a batch, the ends of a chord, or
            those whose loss is compared.
        other_labels: Labels of the other logits, where they have their own.
        compiled: Whether it shows under jit only.
        narrow: Whether it shows only where JAX's 64 bits are switched off.
    """

    logits: tuple[float, ...]
    target: tuple[float, ...]
    shows: str
    expression: Expression = "gradient"
    dtype: str = "float64"
    others: tuple[tuple[float, ...], ...] = ()
    other_labels: tuple[int, ...] = ()
    compiled: bool = False
    narrow: bool = False


@dataclass(frozen=True)
class Answer:
    """The answer to one question.

    Attributes:
        question: Name of the question, such as "gradient when wrong"; several answers
            may share it.
        verdict: Outcome in a few words, such as "fades exponentially"; the same outcome
            always has the same words.
        severity: How much the outcome matters.
        text: One or two sentences in plain English, with the numbers.
        method: How and where it was measured.
        number: The number that decides the verdict, if a single one does.
        witness: Logits that show the verdict; every verdict that something fails has one.
        details: Further numbers by name, of types that JSON has.

    Raises:
        ValueError: If the question or the verdict is not in the vocabulary.
    """

    question: str
    verdict: str
    severity: Severity
    text: str
    method: str
    number: float | None = None
    witness: Witness | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the question and the verdict."""
        check_listed(self.question, self.verdict)

    @property
    def names(self) -> frozenset[str]:
        """Names that select the answer: its question, the question up to a comma, its verdict."""
        topic = self.question.partition(",")[0]
        return frozenset({self.question, topic, self.verdict})


def undecided(question: str, why: str, method: str = "") -> Answer:
    """The answer to a question that the measurement could not decide."""
    return Answer(
        question=question,
        verdict=UNDECIDED,
        severity="undecided",
        text=why,
        method=method,
    )


def without_second_derivatives(question: str, error: Exception, method: str) -> Answer:
    """The answer to a question for which second derivatives are needed, which raised an error."""
    why = f"the function has no second derivatives: {first_line(error)}"
    return undecided(question, why, method)


def not_asked(question: str, why: str) -> Answer:
    """The answer to a question that cannot be asked about this function."""
    return Answer(
        question=question,
        verdict=NOT_ASKED,
        severity="undecided",
        text=why,
        method="",
        details={"impossible": True},
    )
