"""Findings: a claim, the number that was measured for it, and a verdict.

```
Finding("C04", "squared error saturates when wrong", f"e^({rate:.2f} s)", "holds")
proved("C09", "each column of the Jacobian sums to 0", worst, expected=0, tolerance=1e-12)
```
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, SupportsFloat, TypeAlias, get_args

Verdict: TypeAlias = Literal[
    "holds", "holds with a limit", "does not hold", "cannot tell"
]


class ContradictsTheory(ArithmeticError):
    """A measured number lies further from what theory proves than its tolerance allows."""


@dataclass(frozen=True)
class Finding:
    """The answer of one measurement to one claim.

    Attributes:
        id: Id of the claim, "C01"; with a letter where a claim has parts, "C01a".
        claim: The claim, in a few words.
        measured: The measured number as text, formatted by code.
        verdict: "holds", "holds with a limit", "does not hold", or "cannot tell" where the
            measurement leaves the claim open.
        limit: The limit, the reason why the claim does not hold, or the reason why one cannot tell.
        value: The measured number, where there is a single one.
        expected: The number that theory proves, if it proves one.
        tolerance: Largest distance from `expected` that is allowed. Digits beyond it are noise and
            are not written.
        figure: Stem of the figure that shows the finding; `harness.main` fills it in.
    """

    id: str
    claim: str
    measured: str
    verdict: Verdict
    limit: str = ""
    value: float | None = None
    expected: float | None = None
    tolerance: float | None = None
    figure: str = ""

    def __post_init__(self) -> None:
        """Refuse a finding that is incomplete or misspelled."""
        verdicts = get_args(Verdict)
        if not re.fullmatch(r"C\d\d[a-z]?", self.id):
            raise ValueError(
                f"`Finding(id=...)` must be like 'C01' or 'C01a', got {self.id!r}."
            )
        if self.verdict not in verdicts:
            raise ValueError(
                f"`Finding(verdict=...)` must be in {verdicts}, got {self.verdict!r}."
            )
        if self.verdict == "holds with a limit" and not self.limit:
            raise ValueError(
                f"`Finding(limit=...)` of {self.id} must say which limit, got ''."
            )
        if self.expected is not None and (self.value is None or self.tolerance is None):
            raise ValueError(
                f"`Finding(expected=...)` of {self.id} needs `value` and `tolerance` too."
            )

    @property
    def contradicts_theory(self) -> bool:
        """Whether the value lies further from the proven number than the tolerance allows.

        NaN always does.
        """
        if self.expected is None or self.value is None or self.tolerance is None:
            return False
        # The difference of two equal infinities is NaN, so equality is asked first.
        equal = self.value == self.expected
        return not (equal or abs(self.value - self.expected) <= self.tolerance)


def proved(
    id: str,
    claim: str,
    value: SupportsFloat,
    *,
    expected: SupportsFloat,
    tolerance: SupportsFloat,
    measured: str = "{:.6g}",
    verdict: Verdict = "holds",
    limit: str = "",
) -> Finding:
    """A finding whose number theory fixes.

    The analysis fails unless `|value - expected| <= tolerance`. For an inequality, give the number
    of its violations, or the worst of them, with `expected=0`.

    Args:
        id: Id of the claim.
        claim: The claim, in a few words.
        value: The measured number: a Python number or an array of no dimensions.
        expected: The number that theory proves.
        tolerance: Largest distance that is allowed; 0 where the number must be exact.
        measured: Format of the number, rounded to the tolerance: "{:.3f} nats".
        verdict: "does not hold" where theory proves the claim wrong.
        limit: The limit, or the reason why the claim does not hold.
    """
    rounded = settled(float(value), float(tolerance))
    return Finding(
        id=id,
        claim=claim,
        measured=measured.format(rounded),
        verdict=verdict,
        limit=limit,
        value=float(value),
        expected=float(expected),
        tolerance=float(tolerance),
    )


def verify(findings: Iterable[Finding]) -> None:
    """Raise `ContradictsTheory` if a finding does; the message names every one that does."""
    lines = ["measured numbers that contradict what theory proves:"]
    for finding in findings:
        if finding.contradicts_theory:
            deviation = f"{finding.value!r} ({theory(finding)})"
            lines.append(f"{finding.id}: {finding.claim}: {deviation}")
    if len(lines) > 1:
        raise ContradictsTheory("\n  ".join(lines))


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings sorted by claim, then by figure, then as the analysis gives them."""
    return sorted(findings, key=lambda finding: (finding.id, finding.figure))


def verdict_text(finding: Finding) -> str:
    """The verdict with its limit."""
    if not finding.limit:
        return finding.verdict
    return f"{finding.verdict}: {finding.limit}"


def theory(finding: Finding) -> str:
    """The number that theory proves, with its tolerance, as text; empty if there is none."""
    if finding.expected is None or finding.tolerance is None:
        return ""
    if finding.expected == 0 and finding.tolerance:
        return f"theory: off by at most {finding.tolerance:g}"
    expected = f"{settled(finding.expected, finding.tolerance):.8g}"
    if not finding.tolerance:
        return f"theory: {expected}"
    return f"theory: {expected} ± {finding.tolerance:.2g}"


def settled(value: float, tolerance: float) -> float:
    """The value without the digits beyond a tenth of its tolerance.

    Those differ between machines.
    """
    if tolerance > 0 and math.isfinite(value) and math.isfinite(tolerance):
        value = round(value, 1 - math.floor(math.log10(tolerance)))
    return value + 0.0  # turns -0.0 into 0.0
