"""What `ls.probe` costs in a training step."""

from typing import Any

from .process import in_fresh_process, progress
from .report import Report, Table

GOAL = 0.05
"""Share of a training step that a probe may take, at every tenth step."""
COLUMNS = (
    "training",
    "batch",
    "step, ms",
    "probe at every step",
    "at every 10th",
)
NOTES = (
    "Steps of SGD, compiled, on one core: `mlp` is a network of one hidden layer with "
    "`ls.per_example`, `linear_loss` a linear layer under `ls.linear_loss` with "
    "`ls.probe_linear_loss`. The probe takes the logits that the step has anyway (`has_aux`), but "
    "for `linear_loss`, which computes those of a tenth of the rows once more.",
    "The costs are shares of the step's own time. At every step the probe is a part of the step; "
    "at every 10th it is compiled alone and called beside the step, as in docs/training_loop.md. "
    "Time is processor time, the least of {rounds} rounds of {steps} steps, all kinds in turn.",
    "The worst row at every 10th step is {worst}: {most} of the step; the goal is {goal}.",
)


def measure(quick: bool) -> Report:
    """Run all trainings in one process."""
    progress("probe: steps with and without")
    result = in_fresh_process("probe_worker", quick=quick)
    cases = result["cases"]
    rows = [_row(case) for case in cases]
    shares = {case["name"]: _share(case, "tenth") for case in cases}
    worst = max(shares, key=lambda name: shares[name])
    notes = [
        note.format(
            rounds=result["rounds"],
            steps=result["steps"],
            worst=worst,
            most=_percent(shares[worst]),
            goal=_percent(GOAL),
        )
        for note in NOTES
    ]
    print(f"worst: {worst}, {_percent(shares[worst])} of a step at every 10th step")
    return Report("probe", "Probes in training", [Table("Steps", COLUMNS, rows)], notes)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _share(case: dict[str, Any], way: str) -> float:
    """Time that a probe adds, as a share of the step's."""
    return float(case[way] / case["alone"] - 1)


def _row(case: dict[str, Any]) -> list[str]:
    return [
        case["name"],
        f"{case['batch']:,}",
        f"{1e3 * case['alone']:.3g}",
        _percent(_share(case, "every")),
        _percent(_share(case, "tenth")),
    ]
