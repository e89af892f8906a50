"""What pages are made of: the document around them, pictures without anything from outside, tables."""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..diagnosis.answers import Severity
from .save import rendered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""Nothing may be fetched from anywhere."""


SIGNS: Mapping[Severity, str] = {
    "serious": "✗",
    "warning": "▲",
    "note": "●",
    "undecided": "?",
    "fine": "✓",
}
"""Beside the word, so that nothing depends on colour."""


def document(title: str, body: Iterable[str], data: Mapping[str, Any]) -> str:
    """A whole page.

    Args:
        title: of the window; escaped here.
        body: HTML.
        data: embedded as JSON, in the element "data".
    """
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_part('page.css')}</style>",
    ]
    scripts = [
        f'<script type="application/json" id="data">\n{embedded(data)}\n</script>',
        f"<script>\n{_part('page.js')}</script>",
    ]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head>',
        *head,
        "</head><body><main>",
        *body,
        "</main>",
        *scripts,
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def embedded(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(data, indent=1, ensure_ascii=True).replace("<", "\\u003c")


def picture(figure: "Figure", name: str, caption: str, who: Mapping[str, str]) -> str:
    """A figure as inline SVG, its curves with tooltips.

    Args:
        figure: whose curves have ids such as "subject-loss-wrong".
        name: that no other picture of the page has.
        caption: below it.
        who: what the first part of an id stands for.
    """
    svg = rendered(figure, ".svg").decode()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(
        r"\n\s*",
        "\n",
        re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL),
    )
    svg = re.sub(
        r'<svg ([^>]*?)width="[^"]*" height="[^"]*"|<svg ',
        _opening(caption),
        svg,
        count=1,
    )
    svg = re.sub(
        r'<g id="(\w+)-([\w-]+)-(\w+)">',
        lambda found: found.group() + _tip(who, *found.groups()),
        svg,
    )
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    return f'<figure class="picture">{svg.strip()}<figcaption>{escape(caption)}</figcaption></figure>'


def _opening(caption: str) -> str:
    return f'<svg role="img" aria-label="{escape(caption)}" '


def _tip(who: Mapping[str, str], first: str, what: str, side: str) -> str:
    return (
        f"<title>{escape(who[first])}: {what} when {side}</title>"
        if first in who
        else ""
    )


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns."""
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table><tbody>{cells}</tbody></table>"


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
