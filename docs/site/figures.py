"""Figures on the site: links to one lead to its page in the gallery, and a claim has its own.

`[atlas](../figures/atlas.svg)` shows the picture wherever the repository is read; on the site the
reader gets the page that explains it.
"""

import json
from pathlib import PurePosixPath

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from analyses.harness.claims import CLAIMS

from .gallery import ANSWERS, _text, _verdict
from .written import ROOT

GALLERY = "/docs/generated/gallery"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive `claim`, and lead the links to their pages."""
    app.add_directive("claim", Claim)
    app.connect("doctree-read", _lead_to_the_gallery)
    return {"parallel_read_safe": True}


class Claim(SphinxDirective):
    """`{claim} C04`: the figure of a claim, and below the text all that was measured for it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The figure, the argument, and the measurements folded away."""
        claim = self.arguments[0]
        path = ROOT / "figures" / "findings.json"
        self.env.note_dependency(str(path))
        rows = [
            row
            for row in json.loads(path.read_text(encoding="utf-8"))
            if row["id"].startswith(claim)
        ]
        (quoted,) = [row for row in rows if row["id"] == CLAIMS[claim][1]]
        name = quoted["figure"]
        self.env.note_dependency(str(ROOT / "figures" / f"{name}.svg"))
        figure = self._parsed(
            [
                f"```{{figure}} /figures/{name}.svg",
                f":alt: {ANSWERS[name]}",
                ":class: picture",
                f":target: ../generated/gallery/{name}.html",
                "```",
            ],
            "claim-figure",
        )
        argument = self._parsed(list(self.content), "argument")
        counted = f"What was measured: {len(rows)} part{'s' * (len(rows) > 1)}"
        return [
            figure,
            argument,
            nodes.raw("", f"<details><summary>{counted}</summary>", format="html"),
            self._parsed([f"* {_line(row)}" for row in rows], "measured"),
            nodes.raw("", "</details>", format="html"),
        ]

    def _parsed(self, lines: list[str], name: str) -> nodes.container:
        container = nodes.container(classes=[name])
        self.state.nested_parse(
            StringList(lines, self.env.docname), self.content_offset, container
        )
        return container


def _line(row: dict[str, str]) -> str:
    figure = f"[{row['figure']}](/figures/{row['figure']}.svg)"
    measured = f"{_text(row['claim'])}: {_text(row['measured'])}"
    return f"{row['id']}, **{_verdict(row)}.** {measured} ({figure})"


def _lead_to_the_gallery(app: Sphinx, doctree: nodes.document) -> None:
    for link in list(doctree.findall(addnodes.download_reference)):
        target = PurePosixPath(link["reftarget"])
        if target.suffix != ".svg" or target.stem not in ANSWERS:
            continue
        lead = addnodes.pending_xref(
            "",
            *link.children,
            refdomain="std",
            reftype="doc",
            reftarget=f"{GALLERY}/{target.stem}",
            refdoc=app.env.docname,
            refexplicit=True,
            refwarn=True,
        )
        link.replace_self(lead)
