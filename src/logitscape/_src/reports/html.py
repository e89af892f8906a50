"""Parts of pages: the document, pictures that need no other file, and tables."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..diagnosis.answers import Severity
from .escaped import escape
from .save import rendered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIGNS: Mapping[Severity, str] = {
    "fault": "✗",
    "trade": "▲",
    "note": "●",
    "undecided": "?",
    "fine": "✓",
}
"""Sign beside the word of every severity, so that nothing depends on colour."""

COMMENTS = re.compile(
    r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style[^>]*>[^<]*</style>\s*</defs>",
    flags=re.DOTALL,
)
"""Parts of a picture that a page leaves out; page.css has the style, which all pictures share."""
INDENTATION = re.compile(r"\n\s*")
OPENING = re.compile(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"|<svg ')
CURVE = re.compile(r'<g id="(\w+)-([\w-]+)-(\w+)">')
REFERENCE_TO_ID = re.compile(r'(id="|href="#|url\(#)')


def document(
    title: str,
    body: Iterable[str],
    data: Mapping[str, Any],
    *,
    style: str | None = None,
    script: str | None = None,
    compact: bool = False,
) -> str:
    """Return a whole page.

    Args:
        title: Title of the window, as plain text.
        body: Lines of HTML.
        data: Record that is embedded as JSON, in the element "data".
        style: CSS instead of that of reports.
        script: JavaScript instead of that of reports.
        compact: Whether the record is written without spaces, for pages that have much of it.
    """
    style = "\n" + (_resource("page.css") if style is None else style)
    script = "\n" + (_resource("page.js") if script is None else script)
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(title)}</title>",
        f"<style>{style}</style>",
    ]
    scripts = [
        f'<script type="application/json" id="data">\n{embedded(data, compact)}\n</script>',
        f"<script>{script}</script>",
    ]
    lines = [
        "<!doctype html>",
        '<html lang="en"><head>',
        *head,
        "</head><body><main>",
        *body,
        "</main>",
        *scripts,
        "</body></html>",
    ]
    return "\n".join(lines) + "\n"


def _policy(style: str, script: str) -> str:
    """Content security policy: nothing is fetched, and of scripts and styles only these two count.

    Whatever slipped into a page would not run. Attributes of style are those of matplotlib.
    Browsers that do not tell elements from attributes allow both.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "img-src data:",
            f"script-src {_digest(script)}",
            "style-src 'unsafe-inline'",
            f"style-src-elem {_digest(style)}",
            "style-src-attr 'unsafe-inline'",
        ]
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def embedded(data: Mapping[str, Any], compact: bool = False) -> str:
    """Return JSON that cannot end the element that it stands in."""
    layout: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 1}
    text = json.dumps(data, ensure_ascii=True, **layout)
    return text.replace("<", "\\u003c")


def picture(figure: "Figure", name: str, caption: str, names: Mapping[str, str]) -> str:
    """Return a figure as inline SVG, with tooltips on its curves.

    Args:
        figure: Figure whose curves have ids such as "subject-loss-wrong".
        name: Name that no other picture of the page has.
        caption: Text below the picture.
        names: Name of the objective by the first part of an id.
    """

    def with_tooltip(opening: re.Match[str]) -> str:
        return opening.group() + _tooltip(names, *opening.groups())

    svg = rendered(figure, ".svg").decode()
    # Inside a page an XML declaration and a document type are not allowed.
    svg = svg[svg.index("<svg") :]
    svg = INDENTATION.sub("\n", COMMENTS.sub("", svg))
    # Without its size in points, the picture takes the width that the page gives it.
    labelled = f'<svg role="img" aria-label="{escape(caption)}" '
    svg = OPENING.sub(lambda opening: labelled, svg, count=1)
    svg = CURVE.sub(with_tooltip, svg)
    # Ids of all pictures share one page, where no id may occur twice.
    svg = REFERENCE_TO_ID.sub(rf"\g<1>{name}-", svg)
    text = f"<figcaption>{escape(caption)}</figcaption>"
    return f'<figure class="picture">{svg.strip()}{text}</figure>'


def _tooltip(names: Mapping[str, str], first: str, what: str, side: str) -> str:
    if first not in names:
        return ""
    return f"<title>{escape(names[first])}: {what} when {side}</title>"


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of two columns, the first of which names the second."""
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table><tbody>{cells}</tbody></table>"


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
