"""The whole `python -m analyses`, with an empty compile cache and with the one it leaves."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from analyses.harness.scripts import discover

from .process import progress
from .report import Report, Table, factor, percent
from .timing import ratio, spread

PROJECT = Path(__file__).parent.parent
ANALYSES = PROJECT / "analyses"
RESULTS = PROJECT / "figures" / "data"
GOALS = {"empty": 40, "warm, --fresh": 40, "warm": 20}
"""Seconds that the command may take with each cache."""
NOTES = (
    "{count} of {all} analyses, from a copy of their folder and of the studies' results; {rounds} "
    "rounds of an empty cache and then a warm one; wall seconds of the command.",
    "With `--fresh` all is computed from compiled programs; without it nothing is computed, as "
    "nothing has changed.",
    "Goals on 2 idle cores: 40 s with an empty cache, 20 s with a warm one.",
)


def measure(quick: bool) -> Report:
    """Run the analyses, in a quick run only the first of them."""
    scripts = list(discover(ANALYSES))
    chosen = scripts[:1] if quick else scripts
    rounds = 1 if quick else 3
    names = chosen if quick else []
    empty = []
    fresh = []
    warm = []
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            _copy_to(Path(folder))
            progress(f"figures: empty cache, round {number}")
            empty.append(_seconds(names, folder))
            progress(f"figures: warm, computed afresh, round {number}")
            fresh.append(_seconds([*names, "--fresh"], folder))
            progress(f"figures: warm, round {number}")
            warm.append(_seconds(names, folder))
    sizes = {"count": len(chosen), "all": len(scripts), "rounds": rounds}
    notes = [note.format(**sizes) for note in NOTES]
    return Report("figures", "The figures run", [_table(empty, fresh, warm)], notes)


def _copy_to(folder: Path) -> None:
    """Copy the analyses and the studies' results."""
    for source in (ANALYSES, RESULTS):
        shutil.copytree(source, folder / source.relative_to(PROJECT))


def _seconds(names: list[str], folder: str) -> float:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("JAX_")
    }
    environment |= {
        "XDG_CACHE_HOME": f"{folder}/cache",
        "LOCALAPPDATA": f"{folder}/cache",
        "MPLBACKEND": "Agg",
        # As installed: without compiled modules every process would compile its imports.
        "PYTHONDONTWRITEBYTECODE": "",
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


def _table(
    empty: Sequence[float], fresh: Sequence[float], warm: Sequence[float]
) -> Table:
    rows = [
        _row("empty", empty),
        _row("warm, --fresh", fresh),
        _row("warm", warm),
        ["empty / warm", factor(ratio(empty, warm)), "", ""],
    ]
    return Table("Seconds", ("cache", "seconds", "spread", "goal"), rows)


def _row(cache: str, seconds: Sequence[float]) -> list[str]:
    middle = statistics.median(seconds)
    return [cache, f"{middle:.1f}", percent(spread(seconds)), f"{GOALS[cache]}"]
