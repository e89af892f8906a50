"""Peak memory and cost per point of sweeps whose results are larger than memory should be."""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .process import in_fresh_process, progress
from .report import Report, Table, percent
from .timing import spread

SIDES = {10**6: (100, 100, 100), 10**7: (100, 100, 1000), 10**8: (100, 1000, 1000)}
QUICK = {10**4: (10, 10, 100), 10**5: (10, 100, 100)}
WAYS = ("sweep", "summarize", "sweep_to")
IN_MEMORY_UP_TO = 10**7
"""The largest number of points whose sweep is held in memory."""
LIMIT_GIB = 2
COLUMNS = (
    "way",
    "points",
    "peak MiB",
    "seconds",
    "compilation",
    "ns per point",
    "spread",
    "below 2 GiB",
)
NOTES = (
    "softmax + cross_entropy of three classes on a box of logits, float32; each in a fresh "
    "process, {rounds} rounds in turn, medians.",
    "Peak: the most memory that the process held, imports included (nothing: a sweep of 8 "
    "points). Cost per point: the time after imports and compilation, writing included. "
    "Compilation: tracing and compiling, as JAX counts it.",
    "sweep holds all results in memory and is there to compare with; goal for the others: below "
    "2 GiB at any size.",
)


def measure(quick: bool) -> Report:
    """Run every way at every size."""
    rounds = 1 if quick else 3
    tasks = _tasks(QUICK if quick else SIDES)
    results: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for way, points, shape in tasks:
            result = _measure_once(way, points, shape)
            results.setdefault((way, points), []).append(result)
    rows = [_row(way, points, runs) for (way, points), runs in results.items()]
    notes = [note.format(rounds=rounds) for note in NOTES]
    table = Table("Sweeps", COLUMNS, rows)
    return Report("memory", "Memory of large sweeps", [table], notes)


def _tasks(
    sides: Mapping[int, tuple[int, ...]],
) -> list[tuple[str, int, tuple[int, ...]]]:
    """Every way with every number of points, and the box of those points."""
    tasks: list[tuple[str, int, tuple[int, ...]]] = [("nothing", 8, (2, 2, 2))]
    for points, shape in sides.items():
        for way in WAYS:
            if way != "sweep" or points <= IN_MEMORY_UP_TO:
                tasks.append((way, points, shape))
    return tasks


def _measure_once(way: str, points: int, shape: Sequence[int]) -> dict[str, Any]:
    progress(f"memory: {way}, {points:,} points")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "sweep.zarr")
        return in_fresh_process("memory_worker", way=way, shape=shape, path=path)


def _row(way: str, points: int, runs: Sequence[dict[str, Any]]) -> list[str]:
    peak = statistics.median(run["peak"] for run in runs) / 2**20
    seconds = statistics.median(run["seconds"] for run in runs)
    compilation = statistics.median(run["compilation"] for run in runs)
    costs = [(run["seconds"] - run["compilation"]) / points * 1e9 for run in runs]
    cost = [f"{statistics.median(costs):.0f}", percent(spread(costs))]
    return [
        way,
        f"{points:,}",
        f"{peak:.0f}",
        f"{seconds:.2f}",
        f"{compilation:.2f}",
        *(["", ""] if way == "nothing" else cost),
        "yes" if peak < 1024 * LIMIT_GIB else "no",
    ]
