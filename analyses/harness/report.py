"""What a person sees: the progress while analyses run, and the table of what they found."""

import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import wrap
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from .findings import Finding, verdict_text

WIDTH = 80
FIGURE_WIDTH = 14
COLOURS = {
    "holds": "green",
    "holds with a limit": "yellow",
    "does not hold": "red",
    "cannot tell": "blue",
}


@dataclass(frozen=True)
class Outcome:
    """How one analysis ended: `error` is None, or the end of what it printed before it failed."""

    name: str
    seconds: float
    error: str | None


Event: TypeAlias = str | Outcome
"""The name of an analysis that starts, or the outcome of one that has ended."""


@contextmanager
def progress(total: int) -> Iterator[Callable[[Event], None]]:
    """Yield a function that shows an event on stderr: live on a terminal, else as a plain line."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _live(total) as show:
            yield show
    else:
        numbers = itertools.count(1)
        yield lambda event: print(
            _line(event, numbers, total), file=sys.stderr, flush=True
        )


@contextmanager
def _live(total: int) -> Iterator[Callable[[Event], None]]:
    """A spinner for every analysis that runs, above them a line for each that has ended."""
    numbers, tasks = itertools.count(1), dict[str, TaskID]()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def show(event: Event) -> None:
            if isinstance(event, str):
                tasks[event] = bars.add_task(event, total=None)
            else:
                bars.remove_task(tasks.pop(event.name))
                bars.console.print(
                    Text(
                        _line(event, numbers, total), style="red" if event.error else ""
                    )
                )

        yield show


def _line(event: Event, numbers: Iterator[int], total: int) -> str:
    if isinstance(event, str):
        return f"{event}: started"
    how = "done in" if event.error is None else "FAILED after"
    line = f"[{next(numbers)}/{total}] {event.name}: {how} {event.seconds:.1f} s"
    return line if event.error is None else f"{line}\n{event.error}"


def print_findings(findings: Iterable[Finding]) -> None:
    """Print the findings as a table that fits 80 columns, coloured only on a terminal."""
    console = Console(width=WIDTH, force_terminal=sys.stdout.isatty(), highlight=False)
    console.print(findings_table(findings))


def findings_table(findings: Iterable[Finding]) -> Table:
    """The findings, one a row: id, claim, measured, verdict, figure."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_lines=True, expand=True)
    table.add_column("id", no_wrap=True)
    for name, ratio in (
        ("claim", 23),
        ("measured", 18),
        ("verdict", 15),
        ("figure", FIGURE_WIDTH),
    ):
        table.add_column(name, ratio=ratio, overflow="fold")
    for finding in findings:
        verdict = Text(verdict_text(finding), style=COLOURS[finding.verdict])
        table.add_row(
            finding.id,
            Text(finding.claim),
            Text(finding.measured),
            verdict,
            _broken(finding.figure),
        )
    return table


def _broken(stem: str) -> str:
    """The stem on lines that end at an underscore, as a column folds within words."""
    return "\n".join(wrap(stem.replace("_", "_ "), FIGURE_WIDTH + 1)).replace("_ ", "_")
