"""One verdict on a model, a dump or a series."""

from dataclasses import dataclass

from ..diagnosis.severity import Severity
from .estimates import Estimate
from .verdicts import VERDICTS


@dataclass(frozen=True)
class Finding:
    """One verdict.

    Attributes:
        verdict: Its name, such as "stuck".
        severity: How much it matters: a fault, a trade or a note.
        text: One or two sentences with the numbers.
        remedy: What to do.
        estimate: The number that decides it.
        examples: Indices of examples that show it.
    """

    verdict: str
    severity: Severity
    text: str
    remedy: str
    estimate: Estimate | None = None
    examples: tuple[int, ...] = ()


def finding(
    name: str,
    text: str,
    estimate: Estimate | None = None,
    examples: tuple[int, ...] = (),
) -> Finding:
    """A finding by the record of its verdict."""
    verdict = VERDICTS[name]
    return Finding(name, verdict.severity, text, verdict.remedy, estimate, examples)


def percent(value: float) -> str:
    """A share as people write it."""
    return f"{100 * value:.3g} %"
