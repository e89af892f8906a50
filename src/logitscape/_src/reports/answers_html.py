"""Answers as HTML, for pages and notebooks."""

from collections.abc import Sequence

from ..diagnosis.answers import Answer, Severity
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.findings import SHOWN, Findings, counts
from ..diagnosis.subject import Subject
from .checked_witnesses import code_of
from .escaped import escape
from .html import SIGNS
from .open_questions import open_questions
from .remedies import remedy
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


def headline(findings: Findings) -> str:
    """Return the verdict about the whole in plain words, as a sentence."""
    return escape(f"{findings.headline()}.")


def more(rest: Sequence[Answer]) -> str:
    """Return how many other answers there are, by their severity."""
    numbers = [
        f'<span class="{severity}">{number}</span>'
        for severity, number in counts(rest).items()
    ]
    plural = "s" if len(rest) != 1 else ""
    return f"{len(rest)} more answer{plural}: {', '.join(numbers)}"


def setting(config: DiagnosisConfig) -> str:
    """Return the setting of a diagnosis in one line."""
    numbers = f"{config.num_classes} classes, {config.dtype}, seed {config.seed}"
    return escape(f"{numbers}, beside {config.reference.name}")


def answer_lists(findings: Findings) -> str:
    """Return the answers that matter most, and folded away all others."""
    html = _list(findings.leading(), findings.subject)
    rest = findings.rest()
    if rest:
        summary = f"<summary>{more(rest)}</summary>"
        html += f"<details>{summary}{_list(rest, findings.subject)}</details>"
    return html


def mark(severity: Severity) -> str:
    """Return the severity as a sign and a word."""
    return f'<span class="mark {severity}">{SIGNS[severity]} {severity}</span>'


def capitalized(text: str) -> str:
    """Return a text with a capital letter; unlike `str.capitalize`, the rest stays as it is."""
    return text[:1].upper() + text[1:]


def grouped(answers: Sequence[Answer]) -> list[tuple[str, Answer]]:
    """Return the answers with their questions, those that the same reason keeps open as one."""
    decided = [answer for answer in answers if answer.severity != "undecided"]
    pairs = [
        (answer.question, answer) for answer in decided if answer.severity != "fine"
    ]
    fine = [
        (answer.question, answer) for answer in decided if answer.severity == "fine"
    ]
    return [*pairs, *open_questions(answers), *fine]


def _list(answers: Sequence[Answer], subject: Subject) -> str:
    items = [_item(name, answer, subject) for name, answer in grouped(answers)]
    return f'<ol class="answers">{"".join(items)}</ol>' if items else ""


def _item(name: str, answer: Answer, subject: Subject) -> str:
    question = escape(capitalized(name))
    heading = f"<h3>{question}: {escape(answer.verdict)}</h3>"
    text = f"<p>{escape(answer.text)}</p>"
    details = what_to_do(answer) + _method(answer) + _witness(answer, subject)
    content = f"<div>{heading}{text}{details}</div>"
    return f"<li>{mark(answer.severity)}{content}</li>\n"


def what_to_do(answer: Answer) -> str:
    """Return the remedy as a paragraph; "" if there is none."""
    todo = remedy(answer)
    return f'<p class="todo"><b>What to do:</b> {escape(todo)}</p>' if todo else ""


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
