"""Findings as JSON and as Markdown: text that changes only where a finding does."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, get_args

from .findings import Finding, Verdict, settled, theory, verdict_text

TABLE_HEAD = (
    "| id | claim | measured | verdict | figure |",
    "| --- | --- | --- | --- | --- |",
)


def to_json(findings: Iterable[Finding]) -> str:
    """The findings as JSON, without the digits that are noise: the same text on every machine."""
    rows = [_stored(finding) for finding in findings]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> list[Finding]:
    """The findings that `to_json` wrote."""
    rows: list[dict[str, Any]] = json.loads(text)
    return [Finding(**(row | _numbers(row))) for row in rows]


def to_markdown(findings: Sequence[Finding]) -> str:
    """The findings as a page with one table."""
    lines = ["# Findings", "", f"{_counts(findings)}.", ""]
    lines += TABLE_HEAD
    lines += [_markdown_row(finding) for finding in findings]
    return "\n".join(lines) + "\n"


def markdown_row(cells: Iterable[str]) -> str:
    """A row of a Markdown table; in the cells, bars are escaped and lines joined."""
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(cell: str) -> str:
    one_line = " ".join(cell.split())
    return one_line.replace("|", "\\|")


def _counts(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.verdict for finding in findings)
    parts = [
        f"{verdict}: {counts[verdict]}"
        for verdict in get_args(Verdict)
        if counts[verdict]
    ]
    return "; ".join(parts)


def _markdown_row(finding: Finding) -> str:
    measured = finding.measured
    proof = theory(finding)
    if proof:
        measured += f" ({proof})"
    figure = ""
    if finding.figure:
        figure = f"[{finding.figure}]({finding.figure}.svg)"
    verdict = verdict_text(finding)
    return markdown_row([finding.id, finding.claim, measured, verdict, figure])


def _stored(finding: Finding) -> dict[str, Any]:
    row = asdict(finding)
    row["value"] = _stored_number(finding.value, finding.tolerance)
    row["expected"] = _stored_number(finding.expected, finding.tolerance)
    row["tolerance"] = _stored_number(finding.tolerance, None)
    return row


def _stored_number(value: float | None, tolerance: float | None) -> float | str | None:
    """The number with 8 significant digits; infinities and NaN as text, which JSON lacks."""
    if value is None:
        return None
    rounded = float(f"{settled(value, tolerance or 0.0):.8g}")
    if math.isfinite(rounded):
        return rounded
    return str(rounded)


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    """The numbers of a row as floats, undoing `_stored_number`."""
    names = ("value", "expected", "tolerance")
    return {name: float(row[name]) for name in names if row[name] is not None}
