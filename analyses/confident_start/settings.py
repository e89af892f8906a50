"""Where recovery is asked about: the data, the model, and the two starts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from logitscape._src.datasets import images
from logitscape._src.datasets.dataset import Dataset

BATCH = 64


@dataclass(frozen=True)
class Setting:
    """A data set with a model.

    Attributes:
        name: Name, by which tables know it.
        load: Function that returns the data set.
        model: The model, as `ls.train` takes it.
        scales: Standard deviations of the last layer's weights at the gentle start and at the
            confident one.
        epochs: Number of epochs.
        seeds: Seeds of the results.
        share: Share of the pairs that are asked about.
        examples: Number of training examples, from the first on, by which it is predicted.
    """

    name: str
    load: Callable[[], Dataset]
    model: Any
    scales: tuple[float, float]
    epochs: int
    seeds: tuple[int, ...]
    share: float = 1.0
    examples: int = 256

    def steps_per_epoch(self) -> int:
        """Number of mini-batches of an epoch, without one that is not full."""
        return len(self.load().train.labels) // BATCH

    def steps(self) -> int:
        """Number of steps of the training."""
        return self.epochs * self.steps_per_epoch()


MAIN = Setting(
    name="digits, linear",
    load=partial(images.digits, seed=0),
    model="linear",
    scales=(0.01, 4.0),
    epochs=12,
    seeds=tuple(range(10)),
)
# Neither was looked at before the prediction was fixed.
OTHERS = (
    # The inputs are 2.6 times as long: the logits of both starts are about those of the digits.
    Setting(
        name="MNIST, linear",
        load=partial(images.mnist5k, seed=0),
        model="linear",
        scales=(0.004, 1.5),
        epochs=4,
        seeds=(0, 1, 2, 3),
        share=0.25,
    ),
    Setting(
        name="digits, hidden layer of 64",
        load=partial(images.digits, seed=0),
        model=("mlp", 64),
        scales=(0.01, 4.0),
        epochs=12,
        seeds=(0, 1, 2, 3),
        share=0.25,
    ),
)
