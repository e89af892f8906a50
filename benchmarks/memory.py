"""Peak memory and cost per point of sweeps that are larger than memory should be."""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .process import in_fresh_process, progress
from .report import Report, Table, percent
from .timing import spread

SIDES = {10**6: (100, 100, 100), 10**7: (100, 100, 1000), 10**8: (100, 1000, 1000)}
QUICK = {10**4: (10, 10, 100), 10**5: (10, 100, 100)}
WAYS = ("nothing", "sweep", "summarize", "sweep_to")
IN_MEMORY_UP_TO = 10**7
LIMIT_GIB = 2
NOTES = (
    "softmax + cross_entropy of three classes on a box of logits, float32; each in a fresh process, {rounds} rounds "
    "in turn, medians.",
    "Peak: the most memory that the process held, imports included (nothing: a sweep of 8 points). Cost per point: "
    "the time after imports and compilation, writing included. Compilation: tracing and compiling, as JAX counts it.",
    "sweep holds all results in memory and is there to compare with; goal for the others: below 2 GiB at any size.",
)


def measure(quick: bool) -> Report:
    """Run every way at every size."""
    sides, rounds = (QUICK, 1) if quick else (SIDES, 3)
    tasks = [("nothing", 8, (2, 2, 2))]
    tasks += [
        (way, points, shape)
        for points, shape in sides.items()
        for way in WAYS[1:]
        if _fits(way, points)
    ]
    results: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for way, points, shape in tasks:
            results.setdefault((way, points), []).append(_one(way, points, shape))
    rows = [_row(way, points, runs) for (way, points), runs in results.items()]
    columns = (
        "way",
        "points",
        "peak MiB",
        "seconds",
        "compilation",
        "ns per point",
        "spread",
        "below 2 GiB",
    )
    return Report(
        "memory",
        "Memory of large sweeps",
        [Table("Sweeps", columns, rows)],
        [n.format(rounds=rounds) for n in NOTES],
    )


def _fits(way: str, points: int) -> bool:
    return way != "sweep" or points <= IN_MEMORY_UP_TO


def _one(way: str, points: int, shape: Sequence[int]) -> dict[str, Any]:
    progress(f"memory: {way}, {points:,} points")
    with tempfile.TemporaryDirectory() as folder:
        return in_fresh_process(
            "memory_worker", way=way, shape=shape, path=str(Path(folder) / "sweep.zarr")
        )


def _row(way: str, points: int, runs: Sequence[dict[str, Any]]) -> list[str]:
    costs = [(run["seconds"] - run["compilation"]) / points * 1e9 for run in runs]
    peak = statistics.median(run["peak"] for run in runs) / 2**20
    seconds, compilation = (
        statistics.median(run[key] for run in runs)
        for key in ("seconds", "compilation")
    )
    cost = (
        ("", "")
        if way == "nothing"
        else (f"{statistics.median(costs):.0f}", percent(spread(costs)))
    )
    below = "yes" if peak < 1024 * LIMIT_GIB else "no"
    return [
        way,
        f"{points:,}",
        f"{peak:.0f}",
        f"{seconds:.2f}",
        f"{compilation:.2f}",
        *cost,
        below,
    ]
