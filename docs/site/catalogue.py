"""The pages of the catalogue: one for every normalizer, map and loss, made from the code."""

from itertools import groupby

from logitscape._src.cli.listing import Entry, read, spec_of

from . import laws
from .written import Written, table

MODULES = {
    "normalizer": "normalizers",
    "loss of probabilities": "losses",
    "loss of logits": "losses",
    "logit map": "logit_maps",
    "multi-label loss": "multilabel",
    "contrastive loss": "contrastive",
}
HEADINGS = {
    "normalizer": "Normalizers",
    "loss of probabilities": "Losses of probabilities",
    "loss of logits": "Losses of logits",
    "logit map": "Logit maps",
    "multi-label loss": "Multi-label losses",
    "contrastive loss": "Contrastive losses",
}
HEAD = """\
# Every normalizer and loss

Each name leads to a page with the formula, a picture of its gradient, its domain, its source and an
example. The verdict is measured while a wrong logit rises by s, as `logitscape list` prints it.
[The catalogue](../../catalogue.md) says which of them belong together.
"""
# The pages are in no menu: it would be longer than any page, and take half of the build's time.
PAGE = """\
---
orphan: true
---

# {name}

A {kind} of [the catalogue](index.md). In a spec it is `{signature}`.

**Formula.** {formula}.

```{{image}} ../laws/{name}.svg
:alt: Loss and slope of {spec} while a wrong logit rises by s. {verdict}.
:class: law
:width: 100%
```

**Verdict.** {verdict}. This was measured for `{spec}` on the ray {ray}; the slope is dL/ds, the
push on the wrong logit. `logitscape show "{spec}"` prints more of it, and
`logitscape diagnose "{spec}"` asks every question.

**Source.** {source}.

## In Python

```{{eval-rst}}
.. autofunction:: logitscape.{module}.{name}
```
"""


def write(written: Written) -> None:
    """Write the pages and the pictures of all entries."""
    entries = read()
    laws.draw_all(entries)
    written.keep("laws/key.txt")
    for entry in entries:
        written.keep(f"laws/{entry.name}.svg")
        written.text(f"catalogue/{entry.name}.md", _page(entry))
    written.text("catalogue/index.md", _index(entries))


def _page(entry: Entry) -> str:
    spec, _, rest = entry.measured.partition(", z = ")
    assert spec == spec_of(entry), f"catalog.json is older than {entry.name}"
    return PAGE.format(
        name=entry.name,
        kind=entry.kind,
        signature=entry.signature,
        formula=code(entry.formula),
        verdict=_sentence(entry.verdict),
        spec=spec,
        ray=f"z = {rest}",
        source=entry.source.replace("*", "\\*")
        or "Common use; no publication is known",
        module=MODULES[entry.kind],
    )


def code(formula: str) -> str:
    """The formula as code, and the remark behind it as text."""
    for mark in (
        ": the ",
        ' ("',
        "; the ",
        "; from ",
        ", between ",
        ", from 0 up",
        "; in nats",
    ):
        head, found, tail = formula.partition(mark)
        if found:
            return f"`{head}`{found}{tail}"
    return f"`{formula}`"


def _sentence(verdict: str) -> str:
    return f"{verdict[:1].upper()}{verdict[1:]}"


def _index(entries: list[Entry]) -> str:
    lines = [HEAD]
    for kind, group in groupby(entries, key=lambda entry: entry.kind):
        rows = [
            [f"[{entry.name}]({entry.name}.md)", f"`{entry.formula}`", entry.verdict]
            for entry in group
        ]
        lines.append(f"## {HEADINGS[kind]}\n")
        lines.append(table(["name", "formula", "verdict"], rows))
    return "\n".join(lines)
