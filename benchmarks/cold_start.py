"""From nothing to the atlas's numbers: imports, compilation, computation, without any cache."""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from .process import in_fresh_process, progress
from .report import Report, Table, factor, percent
from .timing import ratio, spread

STEP = 11
"""Distance between the objectives that are measured alone.

It has no divisor in common with the 15 losses of a normalizer, so that every normalizer and loss
has its share.
"""

TOLERANCE = 1e-3
NOTES = (
    "Loss and gradient of {all} objectives, every normalizer with every loss of probabilities "
    "and the losses of logits, on a ray of 801 points and a plane of 201 x 201 points of three "
    "classes, float32; logitscape's sweep gives also p of the label, the prediction and the "
    "domain.",
    "Each in a fresh process, {rounds} rounds in turn; seconds include the imports; ± is half "
    "the distance between the quartiles.",
    "One jit per objective: every eleventh objective, others in every round, and the time after "
    "the imports scaled to all. It is called for the ray and for the plane, so compiled for both "
    "shapes; joined: called once for both.",
    "PyTorch: eager autograd over the {torch} pairs whose textbook formula is a line, scaled to "
    "all in the same way; it compiles nothing, and lacks the accuracy at the ends and the sparse "
    "normalizers.",
    "Checked: the gradients on the ray agree wherever they are finite, to 1e-3 of the largest.",
    "Goal: one jit per objective takes at least 6 times as long as logitscape.",
)

OURS = "logitscape, two sweeps"
JAX: dict[str, dict[str, Any]] = {
    OURS: {"way": "family", "step": 1},
    "one jit per objective": {"way": "jit", "step": STEP},
    "one jit per objective, joined": {"way": "jit joined", "step": STEP},
}
TORCH = "PyTorch eager"


@dataclass(frozen=True)
class Start:
    """One measurement of one way.

    Attributes:
        imports: Seconds for the imports.
        total: Seconds in all, scaled to all objectives.
        measured: Number of objectives that were measured.
    """

    imports: float
    total: float
    measured: int


def measure(quick: bool) -> Report:
    """Run every way in fresh processes."""
    rounds = 1 if quick else 3
    starts = [_round(number, quick) for number in range(rounds)]
    first = starts[0]
    torch = first[TORCH].measured if TORCH in first else "no"
    sizes = {"all": first[OURS].measured, "rounds": rounds, "torch": torch}
    by_way = {way: [start[way] for start in starts] for way in first}
    notes = [note.format(**sizes) for note in NOTES]
    return Report("cold", "Cold start", [_table(by_way)], notes)


def _round(number: int, few: bool) -> dict[str, Start]:
    """Measure every way once."""
    with tempfile.TemporaryDirectory() as folder:
        files = {way: str(Path(folder) / f"{way}.npz") for way in (*JAX, TORCH)}
        results = {}
        for way, options in JAX.items():
            progress(f"cold: {way}, round {number + 1}")
            results[way] = in_fresh_process(
                "cold_jax",
                **options,
                start=number % options["step"],
                few=few,
                keep=files[way],
            )
        if find_spec("torch"):
            progress(f"cold: {TORCH}, round {number + 1}")
            results[TORCH] = in_fresh_process("cold_torch", few=few, keep=files[TORCH])
        for way in results:
            _check(way, files[OURS], files[way])
    objectives = results[OURS]["measured"]
    return {way: _scaled(result, objectives) for way, result in results.items()}


def _scaled(result: dict[str, Any], objectives: int) -> Start:
    """The measurement, with the time after the imports scaled to all objectives."""
    measured = result["measured"]
    fixed = result["wall"] - result["rest"]
    return Start(
        imports=result["imports"],
        total=fixed + result["rest"] * objectives / measured,
        measured=measured,
    )


def _check(way: str, our_file: str, other_file: str) -> None:
    """Compare gradients where both are finite.

    The tolerance is relative to the largest of them too, as textbook formulas cancel.
    """
    with np.load(our_file) as ours, np.load(other_file) as others:
        for name in others:
            finite = np.isfinite(others[name]) & np.isfinite(ours[name])
            actual = others[name][finite]
            expected = ours[name][finite]
            largest = np.max(np.abs(expected), initial=0)
            np.testing.assert_allclose(
                actual,
                expected,
                rtol=TOLERANCE,
                atol=TOLERANCE * largest,
                err_msg=f"{way}: {name}",
            )


def _table(starts: Mapping[str, Sequence[Start]]) -> Table:
    columns = (
        "way",
        "objectives measured",
        "imports",
        "all, scaled",
        "spread",
        "time / ours",
    )
    rows = [_row(way, runs, starts[OURS]) for way, runs in starts.items()]
    return Table("Seconds", columns, rows)


def _row(way: str, runs: Sequence[Start], ours: Sequence[Start]) -> list[str]:
    imports = statistics.median(run.imports for run in runs)
    totals = [run.total for run in runs]
    our_totals = [run.total for run in ours]
    return [
        way,
        str(runs[0].measured),
        f"{imports:.1f}",
        f"{statistics.median(totals):.1f}",
        percent(spread(totals)),
        factor(ratio(totals, our_totals)),
    ]
