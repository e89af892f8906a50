"""A progress bar on stderr that shows the remaining time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

from ..base.messages import printable
from ..base.settings import truth_value
from ..base.users_code import calling, name_of

Report: TypeAlias = Callable[[int, int], None]
"""Function that is called with the number of steps that are done and of all steps."""


@contextmanager
def reporting(progress: bool | Report, title: str) -> Iterator[Report]:
    """The function that training reports its progress to.

    Args:
        progress: The caller's own function, True for a bar, or False for no report.
        title: Text in front of the bar.
    """
    if not callable(progress):
        truth_value("train", "progress", progress)
    if callable(progress):
        yield partial(_tell, progress)
    elif progress:
        with _bar(title) as report:
            yield report
    else:
        yield _ignore


def _tell(function: Report, done: int, total: int) -> None:
    with calling(name_of(function), "It is called with (steps done, all steps)."):
        function(done, total)


def _ignore(done: int, total: int) -> None:
    pass


@contextmanager
def _bar(title: str) -> Iterator[Report]:
    # Imported only where a bar is wanted, as rich takes a while to import.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("steps,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(printable(title), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
