"""Checks of data sets that users bring themselves."""

import numpy as np

from ..base.out_of_range import LabelRangeError
from .dataset import SPLITS, Dataset, Examples, Numbers


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


def _check_shapes(where: str, inputs: Numbers, labels: Numbers) -> None:
    label_per_input = labels.shape == inputs.shape[:1]
    if inputs.ndim != 2 or not label_per_input or len(labels) == 0:
        raise ValueError(
            f"{where}: inputs must be [m, features] and labels [m], "
            f"got {inputs.shape} and {labels.shape}."
        )


def _check_tokens(where: str, tokens: Numbers, count: int) -> None:
    least = tokens.min()
    largest = tokens.max()
    if least < 0 or largest >= count:
        raise ValueError(
            f"{where}: tokens must lie between 0 and {count - 1}, "
            f"got {least} to {largest}."
        )


def _check_inputs(where: str, inputs: Numbers, features: int) -> None:
    length = inputs.shape[1]
    if length != features:
        raise ValueError(
            f"{where}: inputs must have {features} features, got {length}."
        )
    # NumPy has no test of finiteness for bfloat16, so that all are tested in float32.
    finite = np.isfinite(inputs.astype(np.float32))
    if not finite.all():
        finite_rows = finite.all(axis=1)
        first_bad_row = int(np.argmin(finite_rows))
        raise ValueError(f"{where}: inputs must be finite, row {first_bad_row} is not.")


def _check_labels(where: str, labels: Numbers, classes: int) -> None:
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"{where}: labels must be integers, got {labels.dtype}.")
    least = labels.min()
    largest = labels.max()
    if least < 0 or largest >= classes:
        raise LabelRangeError(
            f"{where}: labels must lie between 0 and {classes - 1}, "
            f"got {least} to {largest}."
        )
