"""The last line of a study: `harness.study(__file__, measure, findings, draw)`.

A study is an analysis whose measurement takes minutes, so its results are stored. Run without
options, the script redraws its figure from the tables in `figures/data/NAME/`. With `--measure` it
makes those tables again, and continues where an earlier run was interrupted. With `--quick` it
measures a small part and writes into `figures/quick/`.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import logitscape
from logitscape._src.base.caches import cache_folder

from .files import check_others
from .findings import Finding
from .record import write_record
from .script import STYLE, make_writable, publish
from .scripts import Script, script_of
from .study_run import StudyRun as StudyRun

if TYPE_CHECKING:
    import matplotlib.figure

    from .results import Tables

QUICK = "quick"
DIGEST_LENGTH = 12


def study(
    script: str | os.PathLike[str],
    measure: Callable[[StudyRun], "Tables"],
    findings: Callable[["Tables"], Iterable[Finding]],
    draw: Callable[["Tables"], "matplotlib.figure.Figure"],
    *,
    details: 'Callable[["Tables"], matplotlib.figure.Figure] | None' = None,
    style: str = STYLE,
    level: int | None = None,
) -> None:
    """Run a study as its command line says (see the module).

    The findings and the figure are made from the tables as they were written to disk.

    Args:
        script: The script's `__file__`. The figure and the results have the name of the script, or
            of its folder.
        measure: Function that makes the tables.
        findings: Function that judges the claims by the tables.
        draw: Function that makes the figure, which has one message.
        details: Function that makes a second figure, for the page that explains the first one.
        style: matplotlib style of the figure.
        level: Level of LLVM's optimisations, instead of 3; 1 is faster where many programs are
            compiled that each run only for a short time.

    Raises:
        ContradictsTheory: If a finding is further from what theory proves than its tolerance.
        SystemExit: If there are no tables yet, or the new tables could not be drawn.
    """
    from .results import read_results, results_folder

    analysis = script_of(script)
    options = _parser(analysis.name).parse_args()
    figures = analysis.figures / QUICK if options.quick else analysis.figures
    make_writable(figures)
    check_others(figures, analysis.name)
    if options.quick or options.measure:
        _set_optimisation(level, options.quick)
        _measure(analysis, figures, measure, options.quick)
    if options.measure:
        _redraw_and_exit(analysis)
    try:
        tables = read_results(results_folder(figures, analysis.name))
    except FileNotFoundError as error:
        command = f"python -m analyses --measure {analysis.name}"
        sys.exit(f"{error} Measure first: {command}")
    outputs = publish(
        figures, analysis.name, tables, findings, draw, style, details=details
    )
    if not options.quick:
        write_record(analysis, outputs)


def _set_optimisation(level: int | None, quick: bool) -> None:
    from logitscape._src.base.xla import compile_all_at_level, compile_all_fast

    if quick:
        compile_all_fast()
    elif level is not None:
        compile_all_at_level(level)


def _measure(
    script: Script, figures: Path, measure: Callable[[StudyRun], "Tables"], quick: bool
) -> None:
    from .results import remove, results_folder, write_results

    parts_folder = _parts_folder(script, quick)
    if quick:
        remove(parts_folder)
    parts_folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    tables = measure(StudyRun(quick, parts_folder))
    minutes = (time.monotonic() - started) / 60
    about = {
        "study": script.name,
        "quick": quick,
        "minutes_of_the_last_run": round(minutes, 1),
    }
    write_results(results_folder(figures, script.name), tables, about)
    remove(parts_folder)


def _redraw_and_exit(script: Script) -> NoReturn:
    """Draw the figure in a new process.

    A figure has the same bytes only if its process has done nothing else before.
    """
    drawing = subprocess.run(script.command, env=script.environment)
    if drawing.returncode == 0:
        sys.exit(0)
    command = f"python -m analyses {script.name}"
    sys.exit(f"Measured, but not drawn. To draw it: {command}")


def _parts_folder(script: Script, quick: bool) -> Path:
    """The folder in which an interrupted study finds the parts that it has measured already."""
    name = f"{script.name}-{_digest(script)}"
    if quick:
        name += "-quick"
    return cache_folder() / "studies" / name


def _digest(script: Script) -> str:
    """A digest of all sources on which the measurement depends.

    These are the study, the code that analyses share, and the package. A study never continues
    from parts that other code has measured.
    """
    folders = [
        script.analyses / "shared",
        Path(__file__).parent,
        Path(logitscape.__file__).parent,
    ]
    sources = script.sources
    for folder in folders:
        sources += sorted(folder.rglob("*.py"))
    content = b"".join(path.read_bytes() for path in sources)
    return hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]


def _parser(stem: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m analyses --measure {stem}",
        description="Redraw the study from its results, or measure it.",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--measure",
        action="store_true",
        help="measure again, or continue where an earlier run was interrupted",
    )
    group.add_argument(
        "--quick",
        action="store_true",
        help="measure a small part, to check that it works; writes into figures/quick",
    )
    return parser
