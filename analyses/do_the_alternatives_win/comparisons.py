"""Comparisons of all pairs with softmax and cross-entropy."""

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..shared.intervals import LEVEL, Difference, difference, holm

if TYPE_CHECKING:
    import pandas as pd

IMAGES = "images, 10 classes"
LANGUAGE = "language, 10,000 classes"
TASKS = (IMAGES, LANGUAGE)
REFERENCE = "softmax + cross_entropy"
TAYLOR = "taylor + cross_entropy"
SPHERICAL = "spherical + cross_entropy"
SPARSE = (
    "sparsemax_loss",
    "entmax_loss(alpha=1.5)",
    "sparsemax + brier",
    "entmax(alpha=1.5) + brier",
)
METRICS = {
    "accuracy": (100, "percentage points more"),
    "nll": (-1, "nats per example less"),
}
"""For each metric the factor that makes a better difference positive, and the unit."""


class Key(NamedTuple):
    """The task, the pair and the metric of a comparison."""

    task: str
    pair: str
    metric: str


class Comparison(NamedTuple):
    """A pair compared with softmax and cross-entropy.

    Attributes:
        gain: Difference of the metric, positive where the pair is better.
        significant: Whether the difference is significant among all comparisons.
        impossible: Share of test labels that got probability 0.
    """

    gain: Difference
    significant: bool
    impossible: float


Comparisons: TypeAlias = dict[Key, Comparison]


def comparisons(results: "pd.DataFrame") -> Comparisons:
    """All comparisons; they are one family."""
    gains: dict[Key, Difference] = {}
    impossible: dict[Key, float] = {}
    for task in results["task"].unique():
        for metric, (factor, _) in METRICS.items():
            rows = tuned_for(metric, results[results["task"] == task])
            is_reference = rows["pair"] == REFERENCE
            reference = rows[is_reference].set_index("seed")[metric]
            for pair, of_pair in rows[~is_reference].groupby("pair", sort=False):
                key = Key(task, str(pair), metric)
                # Paired by seed; where one is missing, NaN makes
                # the whole comparison unknown.
                values = of_pair.set_index("seed")[metric].reindex(reference.index)
                gains[key] = difference(factor * values, factor * reference)
                impossible[key] = float(of_pair["impossible"].mean())
    corrected = holm([gain.p for gain in gains.values()])
    return {
        key: Comparison(gain, p < LEVEL, impossible[key])
        for (key, gain), p in zip(gains.items(), corrected, strict=True)
    }


def tuned_for(metric: str, results: "pd.DataFrame") -> "pd.DataFrame":
    """The results with the settings that were tuned for the metric."""
    return results[results["best_for"].str.contains(metric)]


def reference_values(
    results: "pd.DataFrame", task: str, metric: str
) -> "pd.Series[float]":
    """The metric of softmax with cross-entropy, by seed."""
    is_reference = (results["task"] == task) & (results["pair"] == REFERENCE)
    rows = tuned_for(metric, results[is_reference])
    return rows.set_index("seed")[metric]


def by_accuracy(compared: Comparisons, task: str) -> dict[str, Comparison]:
    """The comparisons of accuracy in a task, by pair."""
    return {
        key.pair: comparison
        for key, comparison in compared.items()
        if key.task == task and key.metric == "accuracy"
    }


def is_better(comparison: Comparison) -> bool:
    return comparison.significant and comparison.gain.mean > 0


def is_worse(comparison: Comparison) -> bool:
    return comparison.significant and comparison.gain.mean < 0
