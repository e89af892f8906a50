"""An audit as one HTML file that needs nothing else, and as a table for notebooks."""

from collections.abc import Iterable, Iterator, Sequence

from ..audit.finding import Finding
from ..audit.results import AuditResults
from ..base.versions import versions
from .answers_html import boxed, capitalized, mark
from .audit_alternatives import (
    about_alternatives,
    alternative_numbers,
    alternative_rows,
)
from .audit_numbers import number
from .audit_record import audit_record
from .audit_terminal import examples_of, group_rows, leading_lines, setting
from .escaped import escape
from .html import document, picture, table

CAPTIONS = {
    "landscape": (
        "Every example by the margin of its label and by the norm of its gradient. What is wrong "
        "and far below is stuck."
    ),
    "carriers": (
        "The share of the sum of all gradient norms that the strongest examples carry, for every "
        "loss. On the diagonal all would carry the same."
    ),
    "reliability": (
        "Accuracy against confidence in 15 bins of equal numbers of examples, with 95 % intervals. "
        "Below the diagonal the model is overconfident."
    ),
    "alternatives": (
        "Change of the accuracy if all logits move by 0.1 on average along each loss, to first "
        "order and in logits only: a direction, no promise."
    ),
}


def page(audit: AuditResults) -> str:
    """Return one self-contained HTML file: findings, pictures, all numbers, and JSON."""
    body = [
        "<header>",
        f"<h1>{escape(audit.headline())}.</h1>",
        f'<p class="quiet">{escape(setting(audit))}</p>',
        "</header>",
        "<section><h2>What matters</h2>",
        table(leading_lines(audit).items()),
        _findings(audit),
        "</section>",
        "<section><h2>Pictures</h2>",
        *_pictures(audit),
        "</section>",
        *_alternatives(audit),
        *_groups(audit),
        "<section><h2>All numbers</h2>",
        _numbers(audit),
        "</section>",
        *_numbers_of_alternatives(audit),
        "<section><h2>Setting</h2>",
        table((_setting(audit) | versions()).items()),
        "</section>",
    ]
    return document(f"{audit.name}: audit", body, audit_record(audit))


def fragment(audit: AuditResults) -> str:
    """Return the same for notebooks: what matters, and all numbers folded away."""
    head = f"<p><b>{escape(audit.headline())}.</b></p><p>{escape(setting(audit))}</p>"
    numbers = f"<details><summary>all numbers</summary>{_numbers(audit)}</details>"
    return boxed(
        head + table(leading_lines(audit).items()) + _findings(audit) + numbers
    )


def _findings(audit: AuditResults) -> str:
    return findings_html((each, examples_of(audit, each)) for each in audit.findings)


def findings_html(findings: Iterable[tuple[Finding, str]]) -> str:
    """A list of findings, each with the examples that show it, in words."""
    items = "".join(_finding(finding, shown) for finding, shown in findings)
    return f'<ol class="answers">{items}</ol>' if items else ""


def _finding(finding: Finding, shown: str) -> str:
    content = (
        f"<h3>{escape(capitalized(finding.verdict))}</h3><p>{escape(finding.text)}</p>"
    )
    content += f'<p class="todo"><b>What to do:</b> {escape(finding.remedy)}</p>'
    if shown:
        content += f'<p class="quiet">{escape(shown)}</p>'
    return f"<li>{mark(finding.severity)}<div>{content}</div></li>\n"


def _pictures(audit: AuditResults) -> Iterator[str]:
    from .audit_figure import panels

    yield '<div class="pictures">'
    for name, figure in panels(audit).items():
        yield picture(figure, name, CAPTIONS[name], {})
    yield "</div>"


def _alternatives(audit: AuditResults) -> Iterator[str]:
    if len(audit.alternatives) > 1:
        head, *rows = alternative_rows(audit.alternatives)
        yield "<section><h2>What another loss would do</h2>"
        yield wide_table(head, rows)
        yield f"<p>{escape(about_alternatives(audit.alternatives))}</p>"
        yield "</section>"


def _groups(audit: AuditResults) -> Iterator[str]:
    if audit.groups:
        head, *rows = group_rows(audit.groups)
        yield "<section><h2>Groups</h2>"
        yield wide_table(head, rows)
        yield "</section>"


def _numbers(audit: AuditResults) -> str:
    head = ("", "number", "what it is")
    rows = [(each.name, number(each), each.text) for each in audit.numbers]
    return wide_table(head, rows)


def _numbers_of_alternatives(audit: AuditResults) -> Iterator[str]:
    for each in audit.alternatives[1:]:
        rows = [
            (name, *value_and_text)
            for name, value_and_text in alternative_numbers(each).items()
        ]
        yield f"<section><h2>All numbers against {escape(each.name)}</h2>"
        yield wide_table(("", "number", "what it is"), rows)
        yield "</section>"


def wide_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a line of heads, which scrolls where it is wider than the page."""
    titles = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    body = f"<thead><tr>{titles}</tr></thead><tbody>{lines}</tbody>"
    return f'<div class="scroll"><table>{body}</table></div>'


def _setting(audit: AuditResults) -> dict[str, str]:
    counts = {name: f"{count:,}" for name, count in audit.counts().items()}
    return {
        "objective": audit.objective,
        "classes": f"{audit.shape[1]:,}",
        "stored as": audit.dtype,
        "training in": audit.measured.setting.dtype,
    } | counts
