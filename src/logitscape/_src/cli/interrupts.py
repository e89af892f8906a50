"""A termination (SIGTERM) ends a command as an interrupt (Ctrl-C) does: it says what is kept."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
TERMINATED = 143


class TerminationError(KeyboardInterrupt):
    """The process was asked to end by SIGTERM, as schedulers of jobs do."""


@contextmanager
def terminable() -> Iterator[None]:
    """Let a termination be raised as an error where the command is."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def status_of(interrupt: KeyboardInterrupt) -> int:
    """The exit status that shells expect."""
    return TERMINATED if isinstance(interrupt, TerminationError) else INTERRUPTED


def _terminate(number: int, frame: FrameType | None) -> None:
    raise TerminationError
