"""Running many analyses, each in a process of its own."""

import os
import tempfile
import time
from collections.abc import Collection, Generator, Sequence
from pathlib import Path

from logitscape._src.base.names import nearest
from logitscape._src.base.temporaries import remove_leftovers

from .files import stamp
from .process import start
from .record import STARTED, unchanged_since
from .report import Event, Outcome
from .scripts import MAIN, Script

POLL_SECONDS = 0.05
TAIL_LINES = 15


def choose(known: dict[str, Script], names: Sequence[str]) -> dict[str, Script]:
    """The named analyses in the order given, or all analyses if none is named.

    A path, `analyses/NAME.py`, is accepted as a name. Where all analyses run, studies come last:
    here they only draw, and short processes at the end keep every core busy.

    Raises:
        LookupError: For an unknown name; the message suggests the nearest one.
    """
    if not names:
        in_order = sorted(known, key=lambda name: known[name].is_study)
    else:
        in_order = [_name(text) for text in names]
    for name in in_order:
        _check_known(name, known)
    return {name: known[name] for name in in_order}


def _name(text: str) -> str:
    path = Path(text)
    if path.name == MAIN:
        return path.parent.name
    return path.stem if path.suffix == ".py" else path.name


def _check_known(name: str, known: Collection[str]) -> None:
    if name in known:
        return
    near = nearest(name, known, count=1, cutoff=0.6)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise LookupError(f"unknown analysis {name!r}.{hint} Known: {', '.join(known)}.")


def run(
    scripts: dict[str, Script], jobs: int, *, fresh: bool = True
) -> Generator[Event]:
    """Run scripts, at most `jobs` of them at a time.

    Closed before the end, or interrupted, it stops the scripts that run; their old files stay as
    they were.

    Args:
        scripts: Scripts by name.
        jobs: Number of scripts that run at a time.
        fresh: Whether to run also those that would compute the same again.

    Yields:
        The name of a script when it starts, and its outcome when it ends.
    """
    waiting = []
    for name, script in scripts.items():
        since = None if fresh else unchanged_since(script)
        if since is None:
            waiting.append((name, script))
        else:
            yield Outcome(name, 0.0, None, since)
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                name, script = waiting.pop(0)
                running.append(_Running(name, script))
                yield name
            time.sleep(POLL_SECONDS)
            ended = [process for process in running if process.has_ended()]
            for process in ended:
                running.remove(process)
                yield process.outcome()
    finally:
        for process in running:
            process.stop()


class _Running:
    """The process of a script."""

    def __init__(self, name: str, script: Script) -> None:
        self.name = name
        self.started = time.monotonic()
        self.folder = script.figures
        self.old_findings = stamp(self.folder, name)
        # A file, because a pipe that nobody reads would block the process once it is full.
        file, path = tempfile.mkstemp()
        os.close(file)
        self.output = Path(path)
        environment = script.environment | {STARTED: repr(time.time())}
        self.process = start(script, environment, self.output)

    def has_ended(self) -> bool:
        return not self.process.is_alive()

    def outcome(self) -> Outcome:
        """The outcome of the process, which has ended; removes the file of its output."""
        seconds = time.monotonic() - self.started
        error = self._error()
        if self.process.exitcode != 0:
            remove_leftovers(self.folder, self.name)
        self.output.unlink()
        return Outcome(self.name, seconds, error)

    def _error(self) -> str | None:
        status = self.process.exitcode
        if status != 0:
            silence = f"    (it printed nothing; exit status {status})"
            return self._tail() or silence
        if stamp(self.folder, self.name) == self.old_findings:
            return "    it wrote no findings: does it end with `harness.main(...)`?"
        return None

    def _tail(self) -> str:
        """The last lines that the process printed."""
        lines = self.output.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])

    def stop(self) -> None:
        """Kill the process: in the middle of a compilation it would not react to SIGTERM."""
        self.process.kill()
        self.process.join()
        self.output.unlink()
        remove_leftovers(self.folder, self.name)
