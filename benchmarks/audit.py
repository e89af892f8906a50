"""Time and peak memory of audits of large dumps, beside the same numbers in NumPy and PyTorch."""

import statistics
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from .process import in_fresh_process, progress
from .report import Report, Table, percent
from .timing import spread

SHAPES = ((50_000, 1000), (100_000, 1000), (10_000_000, 10))
QUICK = ((2_000, 1000),)
PIECE = 10**7
"""Logits that are drawn at a time."""
ROUNDS = 3
WAYS = ("exp", "numpy", "torch", "pass", "audit", "pass against 3", "audit against 3")
COLUMNS = (
    "way",
    "examples",
    "classes",
    "peak MiB",
    "CPU seconds",
    "compilation",
    "ns per number",
    "of exp",
    "spread",
)
NOTES = (
    "Random logits in a .npy file of float16, softmax + cross_entropy; each in a fresh process, "
    "rounds in turn: {rounds}, medians.",
    "exp: the file is read and widened, and the exponential of every number is taken, by NumPy. "
    "numpy and torch: loss, gradient norm, confidence, prediction and margin of every example, "
    "and sums of probabilities and gradients of every class, in float32, half a million numbers "
    "at a time. pass: the pass over the file, which makes more of these. audit: all of an audit, "
    "with its intervals, calibration and temperature. against 3: with three other losses.",
    "CPU seconds are those of all threads, after imports; the cost per number is without "
    "compilation. Peak: the most memory that the process held, imports included. Pages of a file "
    "that is mapped into memory, as by exp, numpy and torch, count too.",
)


def measure(quick: bool) -> Report:
    """Run every way at every size."""
    rounds = 1 if quick else ROUNDS
    results = dict[tuple[str, tuple[int, int]], list[dict[str, Any]]]()
    with tempfile.TemporaryDirectory() as folder:
        for shape in QUICK if quick else SHAPES:
            path = _dump(Path(folder), shape)
            for _ in range(rounds):
                for way in WAYS:
                    if way == "torch" and find_spec("torch") is None:
                        continue
                    progress(f"audit: {way}, {shape[0]:,} x {shape[1]:,}")
                    run = in_fresh_process("audit_worker", way=way, path=str(path))
                    results.setdefault((way, shape), []).append(run)
            path.unlink()
    least = {shape: min(_costs(results["exp", shape], shape)) for _, shape in results}
    rows = [
        _row(way, shape, runs, least[shape]) for (way, shape), runs in results.items()
    ]
    notes = [note.format(rounds=rounds) for note in NOTES]
    return Report(
        "audit", "Audits of large dumps", [Table("Dumps", COLUMNS, rows)], notes
    )


def _dump(folder: Path, shape: tuple[int, int]) -> Path:
    """Write logits and labels, a piece at a time."""
    examples, classes = shape
    rng = np.random.default_rng(0)
    path = folder / f"{examples}x{classes}.npy"
    logits = np.lib.format.open_memmap(path, "w+", np.float16, shape)
    labels = rng.integers(0, classes, examples)
    size = PIECE // classes
    for start in range(0, examples, size):
        stop = min(start + size, examples)
        piece = 2 * rng.standard_normal((stop - start, classes), np.float32)
        piece[np.arange(stop - start), labels[start:stop]] += 7
        logits[start:stop] = piece
    logits.flush()
    np.save(path.with_suffix(".labels.npy"), labels)
    return path


def _costs(runs: Sequence[dict[str, Any]], shape: tuple[int, int]) -> list[float]:
    """Nanoseconds for each number, without compilation."""
    numbers = shape[0] * shape[1]
    return [(run["seconds"] - run["compilation"]) / numbers * 1e9 for run in runs]


def _row(
    way: str, shape: tuple[int, int], runs: Sequence[dict[str, Any]], of_exp: float
) -> list[str]:
    medians = {
        name: statistics.median(run[name] for run in runs)
        for name in ("peak", "seconds", "compilation")
    }
    costs = _costs(runs, shape)
    return [
        way,
        f"{shape[0]:,}",
        f"{shape[1]:,}",
        f"{medians['peak'] / 2**20:.0f}",
        f"{medians['seconds']:.2f}",
        f"{medians['compilation']:.2f}",
        f"{statistics.median(costs):.1f}",
        f"{statistics.median(costs) / of_exp:.1f}",
        percent(spread(costs)),
    ]
