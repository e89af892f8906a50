"""The report card as a table for the terminal, of at most 80 columns, the most serious first."""

from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..diagnosis.answers import Answer, Severity
from .diagnosis import Diagnosis
from .witness_code import code, preamble

HEADINGS: dict[Severity, tuple[str, str]] = {
    "serious": ("✗ Serious", "bold red"),
    "warning": ("! Warnings", "bold yellow"),
    "note": ("· Notes", "bold cyan"),
    "undecided": ("? Undecided", "bold magenta"),
    "fine": ("✓ Fine", "bold green"),
}
WIDTH = 80


def table(diagnosis: Diagnosis) -> RenderableType:
    """The headline, a row for every answer, and the code that shows what is serious or a warning."""
    rows = Table(box=None, width=WIDTH, pad_edge=False, show_header=False)
    rows.add_column(width=22)
    rows.add_column(ratio=1)
    for severity, group in groupby(diagnosis.answers, key=lambda each: each.severity):
        heading, style = HEADINGS[severity]
        rows.add_row(Text(heading, style))
        for answer in group:
            rows.add_row(Text("  " + answer.question), _answer(answer))
    return Group(_headline(diagnosis), rows, *_witnesses(diagnosis))


def _headline(diagnosis: Diagnosis) -> Text:
    config = diagnosis.config
    about = f"\n{config.num_classes} classes, {config.dtype}, beside {config.reference.name}\n"
    return Text.assemble((diagnosis.headline(), "bold"), (about, "dim"))


def _answer(answer: Answer) -> Text:
    """In full where something is to be said; the verdict alone where all is fine."""
    verdict = (
        answer.verdict
        if answer.verdict.startswith("p ")
        else answer.verdict[:1].upper() + answer.verdict[1:]
    )
    if answer.severity == "fine":
        return Text(verdict)
    return Text.assemble((verdict + ". ", "bold"), answer.text)


def _witnesses(diagnosis: Diagnosis) -> list[RenderableType]:
    shown = [
        each
        for each in diagnosis.answers
        if each.severity in ("serious", "warning") and each.witness is not None
    ]
    if not shown:
        return []
    lines = preamble(diagnosis.subject)
    for each in shown:
        assert each.witness is not None
        lines += [f"# {each.question}: {each.verdict}", *code(each.witness)]
    return [
        Text("\nSee for yourself:", "bold"),
        *(Text("  " + line, overflow="fold") for line in lines),
    ]
