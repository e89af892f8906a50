"""A small ensemble that trains in a moment, and comparisons of its results."""

import dataclasses

import jax
import numpy as np

from logitscape._src.datasets.clusters import gaussian_clusters
from logitscape._src.datasets.dataset import Dataset
from logitscape._src.training import metrics
from logitscape._src.training.result import Training
from logitscape._src.training.train import train

PAIR = "softmax + cross_entropy"
CLUSTERS = gaussian_clusters(classes=3, examples=150).first(validation=40, test=30)
SMALL = {"learning_rates": (0.1, 0.5), "seeds": (3, 5), "init_scales": (0.01, 2.0)}
SMALL |= {"steps": 25, "batch_size": 16, "metrics_every": 10}


def small(objective=PAIR, dataset=CLUSTERS, **changes) -> Training:
    return train(objective, dataset, **(SMALL | changes))


def arrays(result: Training) -> list[np.ndarray]:
    values = [getattr(result, name) for name in metrics.METRICS]
    return [*values, result.diverged_at, *jax.tree.leaves(result.parameters)]


def assert_same(first: Training, second: Training) -> None:
    for a, b in zip(arrays(first), arrays(second), strict=True):
        np.testing.assert_array_equal(a, b)


def cast(dataset: Dataset, dtype) -> Dataset:
    parts = {name: getattr(dataset, name) for name in ("train", "validation", "test")}
    return dataclasses.replace(
        dataset,
        **{n: p._replace(inputs=p.inputs.astype(dtype)) for n, p in parts.items()},
    )
