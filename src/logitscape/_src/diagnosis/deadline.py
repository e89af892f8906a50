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
_BEGUN: ContextVar[tuple[float, float] | None] = ContextVar("begun", default=None)
_CURRENT: ContextVar[Deadline] = ContextVar("deadline", default=NO_DEADLINE)


@contextmanager
def counting_from(begun: float, reserved: float = 0.0) -> Iterator[None]:
    """Let budgets in this thread count from a time of `time.monotonic` that is over already.

    Who waits for a command waits for imports too, and for the report.

    Args:
        begun: When the budgets began.
        reserved: Seconds at their end that are left for what follows the diagnosis.
    """
    token = _BEGUN.set((begun, reserved))
    try:
        yield
    finally:
        _BEGUN.reset(token)


def deadline_after(seconds: float) -> Deadline:
    """The end of a budget that begins now, or where `counting_from` says."""
    begun, reserved = _BEGUN.get() or (time.monotonic(), 0.0)
    return Deadline(begun + seconds - reserved)


def time_is_over() -> bool:
    """Whether the time of what this thread does is over."""
    return _CURRENT.get().passed()


def check_time() -> None:
    """End what runs if the time of the diagnosis in this thread is over.

    Raises:
        OutOfTimeError: If it is.
    """
    _CURRENT.get().check()
