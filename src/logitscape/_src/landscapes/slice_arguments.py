"""Checks of the arguments of slices: coordinates, vectors and classes.

In every function `function_name` is the public function that an error message names,
and `name` is the argument that it names.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.conversion import ERRORS, array_of, entries, refusal
from ..base.messages import quoted
from ..base.types import Number
from ..base.whole_numbers import MOST_CLASSES, is_whole, whole_number
from .probe_rays import ProbeRay

Coordinates: TypeAlias = Array | NDArray[Any] | Sequence[Any]
"""Numbers as users give them."""
Grid: TypeAlias = NDArray[np.float64]
"""Numbers after the checks of this module."""

LEAST_CLASSES = 1
"""One logit is the binary case of a multi-label loss."""
DEFAULT_CLASSES = 3
PARALLEL = 1e-12
"""Largest sine of the angle between two directions that count as parallel.

Below it float64 cannot tell the plane that they span from a line.
"""


def axis(function_name: str, name: str, values: Any) -> Grid:
    """Coordinates as an array of finite, strictly increasing numbers, [m]."""
    coordinates = floats(function_name, name, values)
    argument = f"`{function_name}({name}=...)`"
    if coordinates.ndim != 1 or coordinates.size == 0:
        raise ValueError(
            f"{argument} must be a list of coordinates, got shape {coordinates.shape}."
        )
    finite = np.isfinite(coordinates)
    if not np.all(finite):
        first = coordinates[~finite][0]
        raise ValueError(f"{argument} must be finite, got {first}.")
    falls = np.flatnonzero(np.diff(coordinates) <= 0)
    if falls.size:
        position = falls[0]
        before = coordinates[position]
        after = coordinates[position + 1]
        raise ValueError(
            f"{argument} must be strictly increasing, got {before:g} before {after:g}."
        )
    return coordinates


def direction(function_name: str, name: str, value: Coordinates) -> Grid:
    """A finite vector of at least one logit that is not zero, [n]."""
    vector = floats(function_name, name, value)
    if (
        vector.ndim != 1
        or vector.size < LEAST_CLASSES
        or not np.all(np.isfinite(vector))
    ):
        raise ValueError(
            f"`{function_name}({name}=...)` must be a finite vector of logits, at least "
            f"{LEAST_CLASSES}, got {quoted(value)}."
        )
    if not np.any(vector):
        raise ValueError(
            f"`{function_name}({name}=...)` must not be zero in every logit, "
            f"got {quoted(value)}."
        )
    return vector


def two_directions(function_name: str, name: str, value: Sequence[Coordinates]) -> Grid:
    """Two vectors that span a plane, [2, n]."""
    argument = f"`{function_name}({name}=...)`"
    vectors = entries(value) or []
    if len(vectors) != 2:
        raise ValueError(f"{argument} must be two vectors, got {quoted(value)}.")
    first, second = (direction(function_name, name, vector) for vector in vectors)
    if first.shape != second.shape:
        raise ValueError(
            f"{argument} must be of the same length, "
            f"got {first.size} and {second.size} logits."
        )
    if _are_parallel(first, second):
        raise ValueError(f"{argument} must not be parallel, got {quoted(value)}.")
    return np.stack([first, second])


def _are_parallel(first: Grid, second: Grid) -> bool:
    unit = _unit_vector(first)
    other = _unit_vector(second)
    perpendicular = unit - other * (unit @ other)
    return bool(np.linalg.norm(perpendicular) < PARALLEL)


def _unit_vector(vector: Grid) -> Grid:
    # Divided by the largest entry first, as squares of huge entries would overflow.
    scaled = vector / np.abs(vector).max()
    return np.asarray(scaled / np.linalg.norm(scaled))


def class_count(
    function_name: str, num_classes: int | None, **vectors: Coordinates | None
) -> int:
    """Number of classes, which must be the length of all vectors.

    Args:
        function_name: Public function that errors name.
        num_classes: Number that the user gave. By default it is the length of the
            first vector that is not None, or 3 if there is none.
        **vectors: Arguments that hold one number per class, by name.
    """
    numbers = {
        name: floats(function_name, name, vector)
        for name, vector in vectors.items()
        if vector is not None
    }
    lengths = {name: len(each) for name, each in numbers.items() if each.ndim == 1}
    for name, length in lengths.items():
        if length < LEAST_CLASSES:
            raise ValueError(
                f"`{function_name}({name}=...)` must have at least {LEAST_CLASSES} logits, "
                f"got {length}."
            )
    if num_classes is None:
        num_classes = next(iter(lengths.values()), DEFAULT_CLASSES)
    num_classes = whole_number(
        function_name, "num_classes", num_classes, low=LEAST_CLASSES, high=MOST_CLASSES
    )
    for name, length in lengths.items():
        if length != num_classes:
            raise ValueError(
                f"`{function_name}({name}=...)` must have "
                f"num_classes = {num_classes} logits, got {length}."
            )
    return num_classes


def starting_point(
    function_name: str, origin: Coordinates | None, base: Number, num_classes: int
) -> Grid:
    """Logits where all coordinates are 0, [n]: `origin`, or `base` in every class."""
    if origin is None:
        level = floats(function_name, "base", base)
        if level.ndim or not np.isfinite(level):
            raise ValueError(
                f"`{function_name}(base=...)` must be a finite number, got {quoted(base)}."
            )
        return np.full(num_classes, level)
    # A copy, as the caller's array must not change with the slice.
    logits = floats(function_name, "origin", origin).copy()
    if logits.shape != (num_classes,) or not np.all(np.isfinite(logits)):
        raise ValueError(
            f"`{function_name}(origin=...)` must be {num_classes} finite logits, "
            f"got {quoted(origin)}."
        )
    return logits


def different_classes(
    function_name: str, name: str, value: Any, num_classes: int
) -> list[int]:
    """Classes that exist, none of them twice."""
    classes = entries(value) or []
    exist = all(is_whole(k) and 0 <= k < num_classes for k in classes)
    if not classes or not exist or len(set(classes)) < len(classes):
        raise ValueError(
            f"`{function_name}({name}=...)` must name classes between 0 and "
            f"{num_classes - 1} (num_classes={num_classes}), each once, "
            f"got {quoted(classes or value)}."
        )
    return classes


def label_and_rival(
    function_name: str, label: int, rival: int, num_classes: int
) -> None:
    """Raise `ValueError` unless both classes exist and differ."""
    one_class(function_name, "label", label, num_classes)
    one_class(function_name, "rival", rival, num_classes)
    if label == rival:
        raise ValueError(
            f"`{function_name}(rival=...)` must not be the label, got {rival} for both."
        )


def only_class(function_name: str, label: int, probe: ProbeRay) -> None:
    """Raise `ValueError` unless the label is the only class, and the ray moves no rival of it."""
    one_class(function_name, "label", label, 1)
    if probe.rival_change:
        raise ValueError(
            f"`{function_name}(num_classes=...)` must be at least 2, got 1: {probe.name} moves a "
            "rival; with one logit take 'R2' or the direction [1.0]."
        )


def one_class(function_name: str, name: str, value: Any, num_classes: int) -> int:
    """A class that exists, as an int."""
    argument = f"`{function_name}({name}=...)`"
    if not is_whole(value):
        raise ValueError(f"{argument} must be a whole number, got {quoted(value)}.")
    if not 0 <= value < num_classes:
        raise ValueError(
            f"{argument} must lie between 0 and {num_classes - 1}, got {quoted(value)}."
        )
    return int(value)


def floats(function_name: str, name: str, value: Any) -> Grid:
    """Numbers as an array of float64; complex numbers and text are refused."""
    try:
        # NumPy reads an empty list as an array of shape [0], and an empty list of lists
        # as one of more axes. All of them become the same empty vector.
        if not np.size(value):
            return np.empty(0)
        argument = f"`{function_name}({name}=...)`"
        return array_of(argument, value).astype(np.float64, casting="same_kind")
    except ERRORS as error:
        refused = refusal(f"`{function_name}({name}=...)`", value, error)
        raise ValueError(str(refused)) from None
