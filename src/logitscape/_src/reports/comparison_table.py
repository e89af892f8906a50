"""A comparison as a table for the terminal, of at most 80 columns."""

from collections.abc import Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..diagnosis.answers import SEVERITIES, Answer, Severity
from ..diagnosis.findings import SHOWN, Findings, common_config

WIDTH = 80
MOST_COLUMNS = 3
"""Maximum number of objectives that fit side by side."""
SIGNS: dict[Severity, tuple[str, str]] = {
    "fault": ("✗", "bold red"),
    "trade": ("!", "bold yellow"),
    "note": ("·", "cyan"),
    "undecided": ("?", "magenta"),
    "fine": ("✓", "green"),
}
"""Sign and style of every severity."""
KEY = "✗ fault   ! trade   · note   ? undecided   ✓ fine"


def table(compared: Mapping[str, Findings]) -> RenderableType:
    """Return a table of the answers.

    Up to three objectives are columns, and the questions are rows. More objectives are rows, with
    a summary of the findings about each.
    """
    config = common_config(compared)
    setting = f"{config.num_classes} classes, {config.dtype}"
    about = f"{setting}, beside {config.reference.name}"
    fits = len(compared) <= MOST_COLUMNS
    grid = _objectives_across(compared) if fits else _objectives_down(compared)
    return Group(Text(about, "dim"), grid, Text(KEY, "dim"))


def worst(findings: Findings, question: str) -> Answer | None:
    """Return the answer to a question that matters most."""
    return min(findings.of(question), key=_rank, default=None)


def questions(compared: Mapping[str, Findings]) -> list[str]:
    """Return all questions, those with faults first."""
    answers = list[Answer]()
    for findings in compared.values():
        answers.extend(findings.answers)
    in_order = [answer.question for answer in sorted(answers, key=_rank)]
    return list(dict.fromkeys(in_order))


def _rank(answer: Answer) -> int:
    return SEVERITIES.index(answer.severity)


def _objectives_across(compared: Mapping[str, Findings]) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, width=WIDTH, pad_edge=False, header_style="bold")
    grid.add_column("", width=19)
    for name in compared:
        grid.add_column(Text(name, overflow="fold"), ratio=1, overflow="fold")
    grid.add_row("", *(_health(findings) for findings in compared.values()))
    for question in questions(compared):
        answers = [worst(findings, question) for findings in compared.values()]
        grid.add_row(question, *map(_cell, answers))
    return grid


def _health(findings: Findings) -> Text:
    return Text(findings.health, "bold")


def _cell(answer: Answer | None) -> Text:
    if answer is None:
        return Text("")
    sign, style = SIGNS[answer.severity]
    return Text.assemble((f"{sign} ", style), answer.verdict)


def _objectives_down(compared: Mapping[str, Findings]) -> Table:
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
    for name, findings in compared.items():
        sign, style = SIGNS[findings.worst]
        # Texts and no strings, in which rich would take square
        # brackets of a name for markup.
        grid.add_row(Text(name), Text(sign, style), _summary(findings))
    return grid


def _summary(findings: Findings) -> Text:
    """Return faults and trades in words, and the number of the others."""
    unhealthy = [
        f"{answer.question}: {answer.verdict}"
        for answer in findings.answers
        if answer.severity in SHOWN
    ]
    lines = list(dict.fromkeys(unhealthy))
    others: tuple[Severity, ...] = ("note", "undecided")
    counted = findings.counted
    counts = [counted[severity] for severity in others if severity in counted]
    if counts:
        lines.append(", ".join(counts))
    return Text("\n".join(lines) or "healthy")
