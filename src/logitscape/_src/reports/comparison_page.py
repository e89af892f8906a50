"""A comparison as one HTML file, and as a table for notebooks."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..base.versions import versions
from ..diagnosis.answers import Answer
from ..diagnosis.findings import Findings, common_config
from .answers_html import answer_lists, boxed, capitalized, headline, mark, setting
from .comparison_table import questions, worst
from .escaped import escape
from .html import document, picture, table
from .records import comparison_record

TITLE = "Objectives compared"
CAPTIONS = {
    "loss": "Loss where the label is wrong by s.",
    "slope": (
        "Strength of the gradient that corrects the label; "
        "a curve that leaves at the bottom has no gradient left."
    ),
    "precision": (
        "Error of the gradient against float64, relative to its largest component; "
        "an error of 1 is as large as the gradient."
    ),
}


def page(compared: Mapping[str, Findings]) -> str:
    """Return one self-contained HTML file.

    It has the table, the figure, all findings, the versions, and all of it as JSON.
    """
    about = setting(common_config(compared))
    body = [
        f"<header><h1>{TITLE}</h1>",
        f'<p class="quiet">{about}</p></header>',
        f"<section>{_headlines(compared)}</section>",
        f'<section><div class="scroll" tabindex="0">{_table(compared)}</div></section>',
        "<section><h2>Pictures</h2>",
        *_pictures(compared),
        "</section>",
        "<section><h2>All findings</h2>",
        *_all_findings(compared),
        "</section>",
        "<section><h2>Versions</h2>",
        table(versions().items()),
        "</section>",
    ]
    return document(TITLE, body, comparison_record(compared))


def fragment(compared: Mapping[str, Findings]) -> str:
    """Return the table, for notebooks."""
    about = setting(common_config(compared))
    return boxed(f"{_headlines(compared)}<p>{about}</p>{_table(compared)}")


def _headlines(compared: Mapping[str, Findings]) -> str:
    """Return the verdict about every objective in plain words, and what it is."""
    return "".join(
        f"<p><b>{headline(findings)}</b> {escape(findings.identity)}</p>"
        for findings in compared.values()
    )


def _table(compared: Mapping[str, Findings]) -> str:
    """Return a table with a row for every question and a column for every objective."""
    names = [f'<th scope="col">{escape(name)}</th>' for name in compared]
    states = [_health_cell(findings) for findings in compared.values()]
    rows = [_row(compared, question) for question in questions(compared)]
    head = f"<thead><tr><td></td>{''.join(names)}</tr></thead>"
    first_row = f"<tr><td></td>{''.join(states)}</tr>"
    return f"<table>{head}<tbody>{first_row}{''.join(rows)}</tbody></table>"


def _health_cell(findings: Findings) -> str:
    return f"<td><b>{findings.health}</b></td>"


def _row(compared: Mapping[str, Findings], question: str) -> str:
    heading = f'<th scope="row">{escape(capitalized(question))}</th>'
    answers = [worst(findings, question) for findings in compared.values()]
    cells = [f"<td>{_cell(answer)}</td>" for answer in answers]
    return f"<tr>{heading}{''.join(cells)}</tr>"


def _cell(answer: Answer | None) -> str:
    if answer is None:
        return ""
    return f"{mark(answer.severity)}<br>{escape(answer.verdict)}"


def _all_findings(compared: Mapping[str, Findings]) -> Iterator[str]:
    for findings in compared.values():
        summary = f"<summary>{headline(findings)}</summary>"
        identity = f"<p>{escape(findings.identity)}</p>"
        yield f"<details>{summary}{identity}{answer_lists(findings)}</details>"


def _pictures(compared: Mapping[str, Findings]) -> Iterator[str]:
    from .comparison_figure import drawn_rows, panels

    rows = drawn_rows(compared)
    names = {row.id: row.name for row in rows}
    yield '<ul class="key">'
    for row in rows:
        yield f"<li>{_stroke(row.line)}{escape(row.name)}</li>"
    yield '</ul><div class="pictures three">'
    for name, figure in panels(compared, rows).items():
        yield picture(figure, name, CAPTIONS[name], names)
    yield "</div>"


def _stroke(line: Mapping[str, Any]) -> str:
    """Return a piece of a line, dashed as in the pictures."""
    from matplotlib.colors import to_hex

    width = line["linewidth"] * 1.5
    stroke = f'stroke="{to_hex(line["color"])}" stroke-width="{width:.3g}"'
    dashes = line.get("linestyle", "-")
    if dashes != "-":
        lengths = " ".join(f"{length * width:.3g}" for length in dashes[1])
        stroke += f' stroke-dasharray="{lengths}"'
    content = f'<line x2="36" y1="5" y2="5" {stroke}/>'
    box = 'class="stroke" width="36" height="10" aria-hidden="true"'
    return f"<svg {box}>{content}</svg>"
