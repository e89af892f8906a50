"""Training runs with tuned learning rates, measured after every epoch."""

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import logitscape as ls
from logitscape._src.datasets.dataset import Dataset
from logitscape._src.datasets.images import digits

from ..harness import StudyRun

REFERENCE = "softmax + cross_entropy"
PAIRS = (
    REFERENCE,
    "softmax + focal",
    "softmax + label_smoothing",
    "softmax + brier",
    "softmax + mae",
    "taylor + cross_entropy",
    "spherical + cross_entropy",
    "softplus + cross_entropy",
    "sparsemax_loss",
    "entmax_loss",
    "sparsemax + brier",
    "crammer_singer",
)
MODELS: dict[str, tuple[Any, float]] = {
    "linear": ("linear", 0.01),
    "hidden layer of 64": (("mlp", 64), 0.1),
}
"""Each model with the standard deviation of its last layer's initial weights."""
TUNING_SEEDS = tuple(range(100, 105))
BATCH = 64
METRICS = ("accuracy", "carried_by_wrong")


class Extent(NamedTuple):
    """How much is trained.

    Attributes:
        learning_rates: Learning rates to choose from, in increasing order.
        seeds: Seeds, in groups that are trained at a time.
        epochs: Number of epochs.
    """

    learning_rates: Sequence[float]
    seeds: Sequence[Sequence[int]]
    epochs: int


# A group has as many seeds as there are tuning seeds, so that one program serves all.
FULL = Extent(
    learning_rates=(0.004, 0.02, 0.1, 0.5, 2.5, 12.5),
    seeds=((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)),
    epochs=20,
)
QUICK = Extent(learning_rates=FULL.learning_rates[2:5], seeds=FULL.seeds[:1], epochs=5)


def train_all(run: StudyRun) -> pd.DataFrame:
    """Train every pair with every model; one row for each epoch of each seed."""
    pairs = (REFERENCE,) if run.quick else PAIRS
    keys = [f"{pair} | {model}" for pair, model in product(pairs, MODELS)]
    train = partial(tuned_runs, digits(seed=0), QUICK if run.quick else FULL)
    return run.gather("training", keys, train, threads=2)


def tuned_runs(dataset: Dataset, extent: Extent, key: str) -> pd.DataFrame:
    """Train with the learning rate that is best for the tuning seeds.

    Args:
        dataset: The data set.
        extent: How much to train.
        key: "PAIR | MODEL".
    """
    pair, model = key.split(" | ")
    steps_per_epoch = len(dataset.train.labels) // BATCH
    train = _trainer(dataset, pair, model, extent.epochs * steps_per_epoch)
    rates = extent.learning_rates
    scores = [_validation_accuracy(train, rate) for rate in rates]
    best = rates[int(np.argmax(scores))]
    parts = []
    for seeds in extent.seeds:
        training = train(
            learning_rates=(best,), seeds=seeds, metrics_every=steps_per_epoch
        )
        parts.append(rows_of(training))
    columns = {
        f"validation_{rate:g}": score for rate, score in zip(rates, scores, strict=True)
    }
    return pd.concat(parts, ignore_index=True).assign(
        key=key,
        pair=pair,
        model=model,
        learning_rate=best,
        edge=_edge(best, rates),
        **columns,
    )


def _trainer(dataset: Dataset, pair: str, model: str, steps: int) -> Any:
    architecture, scale = MODELS[model]
    return partial(
        ls.train,
        pair,
        dataset,
        model=architecture,
        init_scales=(scale,),
        steps=steps,
        batch_size=BATCH,
        metrics=METRICS,
    )


def _validation_accuracy(train: Any, rate: float) -> float:
    """The mean validation accuracy of the tuning seeds after the last epoch."""
    steps = train.keywords["steps"]
    training = train(learning_rates=(rate,), seeds=TUNING_SEEDS, metrics_every=steps)
    return float(training.accuracy[1, 0, :, 0, -1].mean())


def _edge(rate: float, rates: Sequence[float]) -> str:
    if rate == rates[0]:
        return "lowest"
    return "highest" if rate == rates[-1] else "inside"


def rows_of(training: Any) -> pd.DataFrame:
    """The measurements of a training as a table, one row for each seed and epoch."""
    epochs = len(training.steps)
    index = pd.MultiIndex.from_product(
        [training.seeds, range(epochs)], names=["seed", "epoch"]
    )
    metrics = {
        "wrong": 1 - training.accuracy[0],
        "carried": training.carried_by_wrong[0],
        "test": training.accuracy[2],
    }
    columns = {name: values[0, :, 0].ravel() for name, values in metrics.items()}
    columns["diverged"] = np.repeat(training.diverged_at[0, :, 0] >= 0, epochs)
    return pd.DataFrame(columns, index).reset_index()
