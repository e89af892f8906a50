"""What each interpreter of traced programs is worth: with it, without it, and the textbook's form.

The engine evaluates traced programs in another arrangement where XLA is slow on CPUs. This measures
`ls.value_and_grad` as it is, blocks of rows evaluated by `jax.vmap` alone, the whole batch by
`jax.vmap`, and the formula as people write it, in float32.
"""

from collections.abc import Sequence
from typing import Any

from .process import in_fresh_process
from .report import Report, Table, factor, percent
from .timing import ratio, spread

RIVALS = ("blocks of rows by vmap", "vmap of the whole batch", "textbook JAX")
NOTES = (
    "A batch of {numbers:,} standard normal logits [m, n]; loss and gradient of every example.",
    "All run in turn, {rounds} rounds; ratios are medians over the rounds, ± is half the distance "
    "between the quartiles of our own time.",
    "An interpreter earns its place where the first ratio is above 1. Where the last one is below "
    "1, the textbook's form is faster still, at the textbook's accuracy.",
)


def measure(quick: bool) -> Report:
    """Run all cases in one process."""
    result = in_fresh_process("interpreters_worker", quick=quick)
    columns = ("interpreter", "pair", "n", *RIVALS, "spread")
    table = Table(
        "Times faster than", columns, [_row(case) for case in result["cases"]]
    )
    notes = [note.format(**result) for note in NOTES]
    return Report("interpreters", "The interpreters of the engine", [table], notes)


def _row(case: dict[str, Any]) -> Sequence[str]:
    ours = case["seconds"]["logitscape"]
    ratios = [factor(ratio(case["seconds"][rival], ours)) for rival in RIVALS]
    return [
        case["interpreter"],
        case["pair"],
        str(case["n"]),
        *ratios,
        percent(spread(ours)),
    ]
