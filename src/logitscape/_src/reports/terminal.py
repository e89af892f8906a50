"""A diagnosis for the terminal, of at most 80 columns: what matters first, the rest on request."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..diagnosis.answers import Answer, Severity
from ..diagnosis.findings import SHOWN, Findings, counts
from .checked_witnesses import code_of
from .open_questions import open_questions
from .remedies import remedy
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
HOW_TO_SEE = "--all, or .full() in Python"


def table(findings: Findings, *, everything: bool = False) -> RenderableType:
    """Return the headline, the answers that matter most, and code that shows what is wrong.

    Args:
        findings: Findings about an objective.
        everything: Whether all other answers follow.
    """
    leading, rest = findings.leading(), findings.rest()
    parts: list[RenderableType] = [_headline(findings)]
    parts += [_item(answer) for answer in leading]
    if everything:
        parts.append(_rest(rest))
    else:
        parts += _more(rest, beside=bool(leading))
    shown = [answer for answer in leading if answer.severity == findings.worst]
    return Group(
        *parts, *_witnesses(findings, findings.answers if everything else shown)
    )


def _headline(findings: Findings) -> Text:
    config = findings.config
    about = f"{config.num_classes} classes, {config.dtype}, "
    about += f"beside {config.reference.name}\n"
    if findings.subject.description:
        about += f"{findings.subject.description}\n"
    identity = findings.identity
    return Text.assemble(
        (f"{findings.headline()}.\n", "bold"),
        f"{identity}\n" if identity else "",
        (about, "dim"),
    )


def _item(answer: Answer) -> RenderableType:
    """Return an answer over the whole width, with what to do about it."""
    heading, style = HEADINGS[answer.severity]
    title = f"{_capitalized(answer.question)}: {answer.verdict}"
    text = Text.assemble((f"{heading[0]} ", style), (title, "bold"))
    todo = remedy(answer)
    body = f"{answer.text}\nWhat to do: {todo}" if todo else answer.text
    return Group(text, Padding(Text(body), (0, 0, 0, 2)))


def _more(rest: Sequence[Answer], *, beside: bool) -> list[RenderableType]:
    """Return a line that counts the other answers, and what keeps questions open."""
    if not rest:
        return []
    number = f"{len(rest)} {'more ' if beside else ''}answer{'s' * (len(rest) > 1)}"
    numbers = ", ".join(counts(rest).values())
    line = f"\n{number} ({numbers}): {HOW_TO_SEE}."
    sign, style = HEADINGS["undecided"][0][0], HEADINGS["undecided"][1]
    lines = [Text(line if beside else line.lstrip(), "dim")]
    for questions, answer in open_questions(rest):
        text = f"{questions}: {answer.text}"
        lines.append(Text.assemble((f"{sign} ", style), (text, "dim")))
    return list(lines)


def _rest(answers: Sequence[Answer]) -> Table:
    """Return a row for every answer, and one for all questions that the same reason keeps open."""
    rows = Table(box=None, width=WIDTH, pad_edge=False, show_header=False)
    rows.add_column(width=QUESTION_WIDTH)
    rows.add_column(ratio=1)
    rows.add_row("", "")
    for severity, group in groupby(answers, key=_severity):
        heading, style = HEADINGS[severity]
        rows.add_row(Text(heading, style))
        pairs = [(answer.question, answer) for answer in group]
        if severity == "undecided":
            pairs = open_questions(answers)
        for question, answer in pairs:
            rows.add_row(Padding(Text(question), (0, 0, 0, 2)), _answer(answer))
    return rows


def _severity(answer: Answer) -> Severity:
    return answer.severity


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


def _witnesses(findings: Findings, answers: Iterable[Answer]) -> list[RenderableType]:
    lines = list[str]()
    for answer in answers:
        shown = answer.severity in SHOWN and code_of(answer, findings.subject)
        if shown:
            lines += [f"# {answer.question}: {answer.verdict}", *shown]
    if not lines:
        return []
    title_row = Text("\nSee for yourself:", "bold")
    all_lines = [*preamble(findings.subject), *lines]
    # Without indentation, so that it can be pasted as it is.
    return [title_row, *(Text(line, overflow="fold") for line in all_lines)]
