"""`assert_healthy`: the diagnosis of a loss as a test in a user's own test suite."""

from collections.abc import Collection
from typing import Any

from .base.conversion import entries
from .base.messages import quoted
from .base.names import check_keywords, suggestion
from .base.settings import one_of
from .diagnosis.answers import SEVERITIES, Answer, Severity
from .diagnosis.verdicts.listing import NAMES
from .objectives.sources import Source
from .reports.checked_witnesses import code_of
from .reports.diagnose import diagnose
from .reports.diagnosis import Diagnosis
from .reports.remedies import remedy
from .reports.witness_code import preamble

LEVELS = SEVERITIES[:3]
"""Severities at which a test may fail, faults first."""


class UnhealthyLossError(AssertionError):
    """Error of `assert_healthy`; its message lists the findings with their witnesses.

    Attributes:
        diagnosis: The whole diagnosis.
    """

    def __init__(self, diagnosis: Diagnosis, findings: Collection[Answer]) -> None:
        """Write the findings out."""
        super().__init__(_message(diagnosis, findings))
        self.diagnosis = diagnosis


def assert_healthy(
    objective: Source,
    *,
    allow: Collection[str] = (),
    fail_on: Severity = "fault",
    **config: Any,
) -> Diagnosis:
    """Diagnose an objective, and fail if it has a fault.

    Args:
        objective: Objective, in any of the forms that `ls.diagnose` takes.
        allow: Questions ("precision") or verdicts ("fades exponentially") that do not
            fail.
        fail_on: Mildest severity that fails: "fault", "trade" or "note".
        **config: Further arguments of `ls.diagnose`, such as `num_classes`.

    Returns:
        The diagnosis, if nothing fails.

    Raises:
        UnhealthyLossError: If something fails; an AssertionError with the findings and
            with witnesses, logits that show them.
        ValueError: If `fail_on` is none of these, if `allow` names no question or
            verdict, and as `ls.diagnose` does.

    Example:
        >>> import logitscape as ls
        >>> loss = "softmax + cross_entropy"
        >>> ls.testing.assert_healthy(loss, num_classes=3).healthy
        True
    """
    one_of("assert_healthy", "fail_on", fail_on, LEVELS)
    allow = _allowed(allow)
    check_keywords("assert_healthy", config, diagnose, "ls.diagnose")
    diagnosis = diagnose(objective, **config)
    failing = LEVELS[: LEVELS.index(fail_on) + 1]
    findings = [
        answer
        for answer in diagnosis.answers
        if answer.severity in failing and answer.names.isdisjoint(allow)
    ]
    if findings:
        raise UnhealthyLossError(diagnosis, findings)
    return diagnosis


def _allowed(allow: Collection[str]) -> list[str]:
    """Names of questions or verdicts; one that none has, such as a misspelt one, is refused."""
    names = entries(allow)
    if names is None or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "`assert_healthy(allow=...)` must be a collection of texts "
            f"such as ('fades exponentially',), got {quoted(allow)}."
        )
    for name in names:
        if name not in NAMES:
            raise ValueError(
                f"`assert_healthy(allow=...)`: no question or verdict is {quoted(name)}. "
                f"{suggestion(name, sorted(NAMES))}"
            )
    return names


def _message(diagnosis: Diagnosis, findings: Collection[Answer]) -> str:
    lines = [diagnosis.headline()]
    for answer in findings:
        lines += ["", *_lines_of(answer, diagnosis)]
    lines += ["", "Before the witnesses, these lines:"]
    lines += preamble(diagnosis.subject)
    return "\n".join(lines)


def _lines_of(answer: Answer, diagnosis: Diagnosis) -> list[str]:
    lines = [
        f"{answer.severity}: {answer.question}: {answer.verdict}",
        f"  {answer.text}",
    ]
    todo = remedy(answer)
    if todo:
        lines.append(f"  What to do: {todo}")
    # Without indentation, so that it can be pasted as it is.
    return [*lines, *code_of(answer, diagnosis.subject)]
