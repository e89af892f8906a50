"""What was found wrong with one dump or with a series, and the answer in a few words."""

from dataclasses import dataclass

from ..diagnosis.severity import SEVERITIES, Severity
from .finding import Finding


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Findings about something that has a name.

    Attributes:
        name: Name of what was audited.
        findings: What is wrong, faults first.
    """

    name: str
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Severity:
        """The gravest severity of the findings; "fine" without any."""
        return self.findings[0].severity if self.findings else SEVERITIES[-1]

    @property
    def healthy(self) -> bool:
        """Whether there is no fault."""
        return self.worst != "fault"

    def headline(self) -> str:
        """The answer in a few words."""
        names = [each.verdict for each in self.findings if each.severity == self.worst]
        if self.worst == "fault":
            return f"{self.name}: {', '.join(names)}"
        if self.worst == "trade":
            return f"{self.name} has no fault, and a trade: {', '.join(names)}"
        return f"{self.name} has no fault"
