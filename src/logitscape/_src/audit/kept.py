"""The examples of which all numbers are kept: every one, or of a large dump some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .example_numbers import Examples

MOST = 2**20
"""Largest number of examples that are kept at equal distances."""


@dataclass(frozen=True)
class Kept:
    """Numbers about some examples, [k] each; those of the losses are [losses, k].

    Attributes:
        examples: Their numbers.
        index: Their places among all examples.
        labels: Their labels; the largest of their targets for soft ones.
    """

    examples: Examples
    index: NDArray[np.int64]
    labels: NDArray[np.int64]


def distance_of(m: int) -> int:
    """The distance between the examples that are kept of so many."""
    return max(1, -(-m // MOST))


def taken(kept: Kept, which: NDArray[Any]) -> Kept:
    """Some of these examples, by a mask or by places."""
    if which.dtype == bool:
        if which.all():
            return kept
        # Once, and not for every array.
        which = np.flatnonzero(which)
    examples = Examples(*[values[..., which] for values in kept.examples])
    return Kept(examples, kept.index[which], kept.labels[which])


def joined(parts: Sequence[Kept]) -> Kept:
    """All examples of several parts, in their order."""
    pairs = zip(*[part.examples for part in parts], strict=True)
    return Kept(
        Examples(*[np.concatenate(values, axis=-1) for values in pairs]),
        np.concatenate([part.index for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
