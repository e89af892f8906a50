"""The time by which a diagnosis answers, which holds inside a question as well.

Every evaluation asks whether the time is over, so that no search, shell or ray outlasts it. What
ends a question is an exception, and what the question had found by then is kept.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class OutOfTimeError(Exception):
    """The time of a diagnosis is over."""


@dataclass(frozen=True)
class Deadline:
    """The time by which a diagnosis answers.

    Attributes:
        at: Time of `time.monotonic`.
    """

    at: float = math.inf

    def passed(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.at

    def remaining(self) -> float:
        """The seconds that remain, at least 0."""
        return max(0.0, self.at - time.monotonic())

    def check(self) -> None:
        """End what runs if the time is over.

        Raises:
            OutOfTimeError: If the time is over.
        """
        if self.passed():
            raise OutOfTimeError

    @contextmanager
    def holds(self) -> Iterator[None]:
        """Let `check_time` in this thread ask for this deadline."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)


NO_DEADLINE = Deadline()
_BEGUN: ContextVar[float | None] = ContextVar("begun", default=None)
_CURRENT: ContextVar[Deadline] = ContextVar("deadline", default=NO_DEADLINE)


@contextmanager
def counting_from(begun: float) -> Iterator[None]:
    """Let budgets in this thread count from a time of `time.monotonic` that is over already.

    Who waits for a command waits for imports too.
    """
    token = _BEGUN.set(begun)
    try:
        yield
    finally:
        _BEGUN.reset(token)


def deadline_after(seconds: float) -> Deadline:
    """The end of a budget that begins now, or where `counting_from` says."""
    begun = _BEGUN.get()
    return Deadline((time.monotonic() if begun is None else begun) + seconds)


def check_time() -> None:
    """End what runs if the time of the diagnosis in this thread is over.

    Raises:
        OutOfTimeError: If it is.
    """
    _CURRENT.get().check()
