"""Terminal output: the progress of the analyses that run, and the table of their findings."""

import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import fill, wrap
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from .findings import Finding, verdict_text

WIDTH = 80
FIGURE_WIDTH = 14
COLUMN_RATIOS = {"claim": 23, "measured": 18, "verdict": 15, "figure": FIGURE_WIDTH}
SAME = "the same code and versions; not computed again (--fresh computes)"
COLOURS = {
    "holds": "green",
    "holds with a limit": "yellow",
    "does not hold": "red",
    "cannot tell": "blue",
}


@dataclass(frozen=True)
class Outcome:
    """The end of one analysis.

    Attributes:
        name: Name of the analysis.
        seconds: Duration in seconds.
        error: Last lines of its output if it failed, else None.
        unchanged_since: Time of the last run, if it was not run again; else None.
    """

    name: str
    seconds: float
    error: str | None
    unchanged_since: str | None = None


Event: TypeAlias = str | Outcome
"""The name of an analysis that starts, or the outcome of one that has ended."""


@contextmanager
def progress(total: int) -> Iterator[Callable[[Event], None]]:
    """Yield a function that shows an event on stderr: live on a terminal, else as a plain line."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _live_progress(total) as show:
            yield show
    else:
        yield _plain_progress(total)


def _plain_progress(total: int) -> Callable[[Event], None]:
    numbers = itertools.count(1)

    def show(event: Event) -> None:
        print(_line(event, numbers, total), file=sys.stderr, flush=True)

    return show


@contextmanager
def _live_progress(total: int) -> Iterator[Callable[[Event], None]]:
    """A spinner for every analysis that runs, and above them a line for each that has ended."""
    numbers = itertools.count(1)
    tasks: dict[str, TaskID] = {}
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def show(event: Event) -> None:
            if isinstance(event, str):
                tasks[event] = bars.add_task(event, total=None)
                return
            if event.name in tasks:
                bars.remove_task(tasks.pop(event.name))
            style = "red" if event.error else ""
            bars.console.print(Text(_line(event, numbers, total), style=style))

        yield show


def _line(event: Event, numbers: Iterator[int], total: int) -> str:
    if isinstance(event, str):
        return f"{event}: started"
    counter = f"[{next(numbers)}/{total}]"
    if event.unchanged_since is not None:
        unchanged = f"{counter} {event.name}: unchanged since {event.unchanged_since}: "
        return fill(unchanged + SAME, WIDTH, subsequent_indent="    ")
    if event.error is None:
        return f"{counter} {event.name}: done in {event.seconds:.1f} s"
    failure = f"{counter} {event.name}: FAILED after {event.seconds:.1f} s"
    return f"{failure}\n{event.error}"


def print_findings(findings: Iterable[Finding]) -> None:
    """Print the findings as a table that fits 80 columns, coloured only on a terminal."""
    console = Console(width=WIDTH, force_terminal=sys.stdout.isatty(), highlight=False)
    console.print(findings_table(findings))


def findings_table(findings: Iterable[Finding]) -> Table:
    """A table with a row for each finding: id, claim, measured, verdict, figure."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_lines=True, expand=True)
    table.add_column("id", no_wrap=True)
    for name, ratio in COLUMN_RATIOS.items():
        table.add_column(name, ratio=ratio, overflow="fold")
    for finding in findings:
        # As `Text`, brackets are not read as rich's markup.
        claim = Text(finding.claim)
        measured = Text(finding.measured)
        verdict = Text(verdict_text(finding), style=COLOURS[finding.verdict])
        table.add_row(finding.id, claim, measured, verdict, _broken(finding.figure))
    return table


def _broken(stem: str) -> str:
    """The stem on lines that end at an underscore, as a column folds within words."""
    lines = wrap(stem.replace("_", "_ "), FIGURE_WIDTH + 1)
    return "\n".join(lines).replace("_ ", "_")
