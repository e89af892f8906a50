"""The measuring half of `confident_start.py`: gradient laws before training, then the training, and the tables of both."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
import pandas as pd

import logitscape as ls
from logitscape._src.datasets import builtin as data
from logitscape._src.datasets.dataset import Dataset

from ..harness import StudyRun
from ..shared.intervals import interval
from .laws import (
    CONFIDENT,
    GENTLE,
    LOGIT_LOSSES,
    TRAINED,
    catalogue,
    laws_of,
    points_of,
)

STARTS = {GENTLE: "gentle", CONFIDENT: "confident"}
LEARNING_RATES = (0.03, 0.2, 1.0, 6.0, 40.0, 250.0)
TUNING_SEEDS, SEEDS = (100, 101), tuple(range(10))
BATCH, EPOCHS = 64, 12
RECORDS = 16  # of the curves
TELLING = (
    "softmax + cross_entropy",
    "entmax_loss",
    "taylor + cross_entropy",
    "softplus + cross_entropy",
    "softmax + clipped_cross_entropy",
    "softmax + brier",
    "softmax + mae",
    "sparsemax + brier",
    "softmax + exponential",
)
QUICK: dict[str, tuple[str, ...]] = {
    "softmax": ("cross_entropy", "kl", "brier"),
    "sum": ("cross_entropy",),
    LOGIT_LOSSES: ("perceptron",),
}


def measure(plan: StudyRun) -> dict[str, pd.DataFrame]:
    jax.config.update("jax_enable_x64", True)
    digits, families = data.digits(seed=0), QUICK if plan.quick else catalogue()
    points = points_of(digits)
    laws = plan.gather(
        "gradient laws",
        list(families),
        lambda family: laws_of(family, families[family], points),
        threads=2,
    )
    pairs = list(laws.pair[laws.use == TRAINED])
    train = partial(trained, digits, 2 if plan.quick else EPOCHS)
    seeds = SEEDS[:4] if plan.quick else SEEDS
    runs = plan.gather("training", pairs, partial(tuned_runs, train, seeds), threads=2)
    tuning = tuned(runs)
    shown = [pair for pair in TELLING if pair in pairs][: 1 if plan.quick else None]
    again = plan.gather(
        "curves",
        shown,
        lambda pair: train(best_of(tuning, pair), seeds, pair, records=RECORDS),
        threads=2,
    )
    return {
        "pairs": laws.assign(margin=points.margin).merge(
            results(chosen(runs, tuning)), on="pair", how="left"
        ),
        "tuning": tuning,
        "curves": curves(chosen(again, tuning)),
    }


def tuned_runs(
    train: Callable[..., pd.DataFrame], seeds: Sequence[int], pair: str
) -> pd.DataFrame:
    """The tuning seeds with every learning rate, the others with those that are best from one start or the other.

    Each call trains as many members, so that one program serves all.
    """
    tuning = pd.concat(
        [train([rate], TUNING_SEEDS, pair) for rate in LEARNING_RATES],
        ignore_index=True,
    )
    groups = [
        seeds[i : i + len(TUNING_SEEDS)]
        for i in range(0, len(seeds), len(TUNING_SEEDS))
    ]
    final = [
        train([rate], some, pair)
        for rate in best_of(tuned(tuning), pair)
        for some in groups
    ]
    return pd.concat([tuning, *final], ignore_index=True)


def trained(
    digits: Dataset,
    epochs: int,
    rates: Sequence[float],
    seeds: Sequence[int],
    pair: str,
    *,
    records: int = 1,
) -> pd.DataFrame:
    """Accuracy of every run: learning rate x seed x start x record."""
    per_epoch = len(digits.train.labels) // BATCH
    found = ls.train(
        pair,
        digits,
        learning_rates=rates,
        seeds=seeds,
        init_scales=tuple(STARTS),
        steps=epochs * per_epoch,
        batch_size=BATCH,
        metrics_every=max(1, epochs * per_epoch // records),
        metrics=("accuracy",),
    )
    axes = {
        "learning_rate": found.learning_rates,
        "seed": found.seeds,
        "start": list(STARTS.values()),
        "step": found.steps,
    }
    index = pd.MultiIndex.from_product(list(axes.values()), names=list(axes))
    _, validation, test = found.accuracy
    diverged = np.broadcast_to((found.diverged_at >= 0)[..., None], test.shape)
    columns = {
        "validation": validation.ravel().astype(float),
        "test": test.ravel(),
        "diverged": diverged.ravel(),
    }
    return (
        pd.DataFrame(columns, index)
        .reset_index()
        .assign(pair=pair, epoch=lambda table: table.step / per_epoch)
    )


def tuned(runs: pd.DataFrame) -> pd.DataFrame:
    """Validation accuracy of every learning rate after the last epoch, over the tuning seeds, and the best."""
    last = runs[runs.seed.isin(TUNING_SEEDS) & (runs.epoch == runs.epoch.max())]
    table = last.pivot_table(
        index=["pair", "start"],
        columns="learning_rate",
        values="validation",
        sort=False,
    )
    best = table.round(6).idxmax(
        axis=1
    )  # the same one among equals whether or not the numbers have been text
    edge = np.select(
        [best == table.columns[0], best == table.columns[-1]],
        ["lowest", "highest"],
        "inside",
    )
    return (
        table.rename(columns=lambda rate: f"{rate:g}")
        .assign(best=best, edge=edge)
        .reset_index()
    )


def best_of(tuning: pd.DataFrame, pair: str) -> list[float]:
    """The learning rates that were best for a pair, from one start or the other."""
    return sorted(set(tuning.best[tuning.pair == pair]))


def chosen(runs: pd.DataFrame, tuning: pd.DataFrame) -> pd.DataFrame:
    """The runs of the other seeds with the learning rates that were tuned."""
    best = tuning[tuning.pair.isin(runs.pair)][["pair", "start", "best"]].rename(
        columns={"best": "learning_rate"}
    )
    found = runs[~runs.seed.isin(TUNING_SEEDS)].merge(
        best, on=["pair", "start", "learning_rate"]
    )
    assert len(found.drop_duplicates(["pair", "start"])) == len(best)
    return found


def results(final: pd.DataFrame) -> pd.DataFrame:
    """A row for each pair: test accuracy after the last epoch from both starts, and the way back."""
    return pd.DataFrame(
        [result(pair, table) for pair, table in final.groupby("pair", sort=False)]
    )


def result(pair: Any, table: pd.DataFrame) -> dict[str, Any]:
    ends = table[table.epoch == table.epoch.max()]
    accuracy = ends.pivot_table(index="seed", columns="start", values="test")
    begun = (
        table[(table.start == "confident") & (table.epoch == 0)].set_index("seed").test
    )
    way = (accuracy.confident - begun) / (accuracy.gentle - begun)
    diverged = ends.groupby("start").diverged.sum()
    return {
        "pair": pair,
        **interval("gentle", accuracy.gentle),
        **interval("confident", accuracy.confident),
        **interval("difference", accuracy.confident - accuracy.gentle),
        **interval("way_back", way),
        "gentle_diverged": diverged.gentle,
        "confident_diverged": diverged.confident,
        "seeds": len(accuracy),
    }


def curves(final: pd.DataFrame) -> pd.DataFrame:
    """Mean test accuracy over the epochs, from both starts."""
    table = final.pivot_table(
        index=["pair", "start"], columns="epoch", values="test", sort=False
    )
    return table.rename(columns=lambda epoch: f"{epoch:g}").reset_index()
