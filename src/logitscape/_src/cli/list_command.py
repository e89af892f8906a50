"""The command `list`, which does not import JAX."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter
from rich import box
from rich.table import Table
from rich.text import Text

from ..base.names import suggestion
from .errors import UsageError
from .listing import Entry, Kind, read
from .options import AsJson
from .output import show, show_json

Names = Annotated[str, Parameter(help="Names to list; by default all.")]

TITLES: dict[Kind, str] = {
    "logit map": "Logit maps: map > normalizer + loss. Verdict with softmax + cross_entropy.",
    "normalizer": "Normalizers: logits -> probabilities. Verdict with cross_entropy.",
    "loss of probabilities": "Losses of probabilities: normalizer + loss. Verdict with softmax.",
    "loss of logits": "Losses of logits: they stand alone.",
    "multi-label loss": "Multi-label losses: they stand alone; a yes or no for each class.",
    "contrastive loss": "Contrastive losses of a row of similarities: they stand alone.",
}

NARROWEST = 25
"""Width of the names at least."""


def list_(*name: Names, json: AsJson = False) -> int:
    """List logit maps, normalizers and losses: parameters, formula, verdict, source.

    The verdict says how the slope dL/ds changes when a wrong logit rises by s, from equal logits of
    0, or of 1 where the loss is defined there only.
    """
    entries = _chosen(read(), name)
    if json:
        show_json([asdict(entry) for entry in entries])
        return 0
    for kind, title in TITLES.items():
        entries_of_kind = [entry for entry in entries if entry.kind == kind]
        if entries_of_kind:
            show(_table(title, entries_of_kind))
    return 0


def _chosen(entries: list[Entry], names: tuple[str, ...]) -> list[Entry]:
    """Return the named entries, in the order of the catalog; all if no name is given."""
    if not names:
        return entries
    known = [entry.name for entry in entries]
    for name in names:
        if name not in known:
            raise UsageError(f"unknown name {name!r}. {suggestion(name, known)}")
    return [entry for entry in entries if entry.name in names]


def _table(title: str, entries: list[Entry]) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE,
        show_header=False,
        padding=(0, 1, 1, 0),
        expand=True,
    )
    longest = max((len(entry.name) for entry in entries), default=0)
    table.add_column(width=max(NARROWEST, longest), overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for entry in entries:
        table.add_row(_signature(entry), _description(entry))
    return table


def _signature(entry: Entry) -> Text:
    text = Text(entry.name, style="bold")
    for parameter, default in entry.parameters.items():
        text.append(f"\n  {parameter}={default!r}", style="not bold")
    return text


def _description(entry: Entry) -> Text:
    color = "green" if "stays" in entry.verdict else "yellow"
    lines = [Text(entry.formula), Text(f"-> {entry.verdict}", style=color)]
    if entry.source:
        lines.append(Text(f"[{entry.source}]", style="dim"))
    return Text("\n").join(lines)
