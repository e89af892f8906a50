"""The measuring half of the study: predictions first, then training with tuned rates."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import jax
import numpy as np
import pandas as pd

import logitscape as ls

from ..harness import StudyRun
from .judgement import LEARNS
from .kernel_descent import chosen, prediction
from .laws import ALONE, TRAINED, catalog, laws_of, points_of
from .settings import BATCH, MAIN, OTHERS, Setting
from .training_tables import best_rates, curves, results, tuned_rates, with_tuned_rate

STARTS = ("gentle", "confident")
LEARNING_RATES = (
    *(2e-5, 1.4e-4, 8e-4, 0.005, 0.03, 0.2, 1.0),
    *(6.0, 40.0, 250.0, 1500.0, 9000.0, 50000.0),
)
"""Learning rates to choose from, each about six times the one before."""
# Other seeds than those of the results, which a tuned rate would flatter.
TUNING_SEEDS = (100, 101)
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
QUICK_RATES = LEARNING_RATES[5:10:2]
QUICK_SHOWN = SHOWN[:1]
QUICK_OTHERS = 2
"""Number of pairs that a quick run asks about in the other settings."""

Train: TypeAlias = Callable[..., pd.DataFrame]
"""A function of learning rates, seeds and a pair that trains, and returns the accuracies."""


def measure(run: StudyRun) -> dict[str, pd.DataFrame]:
    jax.config.update("jax_enable_x64", True)
    settings = [quick(each) if run.quick else each for each in (MAIN, *OTHERS)]
    main, *others = settings
    points = points_of(main.load())
    families = QUICK_CATALOG if run.quick else catalog()

    def measure_laws(family: str) -> pd.DataFrame:
        return laws_of(family, families[family], points)

    laws = run.gather("gradient laws", list(families), measure_laws, threads=2)
    pairs = list(laws.pair[laws.use == TRAINED])
    predicted = predicted_for(run, main, pairs)
    runs, tuning = train_all(run, main, pairs)
    outcomes = results(with_tuned_rate(without_tuning(runs), tuning))
    table = laws.assign(margin=points.margin).merge(outcomes, on="pair", how="left")
    learning = list(outcomes.pair[outcomes.gentle >= LEARNS])
    return {
        "pairs": table.merge(predicted, on="pair", how="left"),
        "others": pd.concat(
            [elsewhere(run, each, learning) for each in others], ignore_index=True
        ),
        "tuning": tuning,
        "curves": measure_curves(run, main, pairs, tuning),
    }


def quick(setting: Setting) -> Setting:
    """The same for a quick run."""
    return replace(setting, epochs=2, seeds=setting.seeds[:4], examples=64)


def rates_of(run: StudyRun) -> Sequence[float]:
    return QUICK_RATES if run.quick else LEARNING_RATES


def predicted_for(
    run: StudyRun, setting: Setting, pairs: Sequence[str]
) -> pd.DataFrame:
    """The prediction for every pair, before any training."""
    rates = rates_of(run)
    return run.gather(
        f"predictions, {setting.name}",
        pairs,
        lambda pair: prediction(setting, pair, rates),
        threads=2,
    )


def elsewhere(run: StudyRun, setting: Setting, learning: Sequence[str]) -> pd.DataFrame:
    """Predictions and outcomes of some pairs with other data or another model."""
    pairs = chosen(learning, setting.share)
    if run.quick:
        pairs = list(learning)[:QUICK_OTHERS]
    predicted = predicted_for(run, setting, pairs)
    runs, tuning = train_all(run, setting, pairs)
    outcomes = results(with_tuned_rate(without_tuning(runs), tuning))
    edges = tuning.pivot_table(
        index="pair", columns="start", values="edge", aggfunc="first"
    )
    table = outcomes.merge(predicted, on="pair").merge(
        edges.add_suffix("_edge").reset_index(), on="pair"
    )
    return table.assign(setting=setting.name)


def train_all(
    run: StudyRun, setting: Setting, pairs: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train every pair.

    Returns:
        All runs, and the table of the tuning.
    """
    train = partial(trained, setting)
    measure_runs = partial(tuned_runs, train, rates_of(run), setting.seeds)
    runs = run.gather(f"training, {setting.name}", pairs, measure_runs, threads=2)
    return runs, tuned_rates(of_tuning(runs))


def measure_curves(
    run: StudyRun, setting: Setting, pairs: Sequence[str], tuning: pd.DataFrame
) -> pd.DataFrame:
    """The pairs that are shown, trained once more with more records."""

    def measure_curve(pair: str) -> pd.DataFrame:
        rates = best_rates(tuning, pair)
        return trained(setting, rates, setting.seeds, pair, records=RECORDS)

    candidates = QUICK_SHOWN if run.quick else SHOWN
    shown = [pair for pair in candidates if pair in pairs]
    runs = run.gather("curves", shown, measure_curve, threads=2)
    return curves(with_tuned_rate(runs, tuning))


def of_tuning(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[runs.seed.isin(TUNING_SEEDS)]


def without_tuning(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[~runs.seed.isin(TUNING_SEEDS)]


def tuned_runs(
    train: Train, rates: Sequence[float], seeds: Sequence[int], pair: str
) -> pd.DataFrame:
    """The runs of one pair.

    The tuning seeds run with every learning rate. The other seeds run with those rates that are
    best from one start or the other.
    """
    tuning = pd.concat(
        [train([rate], TUNING_SEEDS, pair) for rate in rates],
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
    setting: Setting,
    rates: Sequence[float],
    seeds: Sequence[int],
    pair: str,
    *,
    records: int = 1,
) -> pd.DataFrame:
    """Accuracies with a row for each learning rate, seed, start and record."""
    steps = setting.steps()
    training = ls.train(
        pair,
        setting.load(),
        model=setting.model,
        learning_rates=rates,
        seeds=seeds,
        init_scales=setting.scales,
        steps=steps,
        batch_size=BATCH,
        metrics_every=max(1, steps // records),
        metrics=("accuracy",),
    )
    axes = {
        "learning_rate": training.learning_rates,
        "seed": training.seeds,
        "start": STARTS,
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
    return table.assign(pair=pair, epoch=table.step / setting.steps_per_epoch())
