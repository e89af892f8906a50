"""The arguments of slices, checked: coordinates, vectors, classes. `function_name` is the public function that errors name."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.arguments import is_whole
from ..base.types import Number

Coordinates: TypeAlias = Array | NDArray[Any] | Sequence[Any]
Grid: TypeAlias = NDArray[np.float64]

PROBES = {"R1": (0.0, 1.0), "R2": (-1.0, 0.0), "R3": (-0.5, 0.5)}
"""Where the label and the rival go on the probe rays."""
FEWEST, USUAL = 2, 3
PARALLEL = 1e-12
"""Vectors at a smaller angle than this span no plane that float64 could tell from a line."""


def axis(function_name: str, name: str, values: Coordinates) -> Grid:
    """Coordinates: finite numbers, strictly increasing."""
    found = floats(function_name, name, values)
    if found.ndim != 1 or found.size == 0:
        raise ValueError(
            f"`{function_name}({name}=...)` must be a list of coordinates, got shape {found.shape}."
        )
    if not np.all(np.isfinite(found)):
        raise ValueError(
            f"`{function_name}({name}=...)` must be finite, got {found[~np.isfinite(found)][0]}."
        )
    falls = np.flatnonzero(np.diff(found) <= 0)
    if falls.size:
        at = falls[0]
        raise ValueError(
            f"`{function_name}({name}=...)` must be strictly increasing, got {found[at]:g} before {found[at + 1]:g}."
        )
    return found


def direction(function_name: str, name: str, value: Coordinates) -> Grid:
    """A vector to go along: finite, of two logits or more, and not zero."""
    vector = floats(function_name, name, value)
    if vector.ndim != 1 or vector.size < FEWEST or not np.all(np.isfinite(vector)):
        raise ValueError(
            f"`{function_name}({name}=...)` must be a finite vector of at least {FEWEST} logits, got {value!r}."
        )
    if not np.any(vector):
        raise ValueError(
            f"`{function_name}({name}=...)` must not be zero in every logit, got {value!r}."
        )
    return vector


def two_directions(function_name: str, name: str, value: Sequence[Coordinates]) -> Grid:
    """Two vectors that span a plane, [2, n]."""
    if not isinstance(value, Iterable) or len(value) != 2:
        raise ValueError(
            f"`{function_name}({name}=...)` must be two vectors, got {value!r}."
        )
    first, second = (direction(function_name, name, each) for each in value)
    if first.shape != second.shape:
        raise ValueError(
            f"`{function_name}({name}=...)` must be of the same length, got {first.size} and {second.size} logits."
        )
    units = [each / np.abs(each).max() for each in (first, second)]
    units = [each / np.linalg.norm(each) for each in units]
    if np.linalg.norm(units[0] - units[1] * (units[0] @ units[1])) < PARALLEL:
        raise ValueError(
            f"`{function_name}({name}=...)` must not be parallel, got {value!r}."
        )
    return np.stack([first, second])


def count(
    function_name: str, num_classes: int | None, **vectors: Coordinates | None
) -> int:
    """n: as given, else the length of the first vector that is, else 3."""
    lengths = {
        name: len(vector)
        for name, vector in vectors.items()
        if vector is not None and np.ndim(vector) == 1
    }
    if num_classes is None:
        num_classes = next(iter(lengths.values()), USUAL)
    if not is_whole(num_classes) or num_classes < FEWEST:
        raise ValueError(
            f"`{function_name}(num_classes=...)` must be a whole number, at least {FEWEST}, got {num_classes!r}."
        )
    for name, length in lengths.items():
        if length != num_classes:
            raise ValueError(
                f"`{function_name}({name}=...)` must have num_classes = {num_classes} logits, got {length}."
            )
    return int(num_classes)


def start(function_name: str, origin: Coordinates | None, base: Number, n: int) -> Grid:
    """The point at coordinates 0: `origin`, else `base` everywhere."""
    if origin is None:
        at = floats(function_name, "base", base)
        if at.ndim or not np.isfinite(at):
            raise ValueError(
                f"`{function_name}(base=...)` must be a finite number, got {base!r}."
            )
        return np.full(n, at)
    given = floats(function_name, "origin", origin).copy()
    if given.shape != (n,) or not np.all(np.isfinite(given)):
        raise ValueError(
            f"`{function_name}(origin=...)` must be {n} finite logits, got {origin!r}."
        )
    return given


def classes(function_name: str, name: str, given: Any, num_classes: int) -> list[int]:
    """Different classes that exist."""
    found = list(given) if isinstance(given, Iterable) else []
    if (
        not found
        or len(set(found)) < len(found)
        or not all(is_whole(k) and 0 <= k < num_classes for k in found)
    ):
        allowed = f"classes between 0 and {num_classes - 1} (num_classes={num_classes}), each once"
        raise ValueError(
            f"`{function_name}({name}=...)` must name {allowed}, got {found or given!r}."
        )
    return found


def label_and_rival(
    function_name: str, label: int, rival: int, num_classes: int
) -> None:
    """Refuse classes that do not exist, or are the same."""
    one_class(function_name, "label", label, num_classes)
    one_class(function_name, "rival", rival, num_classes)
    if label == rival:
        raise ValueError(
            f"`{function_name}(rival=...)` must not be the label, got {rival} for both."
        )


def one_class(function_name: str, name: str, value: Any, num_classes: int) -> int:
    """A class that exists."""
    if not is_whole(value):
        raise ValueError(
            f"`{function_name}({name}=...)` must be a whole number, got {value!r}."
        )
    if not 0 <= value < num_classes:
        raise ValueError(
            f"`{function_name}({name}=...)` must lie between 0 and {num_classes - 1}, got {value!r}."
        )
    return int(value)


def probe(function_name: str, name: str) -> tuple[float, float]:
    """Where the label and the rival go on a probe ray."""
    if name not in PROBES:
        raise ValueError(
            f"`{function_name}(direction=...)` must be {', '.join(map(repr, PROBES))} or a vector, got {name!r}."
        )
    return PROBES[name]


def floats(function_name: str, name: str, value: Any) -> Grid:
    """An array of float64, or an error that names the argument."""
    try:
        return (
            np.asarray(value).astype(np.float64, casting="same_kind")
            if np.size(value)
            else np.empty(0)
        )
    except (TypeError, ValueError):
        raise ValueError(
            f"`{function_name}({name}=...)` must be numbers, got {value!r}."
        ) from None
