"""Code of users that may never end, called for no longer than a time."""

import contextvars
import ctypes
import sys
import time
import traceback
from collections.abc import Callable
from threading import Thread
from typing import Any, Generic, TypeVar

from .users_code import definition_of, place
from .users_files import is_users

Result = TypeVar("Result")
PAUSE = 0.2
"""Seconds between two looks at the clock, at which an interrupt is heard."""


class _Stopped(BaseException):
    """What ends a loop that is no longer waited for; code that catches errors lets it pass."""


class _Call(Thread, Generic[Result]):
    """A call in a thread of its own, which is left behind if it does not end."""

    def __init__(self, function: Callable[[], Result]) -> None:
        super().__init__(daemon=True)
        self.results = list[Result]()
        self.errors = list[BaseException]()
        self._function = function
        # Among what a context has is when NumPy warns.
        self._context = contextvars.copy_context()

    def run(self) -> None:
        try:
            self.results.append(self._context.run(self._function))
        except _Stopped:
            pass
        except BaseException as error:
            self.errors.append(error)

    def stop(self) -> None:
        """Raise an error in what it runs, which a loop of Python cannot pass."""
        if self.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self.ident), ctypes.py_object(_Stopped)
            )


def limited(
    function: Callable[[], Result], seconds: float, name: str, given: Any
) -> Result:
    """Call a function that calls the user's, and wait no longer than a time.

    Args:
        function: Function to call, in another thread.
        seconds: Time to wait.
        name: Name of the user's function.
        given: The user's function.

    Raises:
        TimeoutError: If it takes longer; the message has the user's line.
        BaseException: What the function raises.
    """
    call = _Call(function)
    call.start()
    end = time.monotonic() + seconds
    try:
        while call.is_alive() and time.monotonic() < end:
            call.join(min(PAUSE, max(0.0, end - time.monotonic())))
    finally:
        # Where it is has to be known before it is stopped.
        where = _line_of(call) or definition_of(given)
        if call.is_alive():
            call.stop()
    if call.errors:
        raise call.errors[0]
    if call.results:
        return call.results[0]
    at = f" at {where}" if where else ""
    raise TimeoutError(
        f"`{name}` did not return within {seconds:.0f} s{at}. A loss that is measured within a "
        "budget has to end for every input: give its loops a number of rounds."
    )


def _line_of(call: Thread) -> str:
    """The user's line at which a thread is; "" if it runs nothing of the user's."""
    frame = sys._current_frames().get(call.ident or 0)
    stack = traceback.extract_stack(frame) if frame is not None else []
    users = [each for each in stack if is_users(each.filename)]
    if not users:
        return ""
    return place(users[-1].filename, users[-1].lineno or 0, users[-1].line or "")
