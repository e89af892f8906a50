"""Time and peak memory of audits of large dumps, beside the same statistics in plain NumPy."""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .process import in_fresh_process, progress
from .report import Report, Table, percent
from .timing import spread

CLASSES = 1000
EXAMPLES = (50_000, 100_000)
QUICK = (2_000,)
PIECE = 10_000
ROUNDS = 3
WAYS = ("numpy", "audit", "audit against 3", "pass", "pass against 3")
COLUMNS = (
    "way",
    "numbers",
    "peak MiB",
    "CPU seconds",
    "compilation",
    "ns per number",
    "spread",
)
NOTES = (
    "Random logits of {classes:,} classes in a .npy file of float16, softmax + cross_entropy; each "
    "in a fresh process, {rounds} rounds in turn, medians.",
    "numpy: loss, gradient norm, confidence, prediction and margin of every example, and sums of "
    "probabilities and gradients of every class, in float32, 512 rows at a time. pass: the pass "
    "over the file, which makes more of these. audit: all of an audit, with its intervals, "
    "calibration and temperature. against 3: with three other losses.",
    "CPU seconds are those of all threads, after imports; the cost per number is without "
    "compilation. Peak: the most memory that the process held, imports included.",
)


def measure(quick: bool) -> Report:
    """Run every way at every size."""
    rounds = 1 if quick else ROUNDS
    results = dict[tuple[str, int], list[dict[str, Any]]]()
    with tempfile.TemporaryDirectory() as folder:
        for examples in QUICK if quick else EXAMPLES:
            path = _dump(Path(folder), examples)
            for _ in range(rounds):
                for way in WAYS:
                    progress(f"audit: {way}, {examples * CLASSES:,} numbers")
                    run = in_fresh_process("audit_worker", way=way, path=str(path))
                    results.setdefault((way, examples), []).append(run)
    rows = [_row(way, examples, runs) for (way, examples), runs in results.items()]
    notes = [note.format(rounds=rounds, classes=CLASSES) for note in NOTES]
    return Report(
        "audit", "Audits of large dumps", [Table("Dumps", COLUMNS, rows)], notes
    )


def _dump(folder: Path, examples: int) -> Path:
    """Write logits and labels, a piece at a time."""
    rng = np.random.default_rng(0)
    path = folder / f"{examples}.npy"
    shape = (examples, CLASSES)
    logits = np.lib.format.open_memmap(path, "w+", np.float16, shape)
    labels = rng.integers(0, CLASSES, examples)
    for start in range(0, examples, PIECE):
        stop = min(start + PIECE, examples)
        piece = 2 * rng.standard_normal((stop - start, CLASSES), np.float32)
        piece[np.arange(stop - start), labels[start:stop]] += 7
        logits[start:stop] = piece
    logits.flush()
    np.save(path.with_suffix(".labels.npy"), labels)
    return path


def _row(way: str, examples: int, runs: Sequence[dict[str, Any]]) -> list[str]:
    numbers = examples * CLASSES
    medians = {
        name: statistics.median(run[name] for run in runs)
        for name in ("peak", "seconds", "compilation")
    }
    costs = [(run["seconds"] - run["compilation"]) / numbers * 1e9 for run in runs]
    return [
        way,
        f"{numbers:,}",
        f"{medians['peak'] / 2**20:.0f}",
        f"{medians['seconds']:.2f}",
        f"{medians['compilation']:.2f}",
        f"{statistics.median(costs):.1f}",
        percent(spread(costs)),
    ]
