"""`python -m analyses`: compute and draw the figures, or measure the studies anew."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from .files import read_findings
from .findings import ordered
from .report import Outcome, print_findings, progress
from .runner import choose, run
from .scripts import Script, discover


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the analyses that the command line names, or all; the exit status.

    0 if all went well, 1 if one failed, 2 if there is none of that name, 130 if interrupted.
    """
    options = _parser().parse_args(arguments)
    flag = "--quick" if options.quick else "--measure" if options.measure else ""
    try:
        known = discover(options.folder)
        if flag:
            known = {name: script for name, script in known.items() if script.is_study}
        chosen = choose(known, options.names)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    return _measure(chosen, flag) if flag else _draw(chosen, options.jobs)


def _draw(chosen: dict[str, Script], jobs: int) -> int:
    """Each in a process of its own, as many at a time as there are jobs."""
    outcomes: list[Outcome] = []
    try:
        with progress(len(chosen)) as show, closing(run(chosen, jobs)) as events:
            for event in events:
                if isinstance(event, Outcome):
                    outcomes.append(event)
                show(event)
    except KeyboardInterrupt:
        _say_what_is_kept(chosen, outcomes)
        return 130
    _print_findings(chosen, outcomes)
    return _say_what_failed(outcomes)


def _measure(chosen: dict[str, Script], flag: str) -> int:
    """One study after the other, as each uses every core."""
    try:
        failed = [
            name for name, script in chosen.items() if _run_study(script, flag) != 0
        ]
    except KeyboardInterrupt:
        print(
            "interrupted; what is done is kept: the same command goes on from there",
            file=sys.stderr,
        )
        return 130
    if failed:
        print(
            f"{len(failed)} of {len(chosen)} failed: {', '.join(failed)}",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _run_study(script: Script, flag: str) -> int:
    print(f"{script.name}: {flag.removeprefix('--')}", file=sys.stderr, flush=True)
    return subprocess.run([*script.command, flag], env=script.environment).returncode


def _print_findings(scripts: dict[str, Script], outcomes: Sequence[Outcome]) -> None:
    done = sorted(outcome.name for outcome in outcomes if outcome.error is None)
    findings = [
        finding
        for name in done
        for finding in read_findings(scripts[name].figures, name)
    ]
    if findings:
        print_findings(ordered(findings))


def _say_what_failed(outcomes: Sequence[Outcome]) -> int:
    failed = sorted(outcome.name for outcome in outcomes if outcome.error is not None)
    if failed:
        print(
            f"{len(failed)} of {len(outcomes)} failed: {', '.join(failed)}",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _say_what_is_kept(scripts: dict[str, Script], outcomes: Sequence[Outcome]) -> None:
    done = [outcome.name for outcome in outcomes if outcome.error is None]
    rest = [name for name in scripts if name not in done]
    print(
        f"interrupted; finished and kept: {', '.join(done) or 'none'}", file=sys.stderr
    )
    print(
        f"not finished, their files are as they were: {', '.join(rest) or 'none'}",
        file=sys.stderr,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m analyses", description="Compute and draw the figures."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="an analysis; all if none is named"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("analyses"),
        help="where they are (default: analyses)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--measure",
        action="store_true",
        help="measure studies anew, in up to half an hour, and draw them",
    )
    how.add_argument(
        "--quick",
        action="store_true",
        help="measure little of each study, into figures/quick",
    )
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=_cores(),
        help="how many at a time (default: one per core)",
    )
    return parser


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(
            f"must be a positive whole number, got {text!r}"
        )
    return int(text)


def _cores() -> int:
    return (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )
