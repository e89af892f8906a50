"""The examples that are measured: those that count and whose numbers are finite."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .config import Setting
from .example_numbers import Examples
from .labels import Labels
from .program import Classes
from .streaming import Stream


@dataclass(frozen=True)
class Measured:
    """Numbers about the examples that are measured, m' of m.

    Attributes:
        setting: What was asked.
        examples: Their numbers, [m'] each.
        index: Their places among all examples, [m'].
        labels: Their labels, [m']; the largest of their targets for soft ones.
        classes: Sums over them for every class.
        stream: All that the pass has left.
        not_finite: Places of examples with a logit that is NaN or infinite.
        without_loss: Places of examples whose loss or gradient is not finite.
        ignored: Number of examples with the ignored label.
    """

    setting: Setting
    examples: Examples
    index: NDArray[np.int64]
    labels: NDArray[np.int64]
    classes: Classes
    stream: Stream
    not_finite: NDArray[np.int64]
    without_loss: NDArray[np.int64]
    ignored: int

    @property
    def count(self) -> int:
        """Number of examples that are measured."""
        return len(self.index)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.classes.probability)

    @cached_property
    def sample(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Logits [s, n] of the sampled examples that are measured, and their labels [s]."""
        stream = self.stream
        _, of_sample, of_measured = np.intersect1d(
            stream.sampled, self.index, assume_unique=True, return_indices=True
        )
        return stream.sample[of_sample], self.labels[of_measured]


def measured_of(setting: Setting, stream: Stream, labels: Labels) -> Measured:
    """Tell the examples apart.

    Raises:
        ValueError: If none can be measured.
    """
    every = stream.examples
    not_finite = np.flatnonzero(labels.counts & ~every.finite)
    without_loss = np.flatnonzero(labels.counts & every.finite & ~every.has_loss)
    index = np.flatnonzero(labels.counts & every.finite & every.has_loss)
    if len(index) == 0:
        raise ValueError(
            f"`audit(logits=...)` has no example that can be measured: of "
            f"{len(labels.counts):,}, {labels.ignored:,} have the ignored label, "
            f"{len(not_finite):,} logits that are not finite, and {len(without_loss):,} no "
            "finite loss."
        )
    kept = Examples(*[values[..., index] for values in every])
    return Measured(
        setting=setting,
        examples=kept,
        index=index,
        labels=_labels(labels, index),
        classes=stream.classes,
        stream=stream,
        not_finite=not_finite,
        without_loss=without_loss,
        ignored=labels.ignored,
    )


def _labels(labels: Labels, index: NDArray[np.int64]) -> NDArray[np.int64]:
    if labels.integers is not None:
        return labels.integers[index].astype(np.int64)
    assert labels.targets is not None
    step = 2**14
    m = labels.targets.shape[0]
    parts = [
        labels.targets.read(start, min(start + step, m)).argmax(axis=1)
        for start in range(0, m, step)
    ]
    whole: NDArray[np.int64] = np.concatenate(parts)[index]
    return whole
