"""The measuring half of the study: gradient laws first, then training with tuned rates."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import jax
import numpy as np
import pandas as pd

import logitscape as ls
from logitscape._src.datasets import images
from logitscape._src.datasets.dataset import Dataset

from ..harness import StudyRun
from .laws import ALONE, CONFIDENT, GENTLE, TRAINED, catalog, laws_of, points_of
from .training_tables import best_rates, curves, results, tuned_rates, with_tuned_rate

STARTS = {GENTLE: "gentle", CONFIDENT: "confident"}
"""Names of the starts, by the standard deviation of the weights."""
LEARNING_RATES = (0.03, 0.2, 1.0, 6.0, 40.0, 250.0)
# Other seeds than those of the results, which a tuned rate would flatter.
TUNING_SEEDS = (100, 101)
SEEDS = tuple(range(10))
BATCH = 64
EPOCHS = 12
RECORDS = 16
"""Number of records of a curve."""
SHOWN = (
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
"""Pairs whose curves are drawn."""
QUICK_CATALOG: dict[str, tuple[str, ...]] = {
    "softmax": ("cross_entropy", "kl", "brier"),
    "sum": ("cross_entropy",),
    ALONE: ("perceptron",),
}
QUICK_EPOCHS = 2
QUICK_SEEDS = SEEDS[:4]
QUICK_SHOWN = SHOWN[:1]

Train: TypeAlias = Callable[..., pd.DataFrame]
"""A function of learning rates, seeds and a pair that trains, and returns the accuracies."""


def measure(run: StudyRun) -> dict[str, pd.DataFrame]:
    jax.config.update("jax_enable_x64", True)
    digits = images.digits(seed=0)
    points = points_of(digits)
    families = QUICK_CATALOG if run.quick else catalog()

    def measure_laws(family: str) -> pd.DataFrame:
        return laws_of(family, families[family], points)

    laws = run.gather("gradient laws", list(families), measure_laws, threads=2)
    pairs = list(laws.pair[laws.use == TRAINED])
    runs, tuning, shown_runs = train_all(run, digits, pairs)
    outcomes = results(with_tuned_rate(without_tuning(runs), tuning))
    table = laws.assign(margin=points.margin).merge(outcomes, on="pair", how="left")
    return {
        "pairs": table,
        "tuning": tuning,
        "curves": curves(with_tuned_rate(shown_runs, tuning)),
    }


def train_all(
    run: StudyRun, digits: Dataset, pairs: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Train every pair, and those that are shown once more with more records.

    Returns:
        All runs, the table of the tuning, and the runs of the pairs that are shown.
    """
    train = partial(trained, digits, QUICK_EPOCHS if run.quick else EPOCHS)
    seeds = QUICK_SEEDS if run.quick else SEEDS
    measure_runs = partial(tuned_runs, train, seeds)
    runs = run.gather("training", pairs, measure_runs, threads=2)
    tuning = tuned_rates(of_tuning(runs))

    def measure_curve(pair: str) -> pd.DataFrame:
        return train(best_rates(tuning, pair), seeds, pair, records=RECORDS)

    candidates = QUICK_SHOWN if run.quick else SHOWN
    shown = [pair for pair in candidates if pair in pairs]
    return runs, tuning, run.gather("curves", shown, measure_curve, threads=2)


def of_tuning(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[runs.seed.isin(TUNING_SEEDS)]


def without_tuning(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[~runs.seed.isin(TUNING_SEEDS)]


def tuned_runs(train: Train, seeds: Sequence[int], pair: str) -> pd.DataFrame:
    """The runs of one pair.

    The tuning seeds run with every learning rate. The other seeds run with those rates that are
    best from one start or the other.
    """
    tuning = pd.concat(
        [train([rate], TUNING_SEEDS, pair) for rate in LEARNING_RATES],
        ignore_index=True,
    )
    # Every call trains the same number of models, so that one compiled program serves all calls.
    size = len(TUNING_SEEDS)
    groups = [seeds[i : i + size] for i in range(0, len(seeds), size)]
    final = [
        train([rate], group, pair)
        for rate in best_rates(tuned_rates(tuning), pair)
        for group in groups
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
    """Accuracies with a row for each learning rate, seed, start and record."""
    steps_per_epoch = len(digits.train.labels) // BATCH
    steps = epochs * steps_per_epoch
    training = ls.train(
        pair,
        digits,
        learning_rates=rates,
        seeds=seeds,
        init_scales=tuple(STARTS),
        steps=steps,
        batch_size=BATCH,
        metrics_every=max(1, steps // records),
        metrics=("accuracy",),
    )
    axes = {
        "learning_rate": training.learning_rates,
        "seed": training.seeds,
        "start": list(STARTS.values()),
        "step": training.steps,
    }
    _, validation, test = training.accuracy
    diverged = np.broadcast_to((training.diverged_at >= 0)[..., None], test.shape)
    columns = {
        "validation": validation.ravel().astype(float),
        "test": test.ravel(),
        "diverged": diverged.ravel(),
    }
    index = pd.MultiIndex.from_product(list(axes.values()), names=list(axes))
    table = pd.DataFrame(columns, index).reset_index()
    return table.assign(pair=pair, epoch=table.step / steps_per_epoch)
