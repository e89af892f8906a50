"""Findings about recovery from a confidently wrong start, and about its prediction."""

from typing import TYPE_CHECKING, Any

from ..harness.findings import Finding, Verdict, proved
from .judgement import (
    BACK,
    LEARNS,
    SPARSE_SQUARED_ERROR,
    SQUARED_ERROR,
    is_steady,
)

FEW = 0.05
"""Largest share of tuned rates that may lie at the edge of the grid."""

if TYPE_CHECKING:
    import pandas as pd


def reference_recovers(reference: "pd.Series[Any]") -> Finding:
    behind = reference.difference_high < 0
    verdict: Verdict = "holds with a limit" if behind else "holds"
    if reference.way_back < BACK:
        verdict = "does not hold"
    difference = interval_text(reference, "difference")
    return Finding(
        id="C07m",
        claim="started confidently wrong, softmax + cross_entropy recovers",
        measured=accuracies_text(reference),
        verdict=verdict,
        limit=f"it is still behind by {difference} points" if behind else "",
    )


def others_are_stuck(learning: "pd.DataFrame") -> Finding:
    recovering = learning.recovers.sum()
    stuck = learning.stuck.sum()
    partly = (~learning.recovers & ~learning.stuck).sum()
    counts = f"{recovering} recover, {partly} do so in part, and {stuck} stay stuck"
    return Finding(
        id="C07n",
        claim="other pairs that learn do not all come back from there",
        measured=f"of {len(learning)}, {counts}",
        verdict="holds with a limit" if recovering and stuck else "does not hold",
        limit=f"softmax + cross_entropy is one of {recovering} that recover",
    )


def constant_gradients(by_pair: "pd.DataFrame") -> Finding:
    steady = [pair for pair in by_pair.index if is_steady(pair)]
    steady_recovers = by_pair.recovers[steady]
    others = by_pair.drop(steady)
    exceptions = [pair for pair in steady if not steady_recovers[pair]]
    return Finding(
        id="C04x",
        claim="pairs whose gradient stays constant while wrong recover: e^z with -log p",
        measured=f"{steady_recovers.sum()} of {len(steady)} such pairs recover, and of the others "
        f"{others.recovers.sum()} of {len(others)}",
        verdict="holds with a limit" if exceptions else "holds",
        limit=f"{', '.join(exceptions)} do not" if exceptions else "",
    )


def squared_error(by_pair: "pd.DataFrame") -> list[Finding]:
    """Findings about squared error, for those of its pairs that were measured."""
    findings = []
    if SQUARED_ERROR in by_pair.index:
        findings.append(squared_error_is_stuck(by_pair.loc[SQUARED_ERROR]))
    if SPARSE_SQUARED_ERROR in by_pair.index:
        findings.append(gradient_is_dead(by_pair.loc[SPARSE_SQUARED_ERROR]))
    return findings


def squared_error_is_stuck(row: "pd.Series[Any]") -> Finding:
    stuck = row.difference_high < 0 and row.stuck
    return Finding(
        id="C07r",
        claim="squared error with softmax stays stuck",
        measured=accuracies_text(row),
        verdict="holds" if stuck else "holds with a limit",
        limit="" if stuck else f"it comes {row.way_back:.0%} of the way back",
    )


def gradient_is_dead(row: "pd.Series[Any]") -> Finding:
    return proved(
        id="C07s",
        claim="with sparsemax and squared error the gradient is exactly 0 on the way (R1)",
        value=row.R1,
        expected=0,
        tolerance=0,
        measured=f"it is {{:.0f}}; the model comes {row.way_back:.0%} of the way back",
    )


def pairs_that_learn(pairs: "pd.DataFrame") -> Finding:
    equal = pairs.use.str.startswith("the same")
    trained = pairs.use == "trained"
    learning = pairs.gentle >= LEARNS
    limit = (
        f"{equal.sum()} equal others; "
        f"{(~equal & ~trained).sum()} have no finite or no gradient there; "
        f"{(trained & ~learning).sum()} stay below {LEARNS:.0%}"
    )
    return Finding(
        id="C07t",
        claim="this can be asked of the pairs that learn from the gentle start",
        measured=f"{learning.sum()} of {len(pairs)} learn from the gentle start",
        verdict="holds with a limit",
        limit=limit,
    )


def edges_of_the_grid(
    pairs: "pd.DataFrame", tuning: "pd.DataFrame", others: "pd.DataFrame"
) -> Finding:
    learning = pairs.pair[pairs.gentle >= LEARNS]
    tuned = tuning[tuning.pair.isin(learning)]
    at_edge = tuned[tuned.edge != "inside"].start.value_counts()
    gentle, confident = at_edge.get("gentle", 0), at_edge.get("confident", 0)
    both = gentle + confident
    verdict: Verdict = "holds with a limit" if both else "holds"
    if both > FEW * len(tuned):
        verdict = "does not hold"
    return Finding(
        id="C07u",
        claim="the learning rates that were tuned lie inside the grid",
        measured=f"of {len(tuned)}, {both} lie at its edge, {gentle} from the gentle start and "
        f"{confident} from the confident one",
        verdict=verdict,
        limit=f"these might do better beyond it; {edges_elsewhere(others)}"
        if both
        else "",
    )


def edges_elsewhere(others: "pd.DataFrame") -> str:
    """How many of the tuned rates lie at the edge with other data and another model."""
    parts = []
    for setting, of_setting in others[others.gentle >= LEARNS].groupby(
        "setting", sort=False
    ):
        edges = of_setting[["gentle_edge", "confident_edge"]] != "inside"
        parts.append(f"{edges.to_numpy().sum()} of {edges.size} ({setting})")
    return "elsewhere they are " + " and ".join(parts)


def accuracies_text(row: "pd.Series[Any]") -> str:
    """Accuracies from both starts."""
    confident = interval_text(row, "confident")
    return f"its accuracy is {confident} %, and started gently {interval_text(row, 'gentle')} %"


def interval_text(row: "pd.Series[Any]", name: str) -> str:
    """A share in percent, with its interval."""
    mean, low, high = (100 * row[name + end] for end in ("", "_low", "_high"))
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"
