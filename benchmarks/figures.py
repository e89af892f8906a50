"""The whole `python -m analyses`, with an empty compile cache and with the one it leaves."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analyses.harness.scripts import discover

from .process import progress
from .report import Report, Table, factor, percent
from .timing import ratio, spread

PROJECT = Path(__file__).parent.parent
ANALYSES, RESULTS = PROJECT / "analyses", PROJECT / "figures" / "data"
GOALS = {"empty": 60, "warm": 30}
NOTES = (
    "{count} of {all} analyses, from a copy of their folder and of the studies' results; {rounds} rounds of an empty cache and "
    "then a warm one; wall seconds of the command.",
    "Goals on 2 cores: 60 s with an empty cache, 30 s with a warm one.",
)


def measure(quick: bool) -> Report:
    """Run the analyses; quick: only the first."""
    scripts = list(discover(ANALYSES))
    chosen, rounds = (scripts[:1], 1) if quick else (scripts, 3)
    seconds = [
        _empty_and_warm(chosen if quick else [], number) for number in range(rounds)
    ]
    by_cache = dict(zip(GOALS, zip(*seconds, strict=True), strict=True))
    rows = [
        [
            cache,
            f"{statistics.median(values):.1f}",
            percent(spread(values)),
            f"{GOALS[cache]}",
        ]
        for cache, values in by_cache.items()
    ]
    rows.append(
        ["empty / warm", factor(ratio(by_cache["empty"], by_cache["warm"])), "", ""]
    )
    notes = [
        note.format(count=len(chosen), all=len(scripts), rounds=rounds)
        for note in NOTES
    ]
    return Report(
        "figures",
        "The figures run",
        [Table("Seconds", ("cache", "seconds", "spread", "goal"), rows)],
        notes,
    )


def _empty_and_warm(names: list[str], number: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        for each in (ANALYSES, RESULTS):
            shutil.copytree(each, Path(folder) / each.relative_to(PROJECT))
        return _run(names, folder, f"empty cache, round {number + 1}"), _run(
            names, folder, f"warm, round {number + 1}"
        )


def _run(names: list[str], folder: str, what: str) -> float:
    progress(f"figures: {what}")
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": f"{folder}/cache",
        "MPLBACKEND": "Agg",
    }
    command = [
        sys.executable,
        "-m",
        "analyses",
        *names,
        "--folder",
        f"{folder}/analyses",
    ]
    started = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
