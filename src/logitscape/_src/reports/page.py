"""A diagnosis as one HTML file that needs nothing else, and as a table for notebooks."""

from collections.abc import Iterator, Sequence

from ..base.versions import versions
from ..diagnosis.answers import Answer
from ..diagnosis.findings import Findings
from .answers_html import (
    answer_lists,
    boxed,
    capitalized,
    grouped,
    headline,
    more,
    setting,
    what_to_do,
)
from .escaped import escape
from .html import SIGNS, document, picture, table
from .records import diagnosis_record

CAPTIONS = {
    "loss": (
        "Loss, from right (left half) to wrong (right half). "
        "Hatched: infinite or undefined."
    ),
    "gradient": (
        "Strength of the gradient. When the label is wrong it should stay; "
        "where a curve leaves through the bottom, nothing is left."
    ),
    "curvature": (
        "Between the least and the largest eigenvalue of the Hessian; "
        "where the least is below 0, the loss is not convex."
    ),
    "precision": (
        "Error of the gradient against float64, relative to its largest component; "
        "an error of 1 is as large as the gradient."
    ),
}


def page(findings: Findings) -> str:
    """Return one self-contained HTML file.

    It has the findings, witnesses to copy, pictures, the setting, and all of it as JSON.
    """
    body = [
        "<header>",
        f"<h1>{headline(findings)}</h1>",
        f'<p class="overall">{escape(findings.identity)}</p>',
        f'<p class="quiet">{setting(findings.config)}</p>',
        "</header>",
        "<section><h2>What matters</h2>",
        answer_lists(findings),
        "</section>",
        "<section><h2>Pictures</h2>",
        *_pictures(findings),
        "</section>",
        "<section><h2>Setting</h2>",
        _setting_table(findings),
        "</section>",
    ]
    return document(f"{findings.name}: diagnosis", body, diagnosis_record(findings))


def fragment(findings: Findings) -> str:
    """Return the same for notebooks: what matters as a table, and all other answers folded away."""
    html = f"<p><b>{headline(findings)}</b> {escape(findings.identity)}</p>"
    html += f"<p>{setting(findings.config)}</p>"
    if findings.leading():
        html += _rows(findings.leading())
    rest = findings.rest()
    if rest:
        html += f"<details><summary>{more(rest)}</summary>{_rows(rest)}</details>"
    return boxed(html)


def _rows(answers: Sequence[Answer]) -> str:
    rows = "".join(_row(name, answer) for name, answer in grouped(answers))
    head = "<thead><tr><th></th><th>question</th><th>answer</th></tr></thead>"
    return f"<table>{head}<tbody>{rows}</tbody></table>"


def _row(name: str, answer: Answer) -> str:
    severity = f"{SIGNS[answer.severity]} {answer.severity}"
    verdict = f"<b>{escape(capitalized(answer.verdict))}.</b>"
    cells = [
        f'<td class="mark">{severity}</td>',
        f"<td>{escape(name)}</td>",
        f"<td>{verdict} {escape(answer.text)}{what_to_do(answer)}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _pictures(findings: Findings) -> Iterator[str]:
    """Yield a key and the panels, each a picture of its own, so that they flow."""
    from .figure import panels

    reference = findings.config.reference
    names = {"subject": findings.name, "reference": reference.name}
    yield '<ul class="key">'
    for who, name in names.items():
        yield f'<li><i class="{who}"></i>{escape(name)}</li>'
    yield '</ul><div class="pictures">'
    for panel, figure in panels(findings).items():
        yield picture(figure, panel, CAPTIONS[panel], names)
    yield "</div>"


def _setting_table(findings: Findings) -> str:
    config = findings.config
    rows = {
        "objective": findings.name,
        "given as": findings.subject.description or "a spec or an Objective",
        "beside": config.reference.name,
        "classes": str(config.num_classes),
        "precision": config.dtype,
        "seed": str(config.seed),
    }
    return table((rows | versions()).items())
