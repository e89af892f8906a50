"""`python -m analyses`: compute and draw the figures, or measure the studies again."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from logitscape._src.base.cores import usable_cores

from .files import merge, read_findings
from .findings import Finding, ordered
from .report import Outcome, print_findings, progress
from .runner import choose, run
from .scripts import Script, discover

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the analyses that the command line names, or all of them.

    Returns:
        Exit status: 0 if all went well, 1 if an analysis failed, 2 if there is none of that name,
        130 if interrupted.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    option = _measuring_option(options)
    if option is not None and options.jobs is not None:
        parser.error(
            f"--jobs does not go with {option}: a study uses every core by itself"
        )
    try:
        scripts = discover(options.folder)
        if option is not None:
            scripts = _studies(scripts)
        chosen = choose(scripts, options.names)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    if option is None:
        return _draw(chosen, options.jobs or usable_cores(), options.fresh)
    return _measure(chosen, option)


def _measuring_option(options: argparse.Namespace) -> str | None:
    if options.quick:
        return "--quick"
    if options.measure:
        return "--measure"
    return None


def _studies(scripts: dict[str, Script]) -> dict[str, Script]:
    return {name: script for name, script in scripts.items() if script.is_study}


def _draw(chosen: dict[str, Script], jobs: int, fresh: bool) -> int:
    """Run the analyses, at most `jobs` of them at a time, each in a process of its own.

    Unless all are to be computed afresh, those that would compute the same again are not run.
    """
    outcomes: list[Outcome] = []
    try:
        with (
            progress(len(chosen)) as show,
            closing(run(chosen, jobs, fresh=fresh)) as events,
        ):
            for event in events:
                if isinstance(event, Outcome):
                    outcomes.append(event)
                show(event)
    except KeyboardInterrupt:
        _report_interruption(chosen, outcomes)
        return INTERRUPTED
    _rebuild_common_files(chosen, outcomes)
    _print_findings(chosen, outcomes)
    failed = [outcome.name for outcome in outcomes if outcome.error is not None]
    return _report_failures(sorted(failed), len(outcomes))


def _rebuild_common_files(
    scripts: dict[str, Script], outcomes: Sequence[Outcome]
) -> None:
    """Bring the common files up to date, as every analysis does that runs."""
    skipped = [outcome for outcome in outcomes if outcome.unchanged_since is not None]
    for folder in {scripts[outcome.name].figures for outcome in skipped}:
        merge(folder)


def _measure(chosen: dict[str, Script], option: str) -> int:
    """Run one study after the other, as each of them uses every core."""
    failed = []
    try:
        for name, script in chosen.items():
            if _run_study(script, option) != 0:
                failed.append(name)
    except KeyboardInterrupt:
        message = (
            "interrupted; finished parts are kept: the same command goes on from there"
        )
        print(message, file=sys.stderr)
        return INTERRUPTED
    return _report_failures(failed, len(chosen))


def _run_study(script: Script, option: str) -> int:
    print(f"{script.name}: {option.removeprefix('--')}", file=sys.stderr, flush=True)
    command = [*script.command, option]
    return subprocess.run(command, env=script.environment).returncode


def _print_findings(scripts: dict[str, Script], outcomes: Sequence[Outcome]) -> None:
    findings: list[Finding] = []
    for name in sorted(_successful(outcomes)):
        findings += read_findings(scripts[name].figures, name)
    if findings:
        print_findings(ordered(findings))


def _report_failures(failed: Sequence[str], total: int) -> int:
    if not failed:
        return 0
    print(f"{len(failed)} of {total} failed: {', '.join(failed)}", file=sys.stderr)
    return 1


def _report_interruption(
    scripts: dict[str, Script], outcomes: Sequence[Outcome]
) -> None:
    done = _successful(outcomes)
    rest = [name for name in scripts if name not in done]
    lines = [
        f"interrupted; finished and kept: {', '.join(done) or 'none'}",
        f"not finished, their files are as they were: {', '.join(rest) or 'none'}",
    ]
    for line in lines:
        print(line, file=sys.stderr)


def _successful(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.name for outcome in outcomes if outcome.error is None]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analyses", description="Compute and draw the figures."
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="name of an analysis (default: all analyses)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("analyses"),
        help="folder of the analyses (default: analyses)",
    )
    parser.add_argument(
        "--jobs",
        type=_positive,
        default=None,
        help="number of analyses that run at a time (default: one per core)",
    )
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="compute also what would be the same as last time",
    )
    _add_measuring_options(parser)
    return parser


def _add_measuring_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--measure",
        action="store_true",
        help="measure studies again, in up to half an hour, and draw them",
    )
    group.add_argument(
        "--quick",
        action="store_true",
        help="measure a small part of each study, into figures/quick",
    )


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        message = f"must be a positive whole number, got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)
