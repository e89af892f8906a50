"""Errors of `train` name the argument, or the part of the data, that is wrong."""

import dataclasses

import numpy as np
import pytest

from logitscape._src.datasets.dataset import Dataset
from tests.training.small_ensemble import CLUSTERS, small

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rates": ()}, r"learning_rates=.*greater than 0, got \(\)"),
        ({"learning_rates": (0.1, -1.0)}, "learning_rates=.*greater than 0"),
        ({"learning_rates": (0.1, np.nan)}, "learning_rates="),
        ({"seeds": (1, 1)}, "seeds=.*different"),
        ({"seeds": (-1,)}, "seeds="),
        ({"init_scales": (-1.0,)}, "init_scales=.*at least 0"),
        ({"steps": 0}, "steps=.*at least 1.*got 0"),
        (
            {"batch_size": 151},
            "batch_size=.*from 1 to 150, the training examples, got 151",
        ),
        ({"metrics_every": 0}, "metrics_every="),
        ({"metrics": ()}, r"metrics=.*some of loss, accuracy, .*, got \(\)"),
        ({"metrics": ("accuracy", "f1")}, "metrics=.*got \\('accuracy', 'f1'\\)"),
        ({"metrics": "loss"}, "metrics=.*got 'loss'"),
        ({"model": "tree"}, 'model=.*"linear" or'),
        ({"model": ("mlp", 0)}, "model="),
        ({"optimizer": "sdg"}, "optimizer=.*sgd, momentum, adam"),
        ({"dataset": [CLUSTERS] * 3}, "one data set for each of the 2 seeds, got 3"),
        ({"dataset": [CLUSTERS, CLUSTERS.first(test=5)]}, "same sizes"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def replaced(**changes) -> Dataset:
    return dataclasses.replace(CLUSTERS, train=CLUSTERS.train._replace(**changes))


@pytest.mark.parametrize(
    ("dataset", "error", "message"),
    [
        (
            replaced(
                inputs=np.where(
                    np.arange(150)[:, None] == 7, np.nan, CLUSTERS.train.inputs
                )
            ),
            ValueError,
            "row 7 is not",
        ),
        (
            replaced(labels=CLUSTERS.train.labels + 1),
            IndexError,
            "labels must lie between 0 and 2, got 1 to 3",
        ),
        (replaced(labels=CLUSTERS.train.labels - 1), IndexError, "got -1 to 1"),
        (
            replaced(labels=CLUSTERS.train.labels.astype(float)),
            TypeError,
            "labels must be integers",
        ),
        (
            replaced(labels=CLUSTERS.train.labels[:9]),
            ValueError,
            r"train: inputs must be \[m, features\]",
        ),
        (
            replaced(inputs=CLUSTERS.train.inputs[:, :1]),
            ValueError,
            "must have 2 features, got 1",
        ),
        (
            replaced(inputs=np.full((150, 1), 2)),
            ValueError,
            "tokens must lie between 0 and 1, got 2",
        ),
    ],
)
def test_bad_data_are_named(dataset, error, message):
    with pytest.raises(error, match=message):
        small(dataset=dataset)
