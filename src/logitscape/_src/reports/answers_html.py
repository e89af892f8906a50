"""Answers as HTML, for pages and notebooks."""

from collections.abc import Iterable
from html import escape

from ..diagnosis.answers import Answer, Severity
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.findings import SHOWN, Findings
from ..diagnosis.subject import Subject
from .checked_witnesses import code_of
from .html import SIGNS
from .witness_code import preamble

FRAGMENT_STYLE = """\
.logitscape-card { font-size: .95em; line-height: 1.4; max-width: 60em; }
.logitscape-card table { border-collapse: collapse; width: 100%; }
.logitscape-card :is(td, th) { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; }
.logitscape-card :is(td, th) { white-space: normal; }
.logitscape-card .mark { white-space: nowrap; font-weight: 600; }
"""


def boxed(content: str) -> str:
    """Return a part of a page with a style that leaves the rest of the page alone."""
    style = f"<style>{FRAGMENT_STYLE}</style>"
    return f'<div class="logitscape-card">{style}{content}</div>'


def health(findings: Findings) -> str:
    """Return the verdict, and the number of answers of every severity."""
    counts = [
        f'<span class="{severity}">{count}</span>'
        for severity, count in findings.counted.items()
    ]
    return f"{capitalized(findings.health)}: {', '.join(counts) or 'nothing was asked'}"


def setting(config: DiagnosisConfig) -> str:
    """Return the setting of a diagnosis in one line."""
    numbers = f"{config.num_classes} classes, {config.dtype}, seed {config.seed}"
    return escape(f"{numbers}, beside {config.reference.name}")


def answer_lists(findings: Findings) -> str:
    """Return all answers, faults first; those that are fine are folded away."""
    fine = [answer for answer in findings.answers if answer.severity == "fine"]
    others = [answer for answer in findings.answers if answer.severity != "fine"]
    html = ""
    if others:
        html += _list(others, findings.subject)
    if fine:
        summary = f"<summary>{mark('fine')}: {len(fine)} answers</summary>"
        html += f"<details>{summary}{_list(fine, findings.subject)}</details>"
    return html


def mark(severity: Severity) -> str:
    """Return the severity as a sign and a word."""
    return f'<span class="mark {severity}">{SIGNS[severity]} {severity}</span>'


def capitalized(text: str) -> str:
    """Return a text with a capital letter; unlike `str.capitalize`, the rest stays as it is."""
    return text[:1].upper() + text[1:]


def _list(answers: Iterable[Answer], subject: Subject) -> str:
    items = "".join(_item(answer, subject) for answer in answers)
    return f'<ol class="answers">{items}</ol>'


def _item(answer: Answer, subject: Subject) -> str:
    question = escape(capitalized(answer.question))
    heading = f"<h3>{question}: {escape(answer.verdict)}</h3>"
    text = f"<p>{escape(answer.text)}</p>"
    details = _method(answer) + _witness(answer, subject)
    content = f"<div>{heading}{text}{details}</div>"
    return f"<li>{mark(answer.severity)}{content}</li>\n"


def _method(answer: Answer) -> str:
    if not answer.method:
        return ""
    summary = "<summary>How it was measured</summary>"
    return f"<details>{summary}<p>{escape(answer.method)}</p></details>"


def _witness(answer: Answer, subject: Subject) -> str:
    """Return the code that shows the answer, open if something is wrong."""
    shown = code_of(answer, subject)
    if not shown:
        return ""
    listing = escape("\n".join([*preamble(subject), *shown]))
    state = " open" if answer.severity in SHOWN else ""
    block = f'<pre tabindex="0"><code>{listing}</code></pre>'
    summary = "<summary>See for yourself</summary>"
    return f'<details{state}>{summary}<div class="witness">{block}</div></details>'
