"""Data sets: inputs and labels in three parts."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arguments import is_whole

SPLITS = ("train", "validation", "test")
SHARES = (0.6, 0.2, 0.2)


class Examples(NamedTuple):
    """Inputs with their labels.

    Attributes:
        inputs: [m, features], floating point; or [m, context], integers: tokens, each of which stands for a one-hot input.
        labels: [m], integers.
    """

    inputs: NDArray[Any]
    labels: NDArray[Any]


@dataclass(frozen=True)
class Dataset:
    """Examples to train on, to tune with and to report on.

    Attributes:
        name: such as "digits(seed=0)".
        classes: number of labels.
        features: length of an input; for tokens, how many of them there are.
        train: to train on.
        validation: to tune with.
        test: to report on.
        source: where the data are from, with versions.
        posterior: inputs [m, features] -> the true probabilities [m, classes], where they are known.
    """

    name: str
    classes: int
    features: int
    train: Examples
    validation: Examples
    test: Examples
    source: str
    posterior: Callable[[NDArray[Any]], NDArray[Any]] | None = field(
        default=None, repr=False
    )

    def first(
        self,
        *,
        train: int | None = None,
        validation: int | None = None,
        test: int | None = None,
    ) -> "Dataset":
        """The first so many examples of each part, which are in random order; None for all.

        Raises:
            ValueError: for fewer than one, or more than there are.
        """
        wanted = {"train": train, "validation": validation, "test": test}
        parts: dict[str, Any] = {
            part: _first(part, getattr(self, part), count)
            for part, count in wanted.items()
        }
        return replace(self, **parts)


def _first(part: str, examples: Examples, count: int | None) -> Examples:
    size = len(examples.labels)
    if count is None:
        return examples
    if not 1 <= count <= size:
        raise ValueError(
            f"`first({part}=...)` must lie between 1 and {size}, got {count!r}."
        )
    return Examples(examples.inputs[:count], examples.labels[:count])


def split(
    inputs: NDArray[Any], labels: NDArray[Any], seed: int
) -> tuple[Examples, Examples, Examples]:
    """60 % to train, 20 % to validate, 20 % to test, drawn by the seed."""
    order = np.random.default_rng(seed).permutation(len(labels))
    ends = np.cumsum(np.array(SHARES[:2]) * len(labels)).round().astype(int)
    train, validation, test = np.split(order, ends)
    return (
        _rows(inputs, labels, train),
        _rows(inputs, labels, validation),
        _rows(inputs, labels, test),
    )


def _rows(inputs: NDArray[Any], labels: NDArray[Any], rows: NDArray[Any]) -> Examples:
    return Examples(np.ascontiguousarray(inputs[rows]), labels[rows].astype(np.int32))


def checked_seed(function_name: str, seed: int) -> int:
    """A seed, or an error."""
    if not is_whole(seed) or not 0 <= seed < 2**31:
        raise ValueError(
            f"`{function_name}(seed=...)` must be a whole number from 0 to 2147483647, got {seed!r}."
        )
    return int(seed)


def check(dataset: Dataset) -> None:
    """Refuse examples that do not fit together, or are not finite."""
    for part in SPLITS:
        _check_examples(dataset, part, getattr(dataset, part))


def _check_examples(dataset: Dataset, part: str, examples: Examples) -> None:
    where = f"`train(data=...)`, {dataset.name}, {part}"
    inputs, labels = np.asarray(examples.inputs), np.asarray(examples.labels)
    if inputs.ndim != 2 or labels.shape != inputs.shape[:1] or len(labels) == 0:
        raise ValueError(
            f"{where}: inputs must be [m, features] and labels [m], got {inputs.shape} and {labels.shape}."
        )
    tokens = np.issubdtype(inputs.dtype, np.integer)
    if not tokens and inputs.shape[1] != dataset.features:
        raise ValueError(
            f"{where}: inputs must have {dataset.features} features, got {inputs.shape[1]}."
        )
    if not tokens and not np.isfinite(inputs.astype(np.float32)).all():
        raise ValueError(
            f"{where}: inputs must be finite, row {_first_bad(inputs)} is not."
        )
    if tokens and not (inputs.min() >= 0 and inputs.max() < dataset.features):
        raise ValueError(
            f"{where}: tokens must lie between 0 and {dataset.features - 1}, got {inputs.min()} to {inputs.max()}."
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"{where}: labels must be integers, got {labels.dtype}.")
    if not (labels.min() >= 0 and labels.max() < dataset.classes):
        raise IndexError(
            f"{where}: labels must lie between 0 and {dataset.classes - 1}, got {labels.min()} to {labels.max()}."
        )


def _first_bad(inputs: NDArray[Any]) -> int:
    return int(np.argmin(np.isfinite(inputs.astype(np.float32)).all(axis=1)))
