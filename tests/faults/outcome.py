"""What became of one attempt, and the rules by which it counts as well answered."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

SECONDS = 60
"""After so long an attempt counts as hanging."""


class Outcome(NamedTuple):
    """What became of an attempt.

    Attributes:
        kind: "result", "clear error", "raw error", "hang", "loss" or "let in".
        detail: What was said.
    """

    kind: str
    detail: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it is a result, or an error that says what is wrong."""
        return self.kind in ("result", "clear error")


class HangError(BaseException):
    """The time of an attempt is over; no `except Exception` catches it."""


@contextmanager
def within(seconds: int = SECONDS) -> Iterator[None]:
    """Raise a `HangError` in this block when its time is over."""

    def over(*_: Any) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def attempt(
    action: Callable[[], Any],
    words: tuple[tuple[str, ...], ...],
    family: tuple[type[Exception], ...],
) -> Outcome:
    """Try something, and judge the error by its family and by the words that it must have.

    Args:
        action: What is tried.
        words: Of each of these, the error must say at least one.
        family: Errors that a door may raise.
    """
    try:
        with within():
            action()
    except HangError:
        return Outcome("hang")
    except family as error:
        text = " ".join(str(error).split())
        said = f"{type(error).__name__}: {text}"
        for any_of in words:
            if not any(word in text for word in any_of):
                missing = " or ".join(any_of)
                return Outcome("raw error", f"{said} [does not say {missing}]")
        return Outcome("clear error", said)
    except Exception as error:
        return Outcome("raw error", f"{type(error).__name__}: {error}"[:500])
    return Outcome("result")


def is_root() -> bool:
    """Whether no permission keeps this process from anything."""
    return sys.platform != "win32" and os.geteuid() == 0
