"""Dumps of small models of digits: a healthy one, and those with one fault each."""

from functools import cache
from typing import NamedTuple

import numpy as np

from logitscape.datasets import load

CLASSES = 10


class Dump(NamedTuple):
    """Logits [m, n] in float32, and labels [m]."""

    logits: np.ndarray
    labels: np.ndarray


class Part(NamedTuple):
    """Inputs and labels."""

    inputs: np.ndarray
    labels: np.ndarray


@cache
def parts(name: str = "digits") -> tuple[Part, Part]:
    """What is trained on, and all other images."""
    data = load(name)
    pairs = [
        (part.inputs, part.labels) for part in (data.train, data.validation, data.test)
    ]
    train, validation, test = (
        Part(np.asarray(x, np.float64), np.asarray(y)) for x, y in pairs
    )
    held = Part(*[np.concatenate(both) for both in zip(validation, test, strict=True)])
    return train, held


def softmax(z: np.ndarray) -> np.ndarray:
    weights = np.exp(z - z.max(1, keepdims=True))
    return weights / weights.sum(1, keepdims=True)


class Model:
    """A perceptron with one hidden layer, trained by Adam on cross-entropy."""

    def __init__(self, features: int, seed: int = 0, width: int = 48) -> None:
        rng = np.random.default_rng(seed)
        self.rng = rng
        self.weights = [
            rng.normal(size=(features, width)) * np.sqrt(2 / features),
            np.zeros(width),
            rng.normal(size=(width, CLASSES)) * 0.05,
            np.zeros(CLASSES),
        ]

    def logits(self, x: np.ndarray) -> np.ndarray:
        w, b, v, c = self.weights
        return np.maximum(x @ w + b, 0) @ v + c

    def train(
        self, part: Part, steps: int, *, twice: bool = False, decay: float = 0.0
    ) -> "Model":
        """Take steps of 128 examples each; `twice` applies softmax to softmax."""
        moments = [(np.zeros_like(w), np.zeros_like(w)) for w in self.weights]
        for step in range(1, steps + 1):
            place = self.rng.integers(0, len(part.labels), 128)
            x, y = part.inputs[place], part.labels[place]
            for k, slope in enumerate(self._slopes(x, y, twice)):
                first, second = moments[k]
                first += 0.1 * (slope - first)
                second += 0.001 * (slope**2 - second)
                change = (first / (1 - 0.9**step)) / (
                    np.sqrt(second / (1 - 0.999**step)) + 1e-8
                )
                self.weights[k] -= 0.005 * (change + decay * self.weights[k])
        return self

    def _slopes(self, x: np.ndarray, y: np.ndarray, twice: bool) -> list[np.ndarray]:
        w, b, v, c = self.weights
        hidden = np.maximum(x @ w + b, 0)
        p = softmax(hidden @ v + c)
        one_hot = np.eye(CLASSES)[y]
        if twice:
            outer = softmax(p) - one_hot
            of_logits = p * (outer - (outer * p).sum(1, keepdims=True)) / len(y)
        else:
            of_logits = (p - one_hot) / len(y)
        back = (of_logits @ v.T) * (hidden > 0)
        return [x.T @ back, back.sum(0), hidden.T @ of_logits, of_logits.sum(0)]


def dump(model: Model, part: Part) -> Dump:
    return Dump(model.logits(part.inputs).astype(np.float32), part.labels)


@cache
def healthy() -> Dump:
    train, held = parts()
    return dump(Model(64).train(train, 250), held)


@cache
def flipped() -> tuple[Dump, np.ndarray]:
    """A model of labels of which 20 % are wrong, on its own training data; which ones are."""
    return noisy(parts()[0], width=32, steps=120)


def noisy(
    train: Part, *, width: int, steps: int, seed: int = 0
) -> tuple[Dump, np.ndarray]:
    """The same of any images."""
    rng = np.random.default_rng(seed + 1)
    wrong = rng.random(len(train.labels)) < 0.2
    others = (train.labels + rng.integers(1, CLASSES, len(train.labels))) % CLASSES
    flipped = Part(train.inputs, np.where(wrong, others, train.labels))
    model = Model(train.inputs.shape[1], seed, width)
    return dump(model.train(flipped, steps), flipped), wrong
