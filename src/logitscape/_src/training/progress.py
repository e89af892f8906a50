"""A bar on stderr with the time that remains."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Report: TypeAlias = Callable[[int, int], None]
"""Is told how many steps are done, of how many."""


@contextmanager
def shown(progress: bool | Report, title: str) -> Iterator[Report]:
    """What to report progress to: the caller's own function, a bar, or nothing."""
    if callable(progress):
        yield progress
    elif progress:
        with _bar(title) as report:
            yield report
    else:
        yield lambda done, total: None


@contextmanager
def _bar(title: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("steps,"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, TextColumn("left"), console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
