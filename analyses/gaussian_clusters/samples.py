"""The examples that the classifiers are fitted to: ten data sets side by side."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from logitscape._src.datasets.clusters import gaussian_clusters

from .theory import CLASSES, SEPARATION, SHARES, Array, bayes, grid

LANES = 10
"""Number of fits side by side: one for each data set, or one for each start."""
BLOCK = 128
"""Number of examples in a block; sums over the examples go block by block."""
ASKED = np.array(
    [
        [0.6, 0.3, 0.1],
        [0.45, 0.15, 0.4],
        [0.3, 0.36, 0.34],
        [0.1, 0.2, 0.7],
        [0.02, 0.9, 0.08],
    ]
)
"""Label probabilities that a pair is asked for in fits without inputs, [5, 3]."""


class Weighted(NamedTuple):
    """Weighted examples for every lane.

    Attributes:
        inputs: Two features and the constant 1, [3, lanes, m].
        labels: Labels, [lanes, m].
        weights: Weights, [lanes, m]; 0 for examples that do not count.
        blocks: Number of blocks that hold examples which count.
    """

    inputs: Any
    labels: Any
    weights: Any
    blocks: int


class Samples(NamedTuple):
    """All the examples that a pair is fitted to.

    Attributes:
        sizes: The first examples of ten data sets, by their number.
        infinite: The distribution itself.
        labels_alone: Labels without inputs whose probabilities are the rows of `ASKED`; as there
            are twice as many lanes as rows, two neighbouring lanes share a row.
    """

    sizes: dict[int, Weighted]
    infinite: Weighted
    labels_alone: Weighted


def make_samples(sizes: Sequence[int]) -> Samples:
    """Make the examples; all arrays have one shape, so that one compiled program serves them all.

    Args:
        sizes: Numbers of examples in the finite data sets.
    """
    points, density = grid()
    length = max(*sizes, CLASSES * len(points))
    length += -length % BLOCK
    drawn = _drawn(length)
    return Samples(
        sizes={size: _first(drawn, size) for size in sizes},
        infinite=_distribution(points, density, length),
        labels_alone=_labels_alone(length),
    )


def _drawn(length: int) -> Weighted:
    """Ten data sets, drawn with ten seeds."""
    data_sets = []
    for seed in range(LANES):
        clusters = gaussian_clusters(
            examples=length, separation=SEPARATION, priors=SHARES, seed=seed
        )
        data_sets.append(clusters.train)
    inputs = np.stack([data_set.inputs for data_set in data_sets])
    labels = np.stack([data_set.labels for data_set in data_sets])
    return _padded(inputs, labels, np.ones(labels.shape), length)


def _distribution(points: Array, density: Array, length: int) -> Weighted:
    """Every point of the grid with every label, weighted by their joint probability."""
    repeated = np.repeat(points, CLASSES, axis=0)
    joint = (density[:, None] * bayes(points)).ravel()
    names = np.arange(CLASSES, dtype=np.int32)
    return _padded(
        inputs=np.broadcast_to(repeated, (LANES, *repeated.shape)),
        labels=np.tile(names, (LANES, len(points))),
        weights=np.broadcast_to(joint, (LANES, len(joint))),
        length=length,
    )


def _labels_alone(length: int) -> Weighted:
    names = np.arange(CLASSES, dtype=np.int32)
    return _padded(
        inputs=np.zeros((LANES, CLASSES, 2)),
        labels=np.tile(names, (LANES, 1)),
        weights=np.repeat(ASKED, LANES // len(ASKED), axis=0),
        length=length,
    )


def _padded(inputs: Array, labels: Array, weights: Array, length: int) -> Weighted:
    """Examples [lanes, m, ...], followed by examples of weight 0 up to the length."""
    m = labels.shape[1]
    padding = [(0, 0), (0, length - m)]
    ones = np.ones((*labels.shape, 1))
    features = np.moveaxis(np.concatenate([inputs, ones], axis=2), 2, 0)
    return Weighted(
        # Copies of the last example, as logits of 0 lie outside the domain of some normalizers.
        inputs=jnp.asarray(np.pad(features, [(0, 0), *padding], "edge")),
        labels=jnp.asarray(np.pad(labels, padding, "edge")),
        weights=jnp.asarray(np.pad(weights, padding)),
        blocks=-(-m // BLOCK),
    )


def _first(drawn: Weighted, size: int) -> Weighted:
    """The first examples of every data set, all of the same weight."""
    counts = np.arange(drawn.labels.shape[1]) < size
    row = np.where(counts, 1 / size, 0.0)
    weights = np.broadcast_to(row, drawn.labels.shape)
    return drawn._replace(weights=jnp.asarray(weights), blocks=-(-size // BLOCK))
