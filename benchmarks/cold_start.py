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
"""Prime to the 15 losses of a normalizer, so that all normalizers and losses have their share."""

TOLERANCE = 1e-3
NOTES = (
    "Loss and gradient of {all} objectives, every normalizer with every loss of probabilities and the losses of "
    "logits, on a ray of 801 points and a plane of 201 x 201 points of three classes, float32; logitscape's sweep "
    "gives also p of the label, the prediction and the domain.",
    "Each in a fresh process, {rounds} rounds in turn; seconds include the imports; ± is half the distance between "
    "the quartiles.",
    "One jit per objective: every eleventh objective, others in every round, and the time after the imports scaled to "
    "all. It is called for the ray and for the plane, so compiled for both shapes; joined: called once for both.",
    "PyTorch: eager autograd over the {torch} pairs whose textbook formula is a line, scaled to all in the same way; "
    "it compiles nothing, and lacks the accuracy at the ends and the sparse normalizers.",
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
    """Seconds for the imports and in all, scaled to all objectives, and how many of them were measured."""

    imports: float
    total: float
    measured: int


def measure(quick: bool) -> Report:
    """Run every way in fresh processes."""
    rounds = 1 if quick else 3
    starts = [_round(number, quick) for number in range(rounds)]
    first = starts[0]
    torch = first[TORCH].measured if TORCH in first else "no"
    notes = [
        note.format(all=first[OURS].measured, rounds=rounds, torch=torch)
        for note in NOTES
    ]
    return Report(
        "cold",
        "Cold start",
        [_table({way: [each[way] for each in starts] for way in first})],
        notes,
    )


def _round(number: int, few: bool) -> dict[str, Start]:
    """Every way once."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {way: str(Path(folder) / f"{way}.npz") for way in (*JAX, TORCH)}
        results = {}
        for way, options in JAX.items():
            progress(f"cold: {way}, round {number + 1}")
            results[way] = in_fresh_process(
                "cold_jax",
                **options,
                start=number % options["step"],
                few=few,
                keep=kept[way],
            )
        if find_spec("torch"):
            progress(f"cold: {TORCH}, round {number + 1}")
            results[TORCH] = in_fresh_process("cold_torch", few=few, keep=kept[TORCH])
        for way in results:
            _check(way, kept[OURS], kept[way])
    return {
        way: _scaled(result, results[OURS]["measured"])
        for way, result in results.items()
    }


def _scaled(result: dict[str, Any], objectives: int) -> Start:
    fixed = result["wall"] - result["rest"]
    return Start(
        result["imports"],
        fixed + result["rest"] * objectives / result["measured"],
        result["measured"],
    )


def _check(way: str, ours: str, theirs: str) -> None:
    """Compare gradients where both are finite, to 1e-3 of the largest, as textbook formulas cancel."""
    with np.load(ours) as expected, np.load(theirs) as got:
        for name in got:
            finite = np.isfinite(got[name]) & np.isfinite(expected[name])
            a, b = got[name][finite], expected[name][finite]
            scale = np.max(np.abs(b), initial=0)
            np.testing.assert_allclose(
                a, b, rtol=TOLERANCE, atol=TOLERANCE * scale, err_msg=f"{way}: {name}"
            )


def _table(starts: Mapping[str, Sequence[Start]]) -> Table:
    ours = [each.total for each in starts[OURS]]
    rows = []
    for way, runs in starts.items():
        totals = [each.total for each in runs]
        imports = statistics.median(each.imports for each in runs)
        cells = [
            f"{imports:.1f}",
            f"{statistics.median(totals):.1f}",
            percent(spread(totals)),
            factor(ratio(totals, ours)),
        ]
        rows.append([way, str(runs[0].measured), *cells])
    return Table(
        "Seconds",
        (
            "way",
            "objectives measured",
            "imports",
            "all, scaled",
            "spread",
            "time / ours",
        ),
        rows,
    )
