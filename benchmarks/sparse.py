"""Training steps with sparse losses: their time beside cross-entropy's and that of other ways."""

import statistics
from collections.abc import Sequence
from typing import Any

from .process import in_fresh_process
from .report import Report, Table, factor

OURS = "logitscape"
CROSS_ENTROPY = "cross-entropy"
MOST_TIMES_CROSS_ENTROPY = 6.0
LEAST_TIMES_FASTER = 5.0
WITH_GOALS = ("optax", "entmax", "entmax by bisection")
"""What people use, whose time is to be a multiple of ours; the others are shown beside them."""
NOTES = (
    "`jit(value_and_grad(mean of the losses))` of a batch of m examples of n classes, n m = "
    "{numbers:,} normal numbers of the given standard deviation, float32, uniform labels.",
    "Times are processor times of a process that has one core, the least of {rounds} calls made "
    "in turn: they are what other load on the machine affects least.",
    "cross-entropy: `optax.softmax_cross_entropy_with_integer_labels`; optax: "
    "`optax.losses.multiclass_sparsemax_loss`.",
    "entmax: the package `entmax` on PyTorch, eager, by its losses' defaults, which sort; its "
    "losses by bisection; and its losses with `k=100`, which sort only the 100 largest logits as "
    "long as no support has more classes.",
    "In JAX: the sorting and the bisection of the package rewritten for XLA (algorithms 2 and 1 "
    "of arXiv 1905.05702), with p - e_y given as the gradient. XLA makes one pass over memory of "
    "each of the 50 bisections, so that 5 times their speed would leave 10 such passes for the "
    "whole step: one for the largest logit, one to four for the threshold, and four for the loss "
    "and the gradient, of which each does more arithmetic than a bisection.",
    "Checked first: all compute the same losses, tolerance 1e-4.",
)


def measure(quick: bool) -> Report:
    """Run all cases in one process."""
    result = in_fresh_process("sparse_worker", quick=quick)
    cases = result["cases"]
    notes = [note.format(**result) for note in NOTES]
    if result["no_entmax"]:
        notes.append(f"The package `entmax` was not measured: {result['no_entmax']}.")
    tables = [_goals(cases), _ratios(cases)]
    return Report("sparse", "Sparse losses in a training step", tables, notes)


def _goals(cases: Sequence[dict[str, Any]]) -> Table:
    columns = ("", "goal", "geometric mean", "worst row", "met")
    rows = []
    for spec in dict.fromkeys(case["spec"] for case in cases):
        of_spec = [case for case in cases if case["spec"] == spec]
        rows.append(_cost_goal(spec, of_spec))
        rows += [_speed_goal(spec, of_spec, peer) for peer in _peers(of_spec[0])]
    return Table("Goals", columns, rows)


def _cost_goal(spec: str, cases: Sequence[dict[str, Any]]) -> list[str]:
    costs = [_cost(case) for case in cases]
    met = max(costs) <= MOST_TIMES_CROSS_ENTROPY
    return [
        f"{spec}: time of cross-entropy = 1",
        f"at most {factor(MOST_TIMES_CROSS_ENTROPY)}",
        factor(statistics.geometric_mean(costs)),
        factor(max(costs)),
        "yes" if met else "no",
    ]


def _speed_goal(spec: str, cases: Sequence[dict[str, Any]], peer: str) -> list[str]:
    speeds = [_ratio(case, peer, OURS) for case in cases]
    goal, met = "none", ""
    if peer in WITH_GOALS:
        goal = f"at least {factor(LEAST_TIMES_FASTER)}"
        met = "yes" if min(speeds) >= LEAST_TIMES_FASTER else "no"
    return [
        f"{spec}: times faster than {peer}",
        goal,
        factor(statistics.geometric_mean(speeds)),
        factor(min(speeds)),
        met,
    ]


def _peers(case: dict[str, Any]) -> list[str]:
    return [name for name in case["seconds"] if name not in (OURS, CROSS_ENTROPY)]


def _ratio(case: dict[str, Any], slower: str, faster: str) -> float:
    seconds = case["seconds"]
    return float(seconds[slower] / seconds[faster])


def _cost(case: dict[str, Any]) -> float:
    return _ratio(case, OURS, CROSS_ENTROPY)


def _ratios(cases: Sequence[dict[str, Any]]) -> Table:
    columns = (
        "loss",
        "n",
        "standard deviation",
        "ms",
        "cross-entropy = 1",
        "times faster than",
    )
    return Table("All rows", columns, [_row(case) for case in cases])


def _row(case: dict[str, Any]) -> list[str]:
    ours = case["seconds"][OURS]
    speeds = [f"{peer} {factor(_ratio(case, peer, OURS))}" for peer in _peers(case)]
    return [
        case["spec"],
        f"{case['n']:,}",
        f"{case['scale']:g}",
        f"{1e3 * ours:.1f}",
        factor(_cost(case)),
        ", ".join(speeds),
    ]
