"""Data sets: inputs with labels, in three parts."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..base.messages import quoted
from ..base.whole_numbers import is_whole, whole_number

Numbers: TypeAlias = NDArray[Any]
"""An array of any number type."""

SPLITS = ("train", "validation", "test")
SHARES = (0.6, 0.2, 0.2)
"""Shares of the examples in the three parts."""


class Examples(NamedTuple):
    """Inputs with their labels.

    Attributes:
        inputs: Inputs as floating-point numbers, [m, features]. Or tokens as integers,
            [m, context], each of which stands for a one-hot input.
        labels: Labels as integers from 0, [m].
    """

    inputs: Numbers
    labels: Numbers


@dataclass(frozen=True)
class Dataset:
    """Examples to train on, to tune with and to report on.

    Attributes:
        name: Name with the arguments that made it, such as "digits(seed=0)".
        classes: Number of classes.
        features: Length of an input; for tokens, the number of different tokens.
        train: Examples to train on.
        validation: Examples to tune with.
        test: Examples to report on.
        source: Origin of the data, with versions.
        posterior: Function from inputs, [m, features], to the true probabilities of the
            classes, [m, classes]; None where they are not known.
    """

    name: str
    classes: int
    features: int
    train: Examples
    validation: Examples
    test: Examples
    source: str
    posterior: Callable[[Numbers], Numbers] | None = field(default=None, repr=False)

    def first(
        self,
        *,
        train: int | None = None,
        validation: int | None = None,
        test: int | None = None,
    ) -> "Dataset":
        """A smaller data set of the first examples, which are in random order.

        Args:
            train: Number of examples to train on; None for all of them.
            validation: Number of examples to tune with; None for all of them.
            test: Number of examples to report on; None for all of them.

        Raises:
            ValueError: If a number is below 1, or above the number of examples.

        >>> from logitscape.datasets import load
        >>> small = load("gaussian_clusters").first(train=100)
        >>> len(small.train.labels), len(small.test.labels)
        (100, 2000)
        """
        counts = {"train": train, "validation": validation, "test": test}
        parts: dict[str, Any] = {
            part: _first_examples(part, getattr(self, part), count)
            for part, count in counts.items()
        }
        return replace(self, **parts)


def _first_examples(part: str, examples: Examples, count: int | None) -> Examples:
    size = len(examples.labels)
    if count is None:
        return examples
    whole_number("first", part, count, low=1, high=size)
    return Examples(
        inputs=examples.inputs[:count],
        labels=examples.labels[:count],
    )


def split(
    inputs: Numbers, labels: Numbers, seed: int
) -> tuple[Examples, Examples, Examples]:
    """Training, validation and test examples in the shares `SHARES`, drawn by the seed."""
    random = np.random.default_rng(seed)
    train, validation, test = random_parts(random, len(labels))
    return (
        _rows(inputs, labels, train),
        _rows(inputs, labels, validation),
        _rows(inputs, labels, test),
    )


def random_parts(random: np.random.Generator, size: int) -> list[Numbers]:
    """The numbers below `size` in random order, cut into three parts of shares `SHARES`."""
    order = random.permutation(size)
    sizes = np.array(SHARES[:2]) * size
    ends = np.cumsum(sizes).round().astype(int)
    return np.split(order, ends)


def _rows(inputs: Numbers, labels: Numbers, rows: Numbers) -> Examples:
    return Examples(
        inputs=np.ascontiguousarray(inputs[rows]),
        labels=labels[rows].astype(np.int32),
    )


def checked_seed(function_name: str, seed: int) -> int:
    """A seed from 0 to 2147483647, as an int.

    Args:
        function_name: Public function that the error names.
        seed: Value that the user gave.

    Raises:
        ValueError: If it is anything else.
    """
    if not is_whole(seed) or not 0 <= seed < 2**31:
        raise ValueError(
            f"`{function_name}(seed=...)` must be a whole number from 0 to 2147483647, "
            f"got {quoted(seed)}."
        )
    return int(seed)
