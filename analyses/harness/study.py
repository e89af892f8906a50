"""What a study ends with: an analysis whose measurement takes minutes, so that its results are kept.

`harness.study(__file__, measure, findings, draw)`. Run without options the script redraws its figure from
the tables in `figures/data/NAME/`; with `--measure` it makes those tables anew, going on where it was
interrupted; with `--quick` it measures little, and writes into `figures/quick/`.
"""

import argparse
import hashlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import logitscape
from logitscape._src.base.files import remove_leftovers

from .files import check_others
from .findings import Finding
from .script import STYLE, cache_folder, make_writable, publish
from .scripts import Script, script_of

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

    from .results import Tables

Key = TypeVar("Key")
QUICK = "quick"
PROGRAMS_OF = 32
"""After so many parts their compiled programs are forgotten: a process has room for some thousands (Linux: 65,530 mappings)."""


@dataclass(frozen=True)
class StudyRun:
    """How much to measure, and where to keep what is done.

    Attributes:
        quick: measure little: less than half a minute, to see that everything works.
        folder: for parts that are done and checkpoints; an interrupted study finds it again, a changed one does not.
    """

    quick: bool
    folder: Path

    def checkpoint(self, name: str) -> Path:
        """A file for the state of a long computation, of its own for each name."""
        return self.folder / f"{_file_name(name)}.checkpoint"

    def gather(
        self,
        name: str,
        keys: Sequence[Key],
        make: Callable[[Key], "pd.DataFrame"],
        *,
        threads: int = 1,
    ) -> "pd.DataFrame":
        """One table of a part for each key, in order; parts that were done before an interruption are read back.

        Args:
            name: of the table; also shown beside the progress.
            keys: what `make` takes; `str(key)` must tell them apart.
            make: measures a part.
            threads: how many parts at a time, where one alone leaves cores idle.
        """
        import pandas as pd

        paths = [self.folder / f"{_file_name(f'{name} {key}')}.csv" for key in keys]
        count = itertools.count(1)
        with _progress(name, len(keys)) as done:

            def one(key: Key, path: Path) -> "pd.DataFrame":
                part = _kept(path, lambda: make(key))
                if next(count) % PROGRAMS_OF == 0:
                    _forget_programs()
                done(str(key))
                return part

            parts = (
                list(map(one, keys, paths))
                if threads == 1
                else _side_by_side(threads, one, keys, paths)
            )
        return pd.concat(parts, ignore_index=True)


def study(
    script: str | os.PathLike[str],
    measure: Callable[[StudyRun], "Tables"],
    findings: Callable[["Tables"], Iterable[Finding]],
    draw: Callable[["Tables"], "matplotlib.figure.Figure"],
    *,
    style: str = STYLE,
    level: int | None = None,
) -> None:
    """Run a study as its command line says; see the module. Findings and figure are made from the tables as written.

    Args:
        script: the script's `__file__`; its name, or its folder's, is that of the figure and the results.
        measure: makes the tables.
        findings: what they say about the claims.
        draw: makes the figure.
        style: a matplotlib style for it.
        level: of LLVM's optimisations, instead of 3; 1 is faster where many programs are compiled that each run little.

    Raises:
        ContradictsTheory: if a finding is further from what theory proves than its tolerance.
        SystemExit: if there are no tables yet, or what was just measured could not be drawn.
    """
    from .results import read_results, results_folder

    analysis = script_of(script)
    stem = analysis.name
    options = _parser(stem).parse_args()
    figures = analysis.figures / QUICK if options.quick else analysis.figures
    make_writable(figures)
    check_others(figures, stem)
    if options.quick or options.measure:
        _compile(level, options.quick)
        _measure(analysis, figures, measure, options.quick)
    if options.measure:  # a figure is the same to the byte only from a process that has done nothing else
        drawn = (
            subprocess.run(analysis.command, env=analysis.environment).returncode == 0
        )
        sys.exit(
            0
            if drawn
            else f"Measured, but not drawn. To draw it: python -m analyses {stem}"
        )
    try:
        tables = read_results(results_folder(figures, stem))
    except FileNotFoundError as error:
        sys.exit(f"{error} Measure first: python -m analyses --measure {stem}")
    publish(figures, stem, tables, findings, draw, style)


def _compile(level: int | None, quick: bool) -> None:
    from logitscape._src.base.xla import compile_all_at_level, compile_all_fast

    if quick:
        compile_all_fast()
    elif level is not None:
        compile_all_at_level(level)


def _measure(
    script: Script, figures: Path, measure: Callable[[StudyRun], "Tables"], quick: bool
) -> None:
    from .results import remove, results_folder, write_results

    work = (
        cache_folder()
        / "studies"
        / f"{script.name}-{_digest(script)}{'-quick' if quick else ''}"
    )
    if quick:
        remove(work)
    work.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    tables = measure(StudyRun(quick, work))
    about = {
        "study": script.name,
        "quick": quick,
        "minutes_of_the_last_run": round((time.monotonic() - started) / 60, 1),
    }
    write_results(results_folder(figures, script.name), tables, about)
    remove(work)


def _digest(script: Script) -> str:
    """Changes with the study, with what studies share and with the package: nothing that other code has measured is kept."""
    folders = [
        script.analyses / "shared",
        Path(__file__).parent,
        Path(logitscape.__file__).parent,
    ]
    sources = [
        *script.sources,
        *(path for folder in folders for path in sorted(folder.rglob("*.py"))),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[
        :12
    ]


def _file_name(name: str) -> str:
    """Readable, safe as a file's name, and different for different names."""
    readable = "".join(letter if letter.isalnum() else "_" for letter in name)[:80]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _side_by_side(
    threads: int, one: Callable[..., "pd.DataFrame"], *each: Sequence[Any]
) -> list["pd.DataFrame"]:
    """In order. After an error or Ctrl-C no part is begun any more, and those that run are waited for."""
    pool = ThreadPoolExecutor(threads)
    try:
        return list(pool.map(one, *each))
    finally:
        pool.shutdown(cancel_futures=True)


def _forget_programs() -> None:
    if "jax" in sys.modules:
        import jax

        jax.clear_caches()


def _kept(path: Path, make: Callable[[], "pd.DataFrame"]) -> "pd.DataFrame":
    from .results import read_table, write_table

    if not path.exists():
        remove_leftovers(path.parent, path.stem)
        write_table(path, make())
    return read_table(path)


@contextmanager
def _progress(name: str, total: int) -> Iterator[Callable[[str], None]]:
    """Yield a function that is told what is done: a bar with the remaining time on a terminal, else plain lines."""
    if not sys.stderr.isatty():
        count = iter(range(1, total + 1))
        # One write a line: several threads report.
        yield lambda key: print(
            f"{name} [{next(count)}/{total}] {key}\n",
            end="",
            file=sys.stderr,
            flush=True,
        )
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns: Any = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, TextColumn("left"), console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=total)
        yield lambda key: bar.advance(task)


def _parser(stem: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        f"python -m analyses.{stem}",
        description="Redraw the study from its results, or measure it.",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--measure",
        action="store_true",
        help="measure anew, or go on where an earlier run was interrupted",
    )
    how.add_argument(
        "--quick",
        action="store_true",
        help="measure little, to see that it works; writes into figures/quick",
    )
    return parser
