"""A comparison as one HTML file, and as a table for notebooks."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from .comparison_table import questions, worst
from .html import document, picture, table
from .page import boxed, capital, findings, mark, overall

if TYPE_CHECKING:
    from ..diagnosis.answers import Answer
    from .comparison import Comparison

TITLE = "Objectives compared"
CAPTIONS = {
    "loss": "Loss where the label is wrong by s.",
    "slope": "How hard it is pulled back; where a curve leaves through the bottom, nothing is left.",
    "precision": "How far the gradient is from that of float64, relative to its largest component; 1 is all of it.",
}


def page(comparison: "Comparison") -> str:
    """One self-contained HTML file: the table, the figure, all findings, and all of it as JSON."""
    body = [
        f"<header><h1>{TITLE}</h1>",
        f'<p class="quiet">{_about(comparison)}</p></header>',
        f'<section><div class="scroll" tabindex="0">{_table(comparison)}</div></section>',
        "<section><h2>Pictures</h2>",
        *_pictures(comparison),
        "</section>",
        "<section><h2>All findings</h2>",
        *(
            f"<details><summary>{escape(name)}: {overall(each)}</summary>{findings(each)}</details>"
            for name, each in comparison.diagnoses.items()
        ),
        "</section>",
        "<section><h2>How it was made</h2>",
        table(_versions()),
        "</section>",
    ]
    return document(TITLE, body, comparison.to_dict())


def fragment(comparison: "Comparison") -> str:
    """The table, for notebooks."""
    return boxed(f"<p>{_about(comparison)}</p>{_table(comparison)}")


def _table(comparison: "Comparison") -> str:
    """Questions down, objectives across."""
    diagnoses = comparison.diagnoses
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in diagnoses)
    health = "".join(
        f"<td><b>{'healthy' if each.healthy else 'not healthy'}</b></td>"
        for each in diagnoses.values()
    )
    rows = [
        f'<tr><th scope="row">{escape(capital(question))}</th>'
        + "".join(
            f"<td>{_cell(worst(each, question))}</td>" for each in diagnoses.values()
        )
        + "</tr>"
        for question in questions(comparison)
    ]
    return f"<table><thead><tr><td></td>{names}</tr></thead><tbody><tr><td></td>{health}</tr>{''.join(rows)}</tbody></table>"


def _cell(answer: "Answer | None") -> str:
    return (
        "" if answer is None else f"{mark(answer.severity)}<br>{escape(answer.verdict)}"
    )


def _pictures(comparison: "Comparison") -> Iterator[str]:
    from .comparison_figure import compared, panels

    shown = compared(comparison)
    who = {each.id: each.name for each in shown}
    yield '<ul class="key">'
    yield from (f"<li>{_stroke(each.look)}{escape(each.name)}</li>" for each in shown)
    yield '</ul><div class="pictures three">'
    yield from (
        picture(figure, name, CAPTIONS[name], who)
        for name, figure in panels(comparison, shown).items()
    )
    yield "</div>"


def _stroke(look: Mapping[str, Any]) -> str:
    """A piece of a line, dashed as in the pictures."""
    from matplotlib.colors import to_hex

    width, dashes = look["linewidth"] * 1.5, look.get("linestyle", "-")
    array = (
        ""
        if dashes == "-"
        else f' stroke-dasharray="{" ".join(f"{each * width:.3g}" for each in dashes[1])}"'
    )
    line = f'<line x2="36" y1="5" y2="5" stroke="{to_hex(look["color"])}" stroke-width="{width:.3g}"{array}/>'
    return f'<svg class="stroke" width="36" height="10" aria-hidden="true">{line}</svg>'


def _about(comparison: "Comparison") -> str:
    config = comparison.config
    return escape(
        f"{config.num_classes} classes, {config.dtype}, seed {config.seed}, beside {config.reference.name}"
    )


def _versions() -> list[tuple[str, str]]:
    from ..base.versions import versions

    return list(versions().items())
