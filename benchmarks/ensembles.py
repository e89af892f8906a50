"""Training many small classifiers: model-steps per second, beside two ways of PyTorch."""

import statistics
from collections.abc import Sequence
from typing import Any

from .process import in_fresh_process
from .report import Report, Table, factor, percent
from .timing import ratio, spread

OURS = "logitscape"
LOOP = "PyTorch, one after the other"
FUNCTIONAL = "torch.func, vmapped"
NOTES = (
    "{models} classifiers, 64 hidden units, ReLU, softmax + cross_entropy, on scikit-learn's "
    "digits (1,078 to train on), float32: {rates} learning rates x {seeds} seeds; plain SGD, "
    "{steps} steps on mini-batches, shuffled by the seed in every epoch. A model-step is one step "
    "of one classifier.",
    "All run in turn, {rounds} rounds; speeds are medians, ± is half the distance between the "
    "quartiles, ratios are medians over the rounds. Each is compiled or warmed up before.",
    "logitscape is `train` as users call it: metrics of all 1,797 images at the start and at the "
    "end, shuffling and a test for divergence in every step are in its time. PyTorch takes steps "
    "only, and finds its mini-batches drawn.",
    "The loop trains {loop_models} of the classifiers: a step takes the same time for each. "
    "PyTorch has as many threads as it is fastest with: {threads}.",
    "torch.func: `vmap(grad(loss))` over stacked parameters, all updated by one operation; the "
    "mini-batches are gathered for all classifiers at once.",
    "Checked first: from the same initial values and on the same mini-batches, all reach the "
    "same parameters, relative tolerance 1e-3.",
)


def measure(quick: bool) -> Report:
    """Run all sizes in one process."""
    result = in_fresh_process("ensembles_worker", quick=quick)
    cases = result["cases"]
    notes = [note.format(**result) for note in NOTES]
    tables = [_goals(cases), _speeds(cases, result["models"])]
    return Report("ensembles", "Training many classifiers", tables, notes)


def _goals(cases: Sequence[dict[str, Any]]) -> Table:
    columns = ("logitscape's model-steps per second", "goal", "least", "met")
    rows = [_goal(cases, LOOP, 10), _goal(cases, FUNCTIONAL, 1)]
    return Table("Goals", columns, rows)


def _goal(cases: Sequence[dict[str, Any]], rival: str, goal: float) -> list[str]:
    ratios = []
    for case in cases:
        seconds = case["seconds"]
        if rival in seconds:
            ratios.append(ratio(seconds[rival], seconds[OURS]))
    if not ratios:
        return [f"times {rival}", factor(goal), "not measured", ""]
    least = min(ratios)
    met = "yes" if least >= goal else "no"
    return [f"times {rival}", factor(goal), factor(least), met]


def _speeds(cases: Sequence[dict[str, Any]], models: int) -> Table:
    columns = (
        "way",
        "mini-batch",
        "model-steps/s",
        "spread",
        "microseconds per model-step",
        "logitscape is faster by",
    )
    rows = []
    for case in cases:
        rows += [_speed(case, way) for way in case["seconds"]]
    return Table(f"{models} classifiers", columns, rows)


def _speed(case: dict[str, Any], way: str) -> list[str]:
    seconds = case["seconds"][way]
    middle = statistics.median(seconds)
    return [
        way,
        str(case["batch_size"]),
        f"{1 / middle:,.0f}",
        percent(spread(seconds)),
        f"{1e6 * middle:.1f}",
        factor(ratio(seconds, case["seconds"][OURS])),
    ]
