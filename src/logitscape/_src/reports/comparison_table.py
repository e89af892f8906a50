"""A comparison as a table for the terminal, of at most 80 columns."""

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..diagnosis.answers import SEVERITIES, Answer, Severity
from ..diagnosis.findings import SHOWN, Findings, common_config
from .terminal import HOW_TO_SEE

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
ABOVE_THE_TABLE = ("form", "identity")
"""Questions that the lines above the table answer."""
KEY = "✗ fault   ! trade   · note   ? undecided   ✓ fine"


def table(
    compared: Mapping[str, Findings], *, everything: bool = False
) -> RenderableType:
    """Return a line about every objective, and a table of the answers.

    Up to three objectives are columns, and the questions are rows. More objectives are rows, with
    a summary of the findings about each.

    Args:
        compared: Findings about every objective, by name.
        everything: Whether rows in which nothing matters and nothing differs are shown as well.
    """
    config = common_config(compared)
    setting = f"{config.num_classes} classes, {config.dtype}"
    about = f"{setting}, beside {config.reference.name}"
    parts: list[RenderableType] = [Text(about, "dim")]
    if len(compared) > MOST_COLUMNS:
        return Group(*parts, _objectives_down(compared), Text(KEY, "dim"))
    asked = questions(compared)
    shown = asked if everything else [q for q in asked if _tells(compared, q)]
    left = len(asked) - len(shown)
    parts += [_headline(findings) for findings in compared.values()]
    parts += [_objectives_across(compared, shown), Text(KEY, "dim")]
    if left:
        more = f"{left} more question{'s' * (left > 1)}: {HOW_TO_SEE}."
        parts.append(Text(more, "dim"))
    return Group(*parts)


def _headline(findings: Findings) -> Text:
    return Text.assemble((f"{findings.headline()}.", "bold"), f" {findings.identity}")


def _tells(compared: Mapping[str, Findings], question: str) -> bool:
    """Whether the answers to a question differ, or one of them matters most to its objective."""
    if question in ABOVE_THE_TABLE:
        return False
    answers = [worst(findings, question) for findings in compared.values()]
    if len({answer and answer.verdict for answer in answers}) > 1:
        return True
    return any(
        answer in findings.leading()
        for findings, answer in zip(compared.values(), answers, strict=True)
    )


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


def _objectives_across(compared: Mapping[str, Findings], shown: Sequence[str]) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, width=WIDTH, pad_edge=False, header_style="bold")
    grid.add_column("", width=19)
    for name in compared:
        grid.add_column(Text(name, overflow="fold"), ratio=1, overflow="fold")
    grid.add_row("", *(_health(findings) for findings in compared.values()))
    for question in shown:
        answers = [worst(findings, question) for findings in compared.values()]
        grid.add_row(question, *map(_cell, answers))
    return grid


def _health(findings: Findings) -> Text:
    return Text(findings.health, "bold")


def _cell(answer: Answer | None) -> RenderableType:
    return "" if answer is None else _signed(answer.severity, [answer.verdict])


def _signed(severity: Severity, texts: Iterable[str]) -> Table:
    """Return texts beside the sign of their severity, below which no line of theirs begins."""
    sign, style = SIGNS[severity]
    rows = Table.grid(padding=(0, 1, 0, 0))
    rows.add_column(width=1)
    rows.add_column(overflow="fold")
    for text in texts:
        # Texts and no strings, in which rich would take square brackets for markup.
        rows.add_row(Text(sign, style), Text(text))
    return rows


def _objectives_down(compared: Mapping[str, Findings]) -> Table:
    grid = Table(
        box=box.SIMPLE_HEAD,
        width=WIDTH,
        pad_edge=False,
        header_style="bold",
        show_lines=False,
    )
    grid.add_column("objective", width=26, overflow="fold")
    grid.add_column("what to know", ratio=1, overflow="fold")
    for name, findings in compared.items():
        grid.add_row(Text(name), _summary(findings))
    return grid


def _summary(findings: Findings) -> RenderableType:
    """Return the verdict, faults and trades in words, and the number of the others."""
    parts: list[RenderableType] = [Text(findings.health, "bold")]
    for severity in SHOWN:
        found = [a for a in findings.in_order() if a.severity == severity]
        lines = dict.fromkeys(f"{a.question}: {a.verdict}" for a in found)
        parts += [_signed(severity, lines)] if lines else []
    others: tuple[Severity, ...] = ("note", "undecided")
    counted = findings.counted
    counts = [counted[severity] for severity in others if severity in counted]
    if counts:
        parts.append(Text(", ".join(counts), "dim"))
    return Group(*parts)
