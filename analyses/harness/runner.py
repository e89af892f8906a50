"""Running many analyses: each in a process of its own, as many at a time as there are cores."""

import difflib
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from logitscape._src.base.files import remove_leftovers

from .files import stamp
from .report import Event, Outcome
from .scripts import MAIN, Script

POLL_SECONDS = 0.05
TAIL_LINES = 15


def choose(known: dict[str, Script], names: Sequence[str]) -> dict[str, Script]:
    """The named analyses, in the order given; all if none is named. A path, `analyses/NAME.py`, is a name too.

    Of all, studies come last: here they only draw, and short ones at the end keep every core busy.

    Raises:
        LookupError: for an unknown name; the nearest is named.
    """
    chosen = [_name(text) for text in names]
    for name in chosen:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise LookupError(
                f"unknown analysis {name!r}.{hint} Known: {', '.join(known)}."
            )
    return {
        name: known[name]
        for name in chosen or sorted(known, key=lambda name: known[name].is_study)
    }


def _name(text: str) -> str:
    path = Path(text)
    return path.parent.name if path.name == MAIN else path.stem


def run(scripts: dict[str, Script], jobs: int) -> Generator[Event]:
    """Run scripts, at most `jobs` at a time; yields a name when one starts and its outcome when it ends.

    Closed before the end, or interrupted, it stops the scripts that run; their old files stay as they were.
    """
    waiting, running = list(scripts.items()), list[_Running]()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                name, script = waiting.pop(0)
                running.append(_Running(name, script))
                yield name
            time.sleep(POLL_SECONDS)
            for ended in [each for each in running if each.process.poll() is not None]:
                running.remove(ended)
                yield ended.outcome()
    finally:
        for each in running:
            each.stop()


class _Running:
    """A script's process. Its output goes to a file: a pipe that nobody empties would stop it."""

    def __init__(self, name: str, script: Script) -> None:
        self.name = name
        self.started = time.monotonic()
        self.folder = script.figures
        self.old_findings = stamp(self.folder, name)
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115 (open for as long as the process runs)
        self.process = subprocess.Popen(
            script.command,
            stdin=subprocess.DEVNULL,
            stdout=self.printed,
            stderr=subprocess.STDOUT,
            env=script.environment,
        )

    def outcome(self) -> Outcome:
        """How it ended."""
        seconds, error = time.monotonic() - self.started, None
        if self.process.returncode != 0:
            remove_leftovers(self.folder, self.name)
            error = (
                self.tail()
                or f"    (it printed nothing; exit status {self.process.returncode})"
            )
        elif stamp(self.folder, self.name) == self.old_findings:
            error = "    it wrote no findings: does it end with `harness.main(...)`?"
        self.printed.close()
        return Outcome(self.name, seconds, error)

    def tail(self) -> str:
        """The last lines that it printed."""
        self.printed.seek(0)
        lines = self.printed.read().decode("utf-8", "replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])

    def stop(self) -> None:
        """Kill it: in the middle of a compilation it would hear nothing less."""
        self.process.kill()
        self.process.wait()
        self.printed.close()
        remove_leftovers(self.folder, self.name)
