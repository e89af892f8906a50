"""A series of audits for the terminal, of at most 80 columns, and as one HTML page."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Group as Lines
from rich.console import RenderableType
from rich.text import Text

from ..audit.finding import percent
from ..audit.series import SeriesResults
from ..audit.series_rows import Row
from .answers_html import boxed
from .audit_numbers import written
from .audit_page import findings_html, wide_table
from .audit_series_figure import CAPTIONS, panels
from .audit_series_record import series_record
from .audit_terminal import columns, finding_lines
from .escaped import escape
from .html import document, picture

SHOWN = 12
"""Largest number of points in a table."""
MOST = (
    ("loss", "loss"),
    ("accuracy", "accuracy"),
    ("stuck", "stuck"),
    ("carriers_50", "half by"),
    ("margin_50", "margin"),
    ("mean_norm", "norm"),
    ("ece", "ece"),
    ("offset", "offset"),
)
"""Numbers that the short table has, and what it calls them."""
ABOUT = (
    "Half by: share of the examples that carry half of the gradient; margin: median; norm: mean "
    "norm of the gradient; offset: mean logit."
)


def table(series: SeriesResults, *, everything: bool = False) -> RenderableType:
    """Return the whole report.

    Args:
        series: What was found.
        everything: Whether first and last of all numbers follow.
    """
    parts: list[RenderableType] = [
        Text(f"{series.headline()}.", "bold"),
        Text(_setting(series), "dim"),
        *[finding_lines(each, _examples(each.examples)) for each in series.findings],
        columns("From first to last", _points(series), ABOUT),
    ]
    if series.passages:
        parts.append(columns("What became of the examples", _passages(series), ""))
    if everything:
        parts.append(columns("All numbers", _all(series), _about_ends(series)))
    else:
        parts.append(Text("\n--all, or .full() in Python, shows every number.", "dim"))
    return Lines(*parts)


def page(series: SeriesResults) -> str:
    """Return one self-contained HTML file: findings, pictures, all numbers, and JSON."""
    body = [
        "<header>",
        f"<h1>{escape(series.headline())}.</h1>",
        f'<p class="quiet">{escape(_setting(series))}</p>',
        "</header>",
        *_findings(series),
        "<section><h2>Pictures</h2>",
        '<div class="pictures">',
        *[
            picture(figure, f"panel{place}", CAPTIONS[title], {})
            for place, (title, figure) in enumerate(panels(series).items())
        ],
        "</div></section>",
        "<section><h2>From first to last</h2>",
        _wide(_points(series)),
        f"<p>{escape(ABOUT)}</p></section>",
    ]
    if series.passages:
        body += [
            "<section><h2>What became of the examples</h2>",
            _wide(_passages(series)),
            "</section>",
        ]
    body += [
        "<section><h2>All numbers</h2>",
        _wide(_all(series)),
        f"<p>{escape(_about_ends(series))}</p></section>",
    ]
    return document(f"{series.name}: series", body, series_record(series))


def fragment(series: SeriesResults) -> str:
    """Return the same for notebooks: findings and the short table."""
    head = (
        f"<p><b>{escape(series.headline())}.</b></p><p>{escape(_setting(series))}</p>"
    )
    return boxed(head + "".join(_findings(series)) + _wide(_points(series)))


def _findings(series: SeriesResults) -> Iterator[str]:
    if series.findings:
        yield "<section><h2>What matters</h2>"
        yield findings_html(
            (each, _examples(each.examples)) for each in series.findings
        )
        yield "</section>"


def _setting(series: SeriesResults) -> str:
    ends = f"{series.points[0]} to {series.points[-1]}"
    text = f"{len(series.points):,} {series.kind}, {ends}"
    if series.audits:
        text += f", {series.audits[0].objective}"
    return text


def _examples(indices: Sequence[int]) -> str:
    shown = ", ".join(str(index) for index in indices[:5])
    return f"Examples: {shown}" if shown else ""


def _points(series: SeriesResults) -> list[tuple[str, ...]]:
    """A row for every point, or for some at equal distances."""
    rows = [
        (series.by_name[name], title) for name, title in MOST if name in series.by_name
    ]
    count = len(series.points)
    places = np.unique(np.linspace(0, count - 1, min(count, SHOWN)).round().astype(int))
    head = ("step" if series.kind == "steps" else "dump", *[title for _, title in rows])
    return [
        head,
        *[
            (series.points[place], *[_cell(row, place) for row, _ in rows])
            for place in places
        ],
    ]


def _cell(row: Row, place: int) -> str:
    value = float(row.values[place])
    return percent(value) if row.is_share else f"{value:.3g}"


def _passages(series: SeriesResults) -> list[tuple[str, ...]]:
    rows = [
        (
            f"{each.name}: {each.text}",
            written(each.share, is_share=True),
            ", ".join(str(index) for index in each.examples[:3]),
        )
        for each in series.passages
    ]
    return [("", "share", "examples"), *rows]


def _all(series: SeriesResults) -> list[tuple[str, ...]]:
    rows = [
        (
            row.name,
            written(row.first, is_share=row.is_share),
            written(row.last, is_share=row.is_share),
            "yes" if row.is_clear else "",
        )
        for row in series.rows
    ]
    return [("", "first", "last", "clear"), *rows]


def _about_ends(series: SeriesResults) -> str:
    if series.kind == "steps":
        return (
            "First and last are means over a fifth of the steps (of single steps below ten). "
            "Clear: their 95 % intervals have nothing in common."
        )
    return "Clear: the 95 % intervals of the first and the last dump have nothing in common."


def _wide(rows: list[tuple[str, ...]]) -> str:
    head, *body = rows
    return wide_table(head, body)
