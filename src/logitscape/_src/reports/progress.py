"""What is being done, shown on stderr while it lasts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown(wanted: bool) -> Iterator[Callable[[str], None]]:
    """A function that says what is being done now: one changing line on a terminal, else a line each."""
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
