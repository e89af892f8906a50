"""The report as one HTML file that needs nothing else, and as a table for notebooks."""

from collections.abc import Iterable
from html import escape

from ..diagnosis.answers import SEVERITIES, Answer, Severity
from ..diagnosis.subject import Subject
from .diagnosis import Diagnosis, counted
from .html import SIGNS, document, picture, table
from .witness_code import code, preamble

CAPTIONS = {
    "loss": "Loss, from right (left half) to wrong (right half). Hatched: infinite or undefined.",
    "gradient": "How hard it pulls. When wrong it should go on pulling; where it leaves through the bottom, nothing is left.",
    "curvature": "Between the least and the largest eigenvalue of the Hessian; below 0 it is not convex there.",
    "precision": "How far the gradient is from that of float64, relative to its largest component; 1 is all of it.",
}

FRAGMENT_STYLE = """\
.logitscape-card { font-size: .95em; line-height: 1.4; max-width: 60em; }
.logitscape-card table { border-collapse: collapse; width: 100%; }
.logitscape-card :is(td, th) { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; white-space: normal; }
.logitscape-card .mark { white-space: nowrap; font-weight: 600; }
"""


def page(diagnosis: Diagnosis) -> str:
    """One self-contained HTML file: findings, witnesses to copy, pictures, how it was made, and all of it as JSON."""
    body = [
        "<header>",
        f"<h1>{escape(diagnosis.name)}</h1>",
        f'<p class="overall">{overall(diagnosis)}</p>',
        f'<p class="quiet">{_about(diagnosis)}</p>',
        "</header>",
        "<section><h2>What was found</h2>",
        findings(diagnosis),
        "</section>",
        "<section><h2>Pictures</h2>",
        *pictures(diagnosis),
        "</section>",
        "<section><h2>How it was made</h2>",
        _making(diagnosis),
        "</section>",
    ]
    return document(f"{diagnosis.name}: diagnosis", body, diagnosis.to_dict())


def fragment(diagnosis: Diagnosis) -> str:
    """The answers as a table, for notebooks."""
    rows = [
        f'<tr><td class="mark">{SIGNS[each.severity]} {each.severity}</td><td>{escape(each.question)}</td>'
        f"<td><b>{escape(capital(each.verdict))}.</b> {escape(each.text)}</td></tr>"
        for each in diagnosis.answers
    ]
    head = "<thead><tr><th></th><th>question</th><th>answer</th></tr></thead>"
    title = f"<p><b>{escape(diagnosis.name)}</b>: {overall(diagnosis)}; {_about(diagnosis)}</p>"
    return boxed(f"{title}<table>{head}<tbody>{''.join(rows)}</tbody></table>")


def boxed(content: str) -> str:
    """A part of a page, with a style that leaves the rest of it alone."""
    return (
        f'<div class="logitscape-card"><style>{FRAGMENT_STYLE}</style>{content}</div>'
    )


def overall(diagnosis: Diagnosis) -> str:
    """The verdict, and how many answers of which severity."""
    severities = [each.severity for each in diagnosis.answers]
    present = [each for each in SEVERITIES if each in severities]
    counts = [
        f'<span class="{each}">{counted(severities.count(each), each)}</span>'
        for each in present
    ]
    return f"{'Healthy' if diagnosis.healthy else 'Not healthy'}: {', '.join(counts) or 'nothing was asked'}"


def findings(diagnosis: Diagnosis) -> str:
    """All answers, the most serious first; what is fine is folded away."""
    fine = [each for each in diagnosis.answers if each.severity == "fine"]
    rest = [each for each in diagnosis.answers if each.severity != "fine"]
    folded = f"<details><summary>{mark('fine')}: {len(fine)} answers</summary>{_list(fine, diagnosis.subject)}</details>"
    return (_list(rest, diagnosis.subject) if rest else "") + (folded if fine else "")


def _list(answers: Iterable[Answer], subject: Subject) -> str:
    return f'<ol class="answers">{"".join(_answer(each, subject) for each in answers)}</ol>'


def _answer(answer: Answer, subject: Subject) -> str:
    method = (
        f"<details><summary>How it was measured</summary><p>{escape(answer.method)}</p></details>"
        if answer.method
        else ""
    )
    return (
        f"<li>{mark(answer.severity)}<div><h3>{escape(capital(answer.question))}: {escape(answer.verdict)}</h3>"
        f"<p>{escape(answer.text)}</p>{method}{_witness(answer, subject)}</div></li>\n"
    )


def _witness(answer: Answer, subject: Subject) -> str:
    if answer.witness is None:
        return ""
    lines = "\n".join([*preamble(subject), *code(answer.witness)])
    shown = " open" if answer.severity in ("serious", "warning") else ""
    return (
        f"<details{shown}><summary>See for yourself</summary>"
        f'<div class="witness"><pre tabindex="0"><code>{escape(lines)}</code></pre></div></details>'
    )


def mark(severity: Severity) -> str:
    """The severity as a sign and a word."""
    return f'<span class="mark {severity}">{SIGNS[severity]} {severity}</span>'


def pictures(diagnosis: Diagnosis) -> Iterable[str]:
    """A key and the panels, each a picture of its own, so that they flow."""
    from .figure import panels

    names = {"subject": diagnosis.name, "reference": diagnosis.config.reference.name}
    yield '<ul class="key">'
    yield from (
        f'<li><i class="{who}"></i>{escape(name)}</li>' for who, name in names.items()
    )
    yield '</ul><div class="pictures">'
    yield from (
        picture(figure, panel, CAPTIONS[panel], names)
        for panel, figure in panels(diagnosis).items()
    )
    yield "</div>"


def capital(text: str) -> str:
    """With a capital letter."""
    return text[:1].upper() + text[1:]


def _about(diagnosis: Diagnosis) -> str:
    config = diagnosis.config
    return escape(
        f"{config.num_classes} classes, {config.dtype}, seed {config.seed}, beside {config.reference.name}"
    )


def _making(diagnosis: Diagnosis) -> str:
    from ..base.versions import versions

    config = diagnosis.config
    told = {
        "objective": diagnosis.name,
        "given as": diagnosis.subject.form,
        "beside": config.reference.name,
        "classes": str(config.num_classes),
        "precision": config.dtype,
        "seed": str(config.seed),
    }
    return table((told | versions()).items())
