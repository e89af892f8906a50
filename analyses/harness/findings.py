"""Findings: a claim, the number measured for it, and a verdict; as text that changes only where one does.

Finding("C04", "squared error saturates when wrong", f"e^({rate:.2f} s)", "holds")
proved("C09", "each column of the Jacobian sums to 0", worst, expected=0, tolerance=1e-12)
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, SupportsFloat, TypeAlias, get_args

Verdict: TypeAlias = Literal[
    "holds", "holds with a limit", "does not hold", "cannot tell"
]


class ContradictsTheory(ArithmeticError):
    """A measured number lies further from what theory proves than its tolerance allows."""


@dataclass(frozen=True)
class Finding:
    """What one measurement says about one claim.

    Attributes:
        id: the claim's, "C01"; with a letter where a claim has parts, "C01a".
        claim: what was claimed, in a few words.
        measured: the measured number as text, made from it by code.
        verdict: "holds", "holds with a limit", "does not hold", or "cannot tell" where the measurement leaves it open.
        limit: the limit, why it does not hold, or why one cannot tell.
        value: the number itself, where a single one is measured.
        expected: what theory proves the number to be, if it does.
        tolerance: how far from `expected` the value may lie; the digits beyond it are noise and not written.
        figure: the stem of the figure that shows it; `harness.main` fills it in.
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
        """Refuse a finding that would read as something else than it is."""
        if not re.fullmatch(r"C\d\d[a-z]?", self.id):
            raise ValueError(
                f"`Finding(id=...)` must be like 'C01' or 'C01a', got {self.id!r}."
            )
        if self.verdict not in get_args(Verdict):
            raise ValueError(
                f"`Finding(verdict=...)` must be in {get_args(Verdict)}, got {self.verdict!r}."
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
        """Whether the value lies further than the tolerance from what theory proves; NaN always does."""
        if self.expected is None or self.value is None or self.tolerance is None:
            return False
        return not (
            self.value == self.expected
            or abs(self.value - self.expected) <= self.tolerance
        )


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
    """A finding whose number theory fixes: the analysis fails unless `|value - expected| <= tolerance`.

    An inequality is the number of its violations, or the worst of them, with `expected=0`.

    Args:
        id: the claim's.
        claim: what was claimed, in a few words.
        value: the measured number, a Python one or an array of no dimensions.
        expected: what theory proves it to be.
        tolerance: how far off it may be; 0 where it must be exact.
        measured: a format for the number, rounded to the tolerance: "{:.3f} nats".
        verdict: "does not hold" where theory proves the claim wrong.
        limit: the limit, or why it does not hold.
    """
    text = measured.format(_settled(float(value), float(tolerance)))
    return Finding(
        id, claim, text, verdict, limit, float(value), float(expected), float(tolerance)
    )


def verify(findings: Iterable[Finding]) -> None:
    """Raise `ContradictsTheory`, naming every finding that does, if one does."""
    wrong = [
        f"{f.id}: {f.claim}: {f.value!r} ({_theory(f)})"
        for f in findings
        if f.contradicts_theory
    ]
    if wrong:
        raise ContradictsTheory(
            "\n  ".join(
                ["measured numbers that contradict what theory proves:", *wrong]
            )
        )


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By claim, then by figure, then as the analysis gives them."""
    return sorted(findings, key=lambda finding: (finding.id, finding.figure))


def to_json(findings: Iterable[Finding]) -> str:
    """The findings as JSON, without the digits that are noise: the same text on every machine."""
    return (
        json.dumps(
            [_stored(finding) for finding in findings], indent=2, ensure_ascii=False
        )
        + "\n"
    )


def from_json(text: str) -> list[Finding]:
    """The findings of `to_json`."""
    rows: list[dict[str, Any]] = json.loads(text)
    return [Finding(**(row | _numbers(row))) for row in rows]


def to_markdown(findings: Sequence[Finding]) -> str:
    """The findings as a page with one table."""
    verdicts = Counter(finding.verdict for finding in findings)
    counts = "; ".join(
        f"{verdict}: {verdicts[verdict]}"
        for verdict in get_args(Verdict)
        if verdicts[verdict]
    )
    head = ["# Findings", "", f"{counts}.", ""]
    table = [
        "| id | claim | measured | verdict | figure |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *table, *map(_markdown_row, findings)]) + "\n"


def verdict_text(finding: Finding) -> str:
    """The verdict with its limit."""
    return f"{finding.verdict}: {finding.limit}" if finding.limit else finding.verdict


def _markdown_row(finding: Finding) -> str:
    theory = _theory(finding)
    measured = f"{finding.measured} ({theory})" if theory else finding.measured
    figure = f"[{finding.figure}]({finding.figure}.svg)" if finding.figure else ""
    cells = [finding.id, finding.claim, measured, verdict_text(finding), figure]
    return markdown_row(cells)


def markdown_row(cells: Iterable[str]) -> str:
    """A row of a Markdown table; in a cell, bars are escaped and lines joined."""
    return (
        "| "
        + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells)
        + " |"
    )


def _theory(finding: Finding) -> str:
    if finding.expected is None or finding.tolerance is None:
        return ""
    if finding.expected == 0 and finding.tolerance:
        return f"theory: off by at most {finding.tolerance:g}"
    expected = f"{_settled(finding.expected, finding.tolerance):.8g}"
    return (
        f"theory: {expected} ± {finding.tolerance:.2g}"
        if finding.tolerance
        else f"theory: {expected}"
    )


def _stored(finding: Finding) -> dict[str, Any]:
    row = asdict(finding)
    for name in ("value", "expected"):
        row[name] = _number(row[name], finding.tolerance)
    row["tolerance"] = _number(row["tolerance"], None)
    return row


def _number(value: float | None, tolerance: float | None) -> float | str | None:
    """A number as JSON has it: 8 significant digits, infinities and NaN as text."""
    if value is None:
        return None
    rounded = float(f"{_settled(value, tolerance or 0.0):.8g}")
    return rounded if math.isfinite(rounded) else str(rounded)


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    """The numbers of a row again, from what `_number` made of them."""
    return {
        name: float(row[name])
        for name in ("value", "expected", "tolerance")
        if row[name] is not None
    }


def _settled(value: float, tolerance: float) -> float:
    """The value without the digits beyond a tenth of its tolerance, which differ between machines; no -0."""
    if not (tolerance > 0 and math.isfinite(value) and math.isfinite(tolerance)):
        return value + 0.0
    return round(value, 1 - math.floor(math.log10(tolerance))) + 0.0
