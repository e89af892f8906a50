"""Tables made from the accuracies of all runs: the tuned rates, the results and the curves."""

from typing import Any

import numpy as np
import pandas as pd

from ..shared.intervals import interval


def tuned_rates(runs: pd.DataFrame) -> pd.DataFrame:
    """The best learning rate for each pair and start.

    Beside it are the validation accuracies of all rates after the last epoch, and whether the best
    rate is the lowest or the highest of the grid.
    """
    last = runs[runs.epoch == runs.epoch.max()]
    table = last.pivot_table(
        index=["pair", "start"],
        columns="learning_rate",
        values="validation",
        sort=False,
    )
    best = table.apply(_middle_of_the_best, axis=1)
    lowest, highest = table.columns[0], table.columns[-1]
    edge = np.select([best == lowest, best == highest], ["lowest", "highest"], "inside")
    named = table.rename(columns=lambda rate: f"{rate:g}")
    return named.assign(best=best, edge=edge).reset_index()


def _middle_of_the_best(accuracies: "pd.Series[float]") -> float:
    """The rate of the highest accuracy; of several with the same one, that in the middle."""
    # Rounded, as equal ones stay equal when the numbers have been read back from text.
    rounded = accuracies.round(6)
    best = rounded.index[rounded == rounded.max()]
    return float(best[(len(best) - 1) // 2])


def best_rates(tuning: pd.DataFrame, pair: str) -> list[float]:
    """The learning rates that were best for a pair, from one start or the other."""
    return sorted(set(tuning.best[tuning.pair == pair]))


def with_tuned_rate(runs: pd.DataFrame, tuning: pd.DataFrame) -> pd.DataFrame:
    """The runs with the learning rate that was tuned for their pair and start."""
    best = tuning[tuning.pair.isin(runs.pair)]
    best = best[["pair", "start", "best"]]
    best = best.rename(columns={"best": "learning_rate"})
    tuned = runs.merge(best, on=["pair", "start", "learning_rate"])
    # Rates that were read back from text must still be equal.
    matched = tuned.drop_duplicates(["pair", "start"])
    assert len(matched) == len(best)
    return tuned


def results(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each pair: test accuracies after the last epoch, and the way back."""
    rows = []
    for pair, of_pair in runs.groupby("pair", sort=False):
        rows.append(_result(pair, of_pair))
    return pd.DataFrame(rows)


def _result(pair: Any, runs: pd.DataFrame) -> dict[str, Any]:
    ends = runs[runs.epoch == runs.epoch.max()]
    accuracy = ends.pivot_table(index="seed", columns="start", values="test")
    starts = runs[(runs.start == "confident") & (runs.epoch == 0)]
    before = starts.set_index("seed").test
    # By seed, as both starts of a seed have the same mini-batches
    # and directions of the weights.
    way_back = (accuracy.confident - before) / (accuracy.gentle - before)
    diverged = ends.groupby("start").diverged.sum()
    return {
        "pair": pair,
        **interval("gentle", accuracy.gentle),
        **interval("confident", accuracy.confident),
        **interval("difference", accuracy.confident - accuracy.gentle),
        **interval("way_back", way_back),
        "gentle_diverged": diverged.gentle,
        "confident_diverged": diverged.confident,
        "seeds": len(accuracy),
    }


def curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean test accuracies with a row per pair and start, and a column per epoch."""
    table = runs.pivot_table(
        index=["pair", "start"], columns="epoch", values="test", sort=False
    )
    return table.rename(columns=lambda epoch: f"{epoch:g}").reset_index()
