"""A comparison as a table for the terminal, of at most 80 columns."""

from itertools import chain
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..diagnosis.answers import SEVERITIES, Answer, Severity
from .diagnosis import Diagnosis, counted

if TYPE_CHECKING:
    from .comparison import Comparison

WIDTH = 80
COLUMNS = 3
"""So many objectives fit side by side."""
SIGNS: dict[Severity, tuple[str, str]] = {
    "serious": ("✗", "bold red"),
    "warning": ("!", "bold yellow"),
    "note": ("·", "cyan"),
    "undecided": ("?", "magenta"),
    "fine": ("✓", "green"),
}
KEY = "✗ serious   ! warning   · note   ? undecided   ✓ fine"


def table(comparison: "Comparison") -> RenderableType:
    """Up to three objectives are columns, and the questions rows; more are rows, with what is to be said about them."""
    config = comparison.config
    about = (
        f"{config.num_classes} classes, {config.dtype}, beside {config.reference.name}"
    )
    rows = (
        _columns(comparison)
        if len(comparison.diagnoses) <= COLUMNS
        else _rows(comparison)
    )
    return Group(Text(about, "dim"), rows, Text(KEY, "dim"))


def worst(diagnosis: Diagnosis, question: str) -> Answer | None:
    """The most serious answer to a question."""
    return min(
        diagnosis.of(question),
        key=lambda each: SEVERITIES.index(each.severity),
        default=None,
    )


def questions(comparison: "Comparison") -> list[str]:
    """All questions, those with the most serious answers first."""
    answers = list(
        chain.from_iterable(each.answers for each in comparison.diagnoses.values())
    )
    return list(
        dict.fromkeys(
            each.question
            for each in sorted(
                answers, key=lambda each: SEVERITIES.index(each.severity)
            )
        )
    )


def _columns(comparison: "Comparison") -> Table:
    grid = Table(box=box.SIMPLE_HEAD, width=WIDTH, pad_edge=False, header_style="bold")
    grid.add_column("", width=19)
    for name in comparison.diagnoses:
        grid.add_column(Text(name, overflow="fold"), ratio=1, overflow="fold")
    grid.add_row(
        "",
        *(
            Text("healthy" if each.healthy else "not healthy", "bold")
            for each in comparison.diagnoses.values()
        ),
    )
    for question in questions(comparison):
        grid.add_row(
            question,
            *(_cell(worst(each, question)) for each in comparison.diagnoses.values()),
        )
    return grid


def _cell(answer: Answer | None) -> Text:
    if answer is None:
        return Text("")
    sign, style = SIGNS[answer.severity]
    return Text.assemble((f"{sign} ", style), answer.verdict)


def _rows(comparison: "Comparison") -> Table:
    grid = Table(
        box=box.SIMPLE_HEAD,
        width=WIDTH,
        pad_edge=False,
        header_style="bold",
        show_lines=False,
    )
    grid.add_column("objective", width=26, overflow="fold")
    grid.add_column("", width=1)
    grid.add_column("what to know", ratio=1, overflow="fold")
    for name, diagnosis in comparison.diagnoses.items():
        sign, style = SIGNS[diagnosis.worst]
        grid.add_row(Text(name), Text(sign, style), _told(diagnosis))
    return grid


def _told(diagnosis: Diagnosis) -> Text:
    """Serious findings and warnings in words, the rest as numbers."""
    told = dict.fromkeys(
        f"{each.question}: {each.verdict}"
        for each in diagnosis.answers
        if each.severity in ("serious", "warning")
    )
    severities = [each.severity for each in diagnosis.answers]
    rest: tuple[Severity, ...] = ("note", "undecided")
    counts = [
        counted(severities.count(each), each) for each in rest if each in severities
    ]
    return Text(
        "\n".join([*told, *([", ".join(counts)] if counts else [])]) or "healthy"
    )
