"""Running many analyses: each in a process of its own, as many at a time as there are cores."""

import argparse
import difflib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

from .._atomic import remove_leftovers
from ..findings import ordered
from .files import read_findings, stamp
from .report import Event, Outcome, print_findings, progress
from .script import figures_folder
from .study import is_study

POLL_SECONDS = 0.05
TAIL_LINES = 15


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the analyses that the command line names, or all; the exit status.

    0 if all went well, 1 if one failed, 2 if there is none of that name, 130 if interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        chosen = choose(discover(options.folder), options.names)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    outcomes: list[Outcome] = []
    try:
        with progress(len(chosen)) as show, closing(run(chosen, options.jobs)) as events:
            for event in events:
                if isinstance(event, Outcome):
                    outcomes.append(event)
                show(event)
    except KeyboardInterrupt:
        _say_what_is_kept(chosen, outcomes)
        return 130
    _print_findings(chosen, outcomes)
    return _say_what_failed(outcomes)


def discover(folder: Path) -> dict[str, Path]:
    """Every analysis of a folder by name: its scripts, less those whose name begins with an underscore."""
    scripts = {path.stem: path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")}
    if not scripts:
        raise LookupError(f"no analyses in `{folder}`: run this from the project's folder, or name theirs with --folder.")
    return scripts


def choose(known: dict[str, Path], names: Sequence[str]) -> dict[str, Path]:
    """The named analyses, in the order given; all if none is named. `analyses/NAME.py` is a name too.

    Of all, studies come last: here they only draw, and short ones at the end keep every core busy.
    """
    stems = [Path(name).stem if name.endswith(".py") else name for name in names]
    for stem in stems:
        if stem not in known:
            near = difflib.get_close_matches(stem, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise LookupError(f"unknown analysis {stem!r}.{hint} Known: {', '.join(known)}.")
    return {stem: known[stem] for stem in stems or sorted(known, key=lambda stem: is_study(known[stem]))}


def run(scripts: dict[str, Path], jobs: int) -> Generator[Event]:
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

    def __init__(self, name: str, script: Path) -> None:
        self.name = name
        self.started = time.monotonic()
        self.folder = figures_folder(script)
        self.old_findings = stamp(self.folder, name)
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115 (open for as long as the process runs)
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.DEVNULL,
            stdout=self.printed,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUTF8": "1"},
        )

    def outcome(self) -> Outcome:
        """How it ended."""
        seconds, error = time.monotonic() - self.started, None
        if self.process.returncode != 0:
            remove_leftovers(self.folder, self.name)
            error = self.tail() or f"    (it printed nothing; exit status {self.process.returncode})"
        elif stamp(self.folder, self.name) == self.old_findings:
            error = "    it wrote no findings: does it end with `analysis.main(...)`?"
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


def _print_findings(scripts: dict[str, Path], outcomes: Sequence[Outcome]) -> None:
    done = sorted(outcome.name for outcome in outcomes if outcome.error is None)
    findings = [finding for name in done for finding in read_findings(figures_folder(scripts[name]), name)]
    if findings:
        print_findings(ordered(findings))


def _say_what_failed(outcomes: Sequence[Outcome]) -> int:
    failed = sorted(outcome.name for outcome in outcomes if outcome.error is not None)
    if failed:
        print(f"{len(failed)} of {len(outcomes)} failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _say_what_is_kept(scripts: dict[str, Path], outcomes: Sequence[Outcome]) -> None:
    done = [outcome.name for outcome in outcomes if outcome.error is None]
    rest = [name for name in scripts if name not in done]
    print(f"interrupted; finished and kept: {', '.join(done) or 'none'}", file=sys.stderr)
    print(f"not finished, their files are as they were: {', '.join(rest) or 'none'}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m logitscape.analysis", description="Compute and draw every figure.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="an analysis; all if none is named")
    parser.add_argument("--folder", type=Path, default=Path("analyses"), help="where they are (default: analyses)")
    parser.add_argument("--jobs", type=_positive, default=_cores(), help="how many at a time (default: one per core)")
    return parser


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"must be a positive whole number, got {text!r}")
    return int(text)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
