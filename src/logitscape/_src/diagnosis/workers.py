"""Two threads that share tasks; whoever waits for them waits no longer than it likes."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

COUNT = 2
GRACE = 0.3
"""Seconds for which tasks may still end that are told that their time is over."""
PAUSE = 0.2
"""Seconds between two looks at the clock."""


@dataclass
class Workers:
    """Threads that take one task after the other.

    Unlike those of a standard pool they can be left behind while a task still runs. They end with
    it: a task asks for the time itself.

    Attributes:
        tasks: Functions to call, in this order.
        errors: What a task raised.
    """

    tasks: Sequence[Callable[[], None]]
    errors: list[BaseException] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Call all tasks, and return when the last one has ended, or after a time.

        Tasks that still run then are left alone, and none is begun any more; without any time none
        is begun at all.

        Raises:
            BaseException: What a task raised.
        """
        if seconds <= 0:
            return
        waiting, stopped = deque(self.tasks), Event()
        threads = [
            Thread(target=self._work, args=(waiting, stopped)) for _ in range(COUNT)
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds + GRACE
        try:
            while any(thread.is_alive() for thread in threads):
                if time.monotonic() >= end:
                    break
                for thread in threads:
                    thread.join(min(PAUSE, max(0.0, end - time.monotonic())))
        finally:
            stopped.set()
        if self.errors:
            raise self.errors[0]

    def _work(self, waiting: deque[Callable[[], None]], stopped: Event) -> None:
        while not stopped.is_set():
            try:
                task = waiting.popleft()
            except IndexError:
                return
            try:
                task()
            except BaseException as error:
                self.errors.append(error)
                stopped.set()
