"""Loss and gradient of large batches in float32: numbers per second, beside other ways."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .process import in_fresh_process
from .report import Report, Table, factor, percent
from .timing import ratio, spread

OURS = "logitscape"
TORCH = ("PyTorch autograd", "torch.func", "torch.compile")
RIVALS = {
    "plain JAX": ("plain JAX",),
    "textbook JAX": ("textbook JAX",),
    "PyTorch": TORCH,
    "NumPy": ("NumPy",),
}
NOTES = (
    "A batch of m examples of n classes, n m = {numbers:,} standard normal numbers; loss and "
    "gradient of each.",
    "All run in turn, {rounds} rounds; times are medians, ± is half the distance between the "
    "quartiles, ratios are medians over the rounds.",
    "[n, m] has the classes in front; [m, n] is the usual layout, and the only one measured for n "
    "above 16. All count in their faster layout, PyTorch in its fastest way.",
    "Checked first: all compute the same values, relative tolerance 1e-4.",
    "plain JAX: `jit(vmap(value_and_grad(objective)))` of logitscape's objective, which has the "
    "same rule as `ls.value_and_grad`, but is given a one-hot target and not unrolled; textbook "
    "JAX: the same of the formula written with `jax.nn`; exp and copy: one `jnp.exp`, or one copy, "
    "of the same numbers, as a limit.",
    "The goal beside the textbook's form is 1 / 1.15. Part `training` measures more pairs, in the "
    "form of a training step.",
)


@dataclass(frozen=True)
class Case:
    """The measurements of one pair and number of classes.

    Attributes:
        pair: "NORMALIZER + LOSS".
        n: Number of classes.
        numbers: Number of logits.
        seconds: Seconds in every round, by family and layout.
        unavailable: Why a family could not be measured, by its name.
    """

    pair: str
    n: int
    numbers: int
    seconds: dict[tuple[str, str], list[float]]
    unavailable: dict[str, str]

    def best(self, families: Iterable[str]) -> tuple[str, str]:
        """The fastest of some families, with its layout."""
        measured = [key for key in self.seconds if key[0] in families]
        return min(measured, key=lambda key: statistics.median(self.seconds[key]))

    def times_faster(self, families: Iterable[str]) -> float:
        """The time of the fastest family over ours, each in its faster layout; NaN if none ran."""
        if not any(family in families for family, _ in self.seconds):
            return math.nan
        others = self.seconds[self.best(families)]
        return ratio(others, self.seconds[self.best([OURS])])


def measure(quick: bool) -> Report:
    """Run all cases in one process."""
    result = in_fresh_process("throughput_worker", quick=quick)
    cases = [_case(case) for case in result["cases"]]
    notes = [note.format(**result) for note in NOTES]
    notes += _reasons(cases)
    tables = [_goals(cases), _ratios(cases), _times(cases)]
    return Report("throughput", "Throughput of loss and gradient", tables, notes)


def _reasons(cases: Sequence[Case]) -> list[str]:
    """Why some peers were not measured, once for each reason."""
    reasons = set()
    for case in cases:
        for name, why in case.unavailable.items():
            reasons.add(f"Not available: {name}: {why}")
    return sorted(reasons)


def _case(result: dict[str, Any]) -> Case:
    rows = result.pop("seconds")
    seconds = {(family, layout): values for family, layout, values in rows}
    return Case(**result, seconds=seconds)


def _goals(cases: Sequence[Case]) -> Table:
    entropy = [case for case in cases if case.pair == "softmax + cross_entropy"]
    few = [case for case in cases if case.n <= 16]
    many = [case for case in cases if case.n > 16]
    rows = [
        _goal("times textbook JAX, n up to 16", 1 / 1.15, few, ["textbook JAX"]),
        _goal("times textbook JAX, n above 16", 1 / 1.15, many, ["textbook JAX"]),
        _goal("times PyTorch's best", 1, cases, TORCH),
        _goal("times one exp pass, softmax + cross_entropy", 0.5, entropy, ["exp"]),
    ]
    columns = (
        "logitscape's numbers per second",
        "goal",
        "least",
        "geometric mean",
        "met",
    )
    return Table("Goals", columns, rows)


def _goal(
    name: str, goal: float, cases: Sequence[Case], rivals: Sequence[str]
) -> list[str]:
    ratios = [case.times_faster(rivals) for case in cases]
    if not ratios or math.isnan(min(ratios)):
        return [name, factor(goal), "not measured", "", ""]
    least = min(ratios)
    mean = statistics.geometric_mean(ratios)
    return [
        name,
        factor(goal),
        f"{least:.2f}×",
        f"{mean:.2f}×",
        "yes" if least >= goal else "no",
    ]


def _ratios(cases: Sequence[Case]) -> Table:
    columns = (
        "pair",
        "n",
        "million numbers/s",
        "spread",
        "in [m, n]",
        *RIVALS,
        "PyTorch's best",
        "exp",
        "copy",
    )
    return Table("Times faster than", columns, [_ratio_row(case) for case in cases])


def _ratio_row(case: Case) -> list[str]:
    ours = case.seconds[case.best([OURS])]
    speed = case.numbers / statistics.median(ours) / 1e6
    in_rows = case.numbers / statistics.median(case.seconds[OURS, "[m, n]"]) / 1e6
    return [
        case.pair,
        str(case.n),
        f"{speed:.0f}",
        percent(spread(ours)),
        f"{in_rows:.0f}",
        *(factor(case.times_faster(families)) for families in RIVALS.values()),
        _fastest_torch(case),
        factor(case.times_faster(["exp"])),
        factor(case.times_faster(["copy"])),
    ]


def _fastest_torch(case: Case) -> str:
    if not any(family in TORCH for family, _ in case.seconds):
        return "none"
    family, _ = case.best(TORCH)
    return family


def _times(cases: Sequence[Case]) -> Table:
    rows = []
    for case in cases:
        for (family, layout), seconds in case.seconds.items():
            row = [
                case.pair,
                str(case.n),
                family,
                layout,
                f"{1e3 * statistics.median(seconds):.2f}",
                percent(spread(seconds)),
            ]
            rows.append(row)
    return Table("All times", ("pair", "n", "way", "layout", "ms", "spread"), rows)
