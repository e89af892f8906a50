"""Scattered points with finite values, at which consistency is measured."""

from typing import NamedTuple

import numpy as np

from ..answers import Witness
from ..config import DiagnosisConfig
from ..evaluation import (
    Rows,
    evaluate,
    finite,
    largest_components,
    losses,
    one_hot,
    row,
)
from ..random_logits import make_positive, uniform_logits
from ..subject import Subject

POINTS = 32
# Many of them may lie outside the domain of the loss.
CANDIDATES = 4 * POINTS
NEIGHBOURS = 8
TINY = 1e-7
"""A step so small that second differences show nothing but rounding."""
COARSE = 1e-10
"""Least relative rounding error that is none of float64."""


class Points(NamedTuple):
    """Scattered points with finite values in float64.

    Attributes:
        z: Logits, [m, n].
        labels: Labels, [m].
        loss: Losses, [m].
        gradient: Gradients, [m, n].
        noise: Rounding errors of the losses, [m].
    """

    z: Rows
    labels: Rows
    loss: Rows
    gradient: Rows
    noise: Rows

    @property
    def are_rounded(self) -> bool:
        """Whether the losses are rounded as in a narrower dtype than float64."""
        return bool(np.median(self.noise / (1 + np.abs(self.loss))) > COARSE)

    def witness(self, index: int, shows: str) -> Witness:
        """A witness whose gradient shows something at one of the points."""
        target = one_hot(int(self.labels[index]), self.z.shape[1])
        return Witness(row(self.z[index]), target, shows)

    def loss_witness(self, index: int, shows: str) -> Witness:
        """A witness whose loss shows something at one of the points."""
        target = one_hot(int(self.labels[index]), self.z.shape[1])
        return Witness(row(self.z[index]), target, shows, "loss")


def scattered_points(subject: Subject, config: DiagnosisConfig) -> Points:
    """Points of three decimals.

    Every other one has positive logits only, and every third has its top class as label.
    """
    random = config.random()
    n = config.num_classes
    sizes = 10 ** random.uniform(-0.5, 0.8, (CANDIDATES, 1))
    z = uniform_logits(random, (CANDIDATES, n), sizes)
    make_positive(z, slice(1, None, 2))
    z = np.round(subject.domain.fit(z), 3)
    labels = random.integers(n, size=len(z))
    labels[::3] = z[::3].argmax(axis=1)
    values = evaluate(subject, z, labels)
    chosen = np.flatnonzero(finite(values))[:POINTS]
    noise, _ = roughness(subject, z[chosen], labels[chosen], TINY)
    return Points(
        z=z[chosen],
        labels=labels[chosen],
        loss=values.loss[chosen],
        gradient=values.gradient[chosen],
        noise=noise,
    )


def roughness(
    subject: Subject, z: Rows, labels: Rows, step: float
) -> tuple[Rows, Rows]:
    """Compare the losses after eight small steps in one direction.

    Args:
        subject: Subject to evaluate.
        z: Logits, [m, n].
        labels: Labels, [m].
        step: Size of every step.

    Returns:
        The largest second difference, [m], and whether all losses are the same, [m].
    """
    n = z.shape[1]
    # Cosines of squares have no pattern that a sum over the classes could cancel.
    direction = np.cos(np.arange(n) ** 2.0)
    counts = np.arange(NEIGHBOURS)[:, None]
    moves = step * counts * direction
    neighbours = z[:, None] + moves
    repeated = np.repeat(labels, NEIGHBOURS)
    values = losses(subject, neighbours.reshape(-1, n), repeated)
    values = values.reshape(-1, NEIGHBOURS)
    second = np.diff(values, 2, axis=1)
    same = (values == values[:, :1]).all(axis=1)
    return largest_components(second), same
