"""What the arrangements of `ls.value_and_grad` on CPUs are worth, beside a plain `jax.vmap`.

Losses that have no rule of their own are evaluated in blocks: up to 6 classes the code of an
example is unrolled, class by class; with more classes a block has whole rows. This measures every
arrangement for every loss, so that it is seen where each one earns its place.
"""

from typing import Any

from .process import in_fresh_process
from .report import Report, Table, factor, percent
from .timing import ratio, spread

UNROLLED = "unrolled"
ROWS = "blocks of rows"
PLAIN = "vmap"
NOTES = (
    "A batch of {numbers:,} standard normal logits [m, n] in float32; loss and gradient of every "
    "example, compiled.",
    "All run in turn, {rounds} rounds; ratios are medians over the rounds, ± is half the distance "
    "between the quartiles of vmap's time.",
    "A pair of a separable normalizer and a loss of it has a rule: its loss and gradient in a few "
    "passes. An arrangement earns its place where its ratio is above 1.",
)


def measure(quick: bool) -> Report:
    """Run all cases in one process."""
    result = in_fresh_process("blocks_worker", quick=quick)
    columns = ("loss", "has a rule", "n", "used", UNROLLED, ROWS, "spread")
    rows = [_row(case) for case in result["cases"]]
    table = Table("Times faster than vmap", columns, rows)
    notes = [note.format(**result) for note in NOTES]
    return Report("blocks", "Arrangements of a large batch", [table], notes)


def _row(case: dict[str, Any]) -> list[str]:
    plain = case["seconds"][PLAIN]
    return [
        case["loss"],
        "yes" if case["has_rule"] else "no",
        f"{case['n']:,}",
        case["used"],
        _times_faster(case, UNROLLED),
        _times_faster(case, ROWS),
        percent(spread(plain)),
    ]


def _times_faster(case: dict[str, Any], way: str) -> str:
    seconds = case["seconds"]
    return factor(ratio(seconds[PLAIN], seconds[way])) if way in seconds else ""
