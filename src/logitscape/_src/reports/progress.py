"""Progress of a diagnosis, shown on stderr while it runs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown(wanted: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows a message: the topic that is measured now.

    A terminal shows one line that changes; elsewhere every message is a line of its own.
    """
    if not wanted:
        yield lambda message: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda message: print(message, file=sys.stderr, flush=True)
        return
    with console.status("") as status:
        yield lambda message: status.update(f"[dim]{message}[/dim]")
