"""A diagnosis as one HTML file that needs nothing else, and as a table for notebooks."""

from collections.abc import Iterator
from html import escape

from ..base.versions import versions
from ..diagnosis.answers import Answer
from ..diagnosis.findings import Findings
from .answers_html import answer_lists, boxed, capitalized, health, setting
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
        f"<h1>{escape(findings.name)}</h1>",
        f'<p class="overall">{health(findings)}</p>',
        f'<p class="quiet">{setting(findings.config)}</p>',
        "</header>",
        "<section><h2>Findings</h2>",
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
    """Return the answers as a table, for notebooks."""
    rows = "".join(_row(answer) for answer in findings.answers)
    head = "<thead><tr><th></th><th>question</th><th>answer</th></tr></thead>"
    name = f"<b>{escape(findings.name)}</b>"
    title = f"<p>{name}: {health(findings)}; {setting(findings.config)}</p>"
    return boxed(f"{title}<table>{head}<tbody>{rows}</tbody></table>")


def _row(answer: Answer) -> str:
    severity = f"{SIGNS[answer.severity]} {answer.severity}"
    verdict = f"<b>{escape(capitalized(answer.verdict))}.</b>"
    cells = [
        f'<td class="mark">{severity}</td>',
        f"<td>{escape(answer.question)}</td>",
        f"<td>{verdict} {escape(answer.text)}</td>",
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
