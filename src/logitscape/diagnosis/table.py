"""The report card as a table for the terminal, of at most 80 columns, the most serious first."""

from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .answers import Answer, Severity
from .card import Diagnosis
from .shell import code, preamble

MARKS: dict[Severity, tuple[str, str]] = {
    "serious": ("✗ serious", "bold red"),
    "warning": ("! warning", "bold yellow"),
    "note": ("· note", "cyan"),
    "undecided": ("? undecided", "magenta"),
    "fine": ("✓ fine", "green"),
}
WIDTH = 80


def table(diagnosis: Diagnosis) -> RenderableType:
    """The headline, a row for every answer, and the code that shows what is serious or a warning."""
    rows = Table(box=box.SIMPLE_HEAD, width=WIDTH, pad_edge=False, header_style="bold")
    rows.add_column("", width=11, no_wrap=True)
    rows.add_column("question", width=15)
    rows.add_column("answer", ratio=1)
    for severity, group in groupby(diagnosis.answers, key=lambda each: each.severity):
        mark, style = MARKS[severity]
        for answer in group:
            rows.add_row(Text(mark, style), answer.question, _answer(answer))
    return Group(_headline(diagnosis), rows, *_witnesses(diagnosis))


def _headline(diagnosis: Diagnosis) -> Text:
    setting = diagnosis.setting
    about = f"\n{setting.num_classes} classes, {setting.dtype}, beside {setting.reference.name}"
    return Text.assemble((diagnosis.headline(), "bold"), (about, "dim"))


def _answer(answer: Answer) -> Text:
    verdict = answer.verdict[:1].upper() + answer.verdict[1:]
    if answer.severity in ("serious", "warning", "undecided"):
        return Text.assemble((verdict + ". ", "bold"), answer.text)
    return Text(f"{verdict}. {answer.text}")


def _witnesses(diagnosis: Diagnosis) -> list[RenderableType]:
    shown = [each for each in diagnosis.answers if each.severity in ("serious", "warning") and each.witness is not None]
    if not shown:
        return []
    lines = preamble(diagnosis.subject)
    for each in shown:
        assert each.witness is not None
        lines += [f"# {each.question}: {each.verdict}", *code(each.witness)]
    return [Text("See for yourself:", "bold"), *(Text("  " + line, overflow="fold") for line in lines)]
