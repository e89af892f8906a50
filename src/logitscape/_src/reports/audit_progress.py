"""Progress of an audit: how many examples have been read."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..base.settings import truth_value


@contextmanager
def counted(wanted: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Yield what shows the progress on a terminal; elsewhere, or if not wanted, None."""
    truth_value("audit", "progress", wanted)
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("examples", MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("examples", total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)
