"""A diagnosis as a table for the terminal, of at most 80 columns, faults first."""

from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..diagnosis.answers import Answer, Severity
from ..diagnosis.findings import SHOWN, Findings
from .checked_witnesses import code_of
from .witness_code import preamble

HEADINGS: dict[Severity, tuple[str, str]] = {
    "fault": ("✗ Faults", "bold red"),
    "trade": ("! Trades", "bold yellow"),
    "note": ("· Notes", "bold cyan"),
    "undecided": ("? Undecided", "bold magenta"),
    "fine": ("✓ Fine", "bold green"),
}
"""Heading and style of the answers of every severity."""
WIDTH = 80
QUESTION_WIDTH = 22


def table(findings: Findings) -> RenderableType:
    """Return the headline, a row for every answer, and code that shows what is wrong."""
    rows = Table(box=None, width=WIDTH, pad_edge=False, show_header=False)
    rows.add_column(width=QUESTION_WIDTH)
    rows.add_column(ratio=1)
    for severity, answers in groupby(findings.answers, key=_severity):
        heading, style = HEADINGS[severity]
        rows.add_row(Text(heading, style))
        for answer in answers:
            rows.add_row(Text("  " + answer.question), _answer(answer))
    return Group(_headline(findings), rows, *_witnesses(findings))


def _severity(answer: Answer) -> Severity:
    return answer.severity


def _headline(findings: Findings) -> Text:
    config = findings.config
    setting = f"{config.num_classes} classes, {config.dtype}"
    about = f"\n{setting}, beside {config.reference.name}\n"
    if findings.subject.description:
        about += f"{findings.subject.description}\n"
    return Text.assemble((findings.headline(), "bold"), (about, "dim"))


def _answer(answer: Answer) -> Text:
    """Return the verdict and the text; the verdict alone where all is fine."""
    verdict = _capitalized(answer.verdict)
    if answer.severity == "fine":
        return Text(verdict)
    return Text.assemble((verdict + ". ", "bold"), answer.text)


def _capitalized(verdict: str) -> str:
    """Return the verdict with a capital letter, except the p of the probabilities."""
    if verdict.startswith("p "):
        return verdict
    return verdict[:1].upper() + verdict[1:]


def _witnesses(findings: Findings) -> list[RenderableType]:
    lines = list[str]()
    for answer in findings.answers:
        shown = answer.severity in SHOWN and code_of(answer, findings.subject)
        if shown:
            lines += [f"# {answer.question}: {answer.verdict}", *shown]
    if not lines:
        return []
    title_row = Text("\nSee for yourself:", "bold")
    all_lines = [*preamble(findings.subject), *lines]
    # Without indentation, so that it can be pasted as it is.
    return [title_row, *(Text(line, overflow="fold") for line in all_lines)]
