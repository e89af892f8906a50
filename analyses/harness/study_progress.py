"""Progress of a study on stderr: a bar on a terminal, else a line for each finished part."""

import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

Report: TypeAlias = Callable[[str], None]
"""A function that is called with the name of each part that is finished."""


def progress(name: str, total: int) -> AbstractContextManager[Report]:
    """A function that shows which parts are finished, for use in a `with` statement."""
    if sys.stderr.isatty():
        return _bar(name, total)
    return _lines(name, total)


@contextmanager
def _lines(name: str, total: int) -> Iterator[Report]:
    numbers = itertools.count(1)

    def report(part: str) -> None:
        # The end of the line is part of the text: several threads report, and a single write
        # is not torn apart.
        line = f"{name} [{next(numbers)}/{total}] {part}\n"
        print(line, end="", file=sys.stderr, flush=True)

    yield report


@contextmanager
def _bar(name: str, total: int) -> Iterator[Report]:
    """A bar with the time that is left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=total)

        def report(_: str) -> None:
            bar.advance(task)

        yield report
