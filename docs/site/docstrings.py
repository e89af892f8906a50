"""Docstrings for autodoc: what stands between single backquotes is code, and the rest is text.

The docstrings are written for `help()`, where `p_k` needs no markup and a star is a product.
reStructuredText would take such characters for its own.
"""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SPECIAL = re.compile(r"([*|\\]|_(?!\w))")
BULLET = re.compile(r"^(\s*)\* ", re.MULTILINE)
KEPT = "\0"
"""Stands for the star of a bullet, which is no product, while others are escaped."""
CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
EXAMPLE = re.compile(r"^ *>>> ", re.MULTILINE)
SOURCE = re.compile(r"^Sources?: ", re.MULTILINE)


def setup(app: "Sphinx") -> dict[str, bool]:
    """Rewrite each docstring before napoleon reads its sections."""
    app.connect("autodoc-process-docstring", _process, priority=100)
    return {"parallel_read_safe": True}


def _process(
    app: "Sphinx", what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = restructured("\n".join(lines)).split("\n")


def restructured(docstring: str) -> str:
    """The docstring as reStructuredText; its sections keep the form of Google."""
    paragraphs = docstring.split("\n\n")
    return "\n\n".join(map(_paragraph, paragraphs))


def _paragraph(text: str) -> str:
    example = EXAMPLE.search(text)
    if example:
        begin = example.start()
        return _paragraph(text[:begin]) + text[begin:] if begin else text
    text = BULLET.sub(rf"\1{KEPT} ", text)
    pieces, end = [], 0
    for code in CODE.finditer(text):
        pieces += [_escaped(text[end : code.start()]), _literal(code, text)]
        end = code.end()
    whole = "".join([*pieces, _escaped(text[end:])]).replace(KEPT, "*")
    return SOURCE.sub("**Source:** ", whole)


def _literal(code: re.Match[str], text: str) -> str:
    # Inline markup must stand apart from words, as "``p``s" would not.
    before = text[: code.start()][-1:]
    after = text[code.end() :][:1]
    head = "\\ " if before.isalnum() or before in {"-", "["} else ""
    tail = "\\ " if after.isalnum() else ""
    return f"{head}``{code[2]}``{tail}"


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)
