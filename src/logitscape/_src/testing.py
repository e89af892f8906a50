"""Checks for a user's own test suite.

def test_my_loss():
    logitscape.testing.assert_healthy(my_loss, num_classes=10, allow=("convexity",))
"""

from collections.abc import Collection
from typing import Any

from .diagnosis.answers import SEVERITIES, Answer, Severity
from .objectives.objective import Source
from .reports.diagnose import diagnose
from .reports.diagnosis import Diagnosis
from .reports.witness_code import code, preamble


class UnhealthyLossError(AssertionError):
    """What `assert_healthy` raises; the message has the findings and their witnesses.

    Attributes:
        diagnosis: everything that was found.
    """

    def __init__(self, diagnosis: Diagnosis, findings: Collection[Answer]) -> None:
        """Write the findings out."""
        super().__init__(_message(diagnosis, findings))
        self.diagnosis = diagnosis


def assert_healthy(
    objective: Source,
    *,
    allow: Collection[str] = (),
    fail_on: Severity = "warning",
    **config: Any,
) -> Diagnosis:
    """Diagnose an objective and fail if something is wrong with it.

    Args:
        objective: as for `diagnose`.
        allow: questions ("precision") or verdicts ("fades exponentially") that are known and accepted.
        fail_on: the mildest severity that fails: "serious", "warning" or "note".
        **setting: the other arguments of `diagnose`.

    Returns:
        The diagnosis, if nothing is wrong.

    Raises:
        UnhealthyLossError: an AssertionError with the findings and witnesses.
        ValueError: for another `fail_on`, for an `allow` that no answer has, and as `diagnose` does.
    """
    levels = SEVERITIES[:3]
    if fail_on not in levels:
        raise ValueError(
            f"`assert_healthy(fail_on=...)` must be one of {', '.join(levels)}, got {fail_on!r}."
        )
    diagnosis = diagnose(objective, **config)
    _check_allowed(diagnosis, allow)
    failing = levels[: levels.index(fail_on) + 1]
    findings = [
        each
        for each in diagnosis.answers
        if each.severity in failing and not each.names & {*allow}
    ]
    if findings:
        raise UnhealthyLossError(diagnosis, findings)
    return diagnosis


def _check_allowed(diagnosis: Diagnosis, allow: Collection[str]) -> None:
    """Refuse what allows nothing, such as a misspelt question."""
    if isinstance(allow, str):
        raise ValueError(
            f"`assert_healthy(allow=...)` must be a collection of texts such as ({allow!r},), got {allow!r}."
        )
    known = {text for each in diagnosis.answers for text in each.names}
    for text in allow:
        if text not in known:
            listed = ", ".join(sorted({each.question for each in diagnosis.answers}))
            raise ValueError(
                f"`assert_healthy(allow=...)`: no question or verdict here is {text!r}. Questions: {listed}."
            )


def _message(diagnosis: Diagnosis, findings: Collection[Answer]) -> str:
    lines = [diagnosis.headline()]
    for each in findings:
        lines += [
            "",
            f"{each.severity}: {each.question}: {each.verdict}",
            f"  {each.text}",
        ]
        if each.witness is not None:
            lines += [f"  >>> {line}" for line in code(each.witness)]
    return "\n".join(
        [
            *lines,
            "",
            "The witnesses begin with:",
            *(f"  >>> {line}" for line in preamble(diagnosis.subject)),
        ]
    )
