"""Checks of data sets that users bring themselves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataset import SPLITS, Dataset, Examples


def check(dataset: Dataset) -> None:
    """Check that the examples of a data set fit together and are finite.

    Raises:
        ValueError: If shapes do not fit, inputs are not finite, or tokens are out of range.
        TypeError: If labels are not integers.
        IndexError: If labels are out of range.
    """
    for part in SPLITS:
        examples: Examples = getattr(dataset, part)
        where = f"`train(data=...)`, {dataset.name}, {part}"
        inputs = np.asarray(examples.inputs)
        labels = np.asarray(examples.labels)
        _check_shapes(where, inputs, labels)
        if np.issubdtype(inputs.dtype, np.integer):
            _check_tokens(where, inputs, dataset.features)
        else:
            _check_inputs(where, inputs, dataset.features)
        _check_labels(where, labels, dataset.classes)


def _check_shapes(where: str, inputs: NDArray[Any], labels: NDArray[Any]) -> None:
    if inputs.ndim != 2 or labels.shape != inputs.shape[:1] or len(labels) == 0:
        raise ValueError(
            f"{where}: inputs must be [m, features] and labels [m], "
            f"got {inputs.shape} and {labels.shape}."
        )


def _check_tokens(where: str, tokens: NDArray[Any], count: int) -> None:
    least = tokens.min()
    largest = tokens.max()
    if not (least >= 0 and largest < count):
        raise ValueError(
            f"{where}: tokens must lie between 0 and {count - 1}, "
            f"got {least} to {largest}."
        )


def _check_inputs(where: str, inputs: NDArray[Any], features: int) -> None:
    if inputs.shape[1] != features:
        raise ValueError(
            f"{where}: inputs must have {features} features, got {inputs.shape[1]}."
        )
    # NumPy has no test of finiteness for bfloat16, so that all are tested in float32.
    finite = np.isfinite(inputs.astype(np.float32))
    if not finite.all():
        first_bad_row = int(np.argmin(finite.all(axis=1)))
        raise ValueError(f"{where}: inputs must be finite, row {first_bad_row} is not.")


def _check_labels(where: str, labels: NDArray[Any], classes: int) -> None:
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"{where}: labels must be integers, got {labels.dtype}.")
    least = labels.min()
    largest = labels.max()
    if not (least >= 0 and largest < classes):
        raise IndexError(
            f"{where}: labels must lie between 0 and {classes - 1}, "
            f"got {least} to {largest}."
        )
