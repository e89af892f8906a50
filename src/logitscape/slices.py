"""Slices of logit space: where to look. Rays, planes and boxes with named coordinates, for any number of classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ._special import nan_unless
from ._types import Number

Coordinates: TypeAlias = Array | NDArray[Any] | Sequence[Any]
Grid: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Slice:
    """A grid of points in logit space.

    Attributes:
        name: of the slice, such as "R1".
        coordinates: the grid's axes by name, each strictly increasing.
        embed: the point [n] at coordinates [d].
        num_classes: n.
        description: the points as a formula.
    """

    name: str
    coordinates: Mapping[str, Grid]
    embed: Callable[[Array], Array] = field(repr=False)
    num_classes: int
    description: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The grid's."""
        return tuple(len(axis) for axis in self.coordinates.values())


def ray(
    direction: str | Coordinates,
    s: Coordinates,
    *,
    num_classes: int = 3,
    label: int = 0,
    rival: int = 1,
    base: Number = 0.0,
    origin: Coordinates | None = None,
) -> Slice:
    """The ray `origin + s * direction`, with the coordinate "s".

    Args:
        direction: a vector [n], or one of the probe rays: "R1", rival up (`z_rival = s`); "R2", true down (`z_label = -s`);
            "R3", antisymmetric (`z_label = -s/2, z_rival = s/2`).
        s: strictly increasing.
        num_classes: n, for a probe ray.
        label: the true class of a probe ray.
        rival: the wrong class of a probe ray.
        base: the other logits; normalizers that need positive logits want 1.
        origin: [n], instead of `base`.

    Raises:
        ValueError: for an unknown name, coordinates that are no increasing finite numbers, or classes that do not exist.
    """
    coordinates = {"s": _axis("ray", "s", s)}
    if not isinstance(direction, str):
        towards = _vector("ray", "direction", direction)
        start = _origin("ray", origin, base, len(towards))
        return Slice("ray", coordinates, partial(_affine, start, towards[None]), len(towards), _formula(start, towards))
    _check_classes(direction, num_classes, label, rival)
    towards = np.zeros(num_classes)
    towards[[label, rival]] = {"R1": (0.0, 1.0), "R2": (-1.0, 0.0), "R3": (-0.5, 0.5)}[direction]
    start = _origin("ray", origin, base, num_classes)
    return Slice(direction, coordinates, partial(_affine, start, towards[None]), num_classes, _formula(start, towards))


def plane(
    x: Coordinates,
    y: Coordinates,
    *,
    axes: tuple[int, int] = (0, 1),
    num_classes: int = 3,
    base: Number = 0.0,
    origin: Coordinates | None = None,
    directions: tuple[Coordinates, Coordinates] | None = None,
) -> Slice:
    """The plane of two logits, coordinates "z_0" and "z_1" (as `axes` says); with `directions` any plane, "x" and "y".

    Args:
        x: the first coordinate, strictly increasing.
        y: the second.
        axes: the two classes.
        num_classes: n.
        base: the other logits.
        origin: [n], instead of `base`.
        directions: two vectors [n]; the points are `origin + x d_1 + y d_2`.

    Raises:
        ValueError: as for `ray`.
    """
    if directions is None:
        if axes[0] == axes[1]:
            raise ValueError(f"`plane(axes=...)` must name two different classes, got {axes}.")
        return box(dict(zip(axes, (x, y), strict=True)), num_classes=num_classes, base=base, origin=origin)
    spanned = np.stack([_vector("plane", "directions", each) for each in directions])
    start = _origin("plane", origin, base, spanned.shape[1])
    coordinates = {"x": _axis("plane", "x", x), "y": _axis("plane", "y", y)}
    formula = f"{_formula(start, spanned[0], 'x')} + y {_row(spanned[1])}"
    return Slice("plane", coordinates, partial(_affine, start, spanned), spanned.shape[1], formula)


def box(
    axes: Mapping[int, Coordinates] | Sequence[Coordinates],
    *,
    num_classes: int = 3,
    base: Number = 0.0,
    origin: Coordinates | None = None,
) -> Slice:
    """A box of up to n dimensions: the named logits vary, coordinates "z_0", "z_1", ..., the others stay.

    Args:
        axes: the coordinates by class, each strictly increasing; in a list, those of the first classes.
        num_classes: n.
        base: the logits that stay.
        origin: [n], instead of `base`.

    Raises:
        ValueError: as for `ray`, and for more axes than classes.
    """
    by_class = dict(axes) if isinstance(axes, Mapping) else dict(enumerate(axes))
    if len(by_class) == 0 or not all(isinstance(k, int) and 0 <= k < num_classes for k in by_class):
        raise ValueError(f"`box(axes=...)` must name classes between 0 and {num_classes - 1}, each once, got {list(by_class)}.")
    _check_count("box", num_classes)
    coordinates = {f"z_{k}": _axis("box", f"axes[{k}]", axis) for k, axis in by_class.items()}
    start = _origin("box", origin, base, num_classes)
    start[list(by_class)] = 0
    others = [f"z_{k} = {start[k]:g}" for k in range(num_classes) if k not in by_class]
    name = {1: "line", 2: "plane"}.get(len(by_class), "box")
    embed = partial(_affine, start, np.eye(num_classes)[list(by_class)])
    return Slice(name, coordinates, embed, num_classes, ", ".join([*coordinates, *others]))


def simplex_plane(resolution: int = 101, *, logits: str = "log p") -> Slice:
    """The simplex of three classes, coordinates "p_0" and "p_1"; outside it the logits, and all that follows, are NaN.

    Args:
        resolution: points along each coordinate, at the midpoints of as many cells of (0, 1).
        logits: which logits stand for p: "log p", whose softmax it is, or "p" itself, whose division by the sum it is.

    Raises:
        ValueError: for another form of logits, or fewer than 2 points.
    """
    if not isinstance(resolution, int) or resolution < 2:
        raise ValueError(f"`simplex_plane(resolution=...)` must be a whole number, at least 2, got {resolution!r}.")
    if logits not in ("log p", "p"):
        raise ValueError(f"`simplex_plane(logits=...)` must be 'log p' or 'p', got {logits!r}.")
    cells = (np.arange(resolution) + 0.5) / resolution
    embed = partial(_from_simplex, logits == "log p")
    return Slice("simplex", {"p_0": cells, "p_1": cells}, embed, 3, f"z = {logits}, p_2 = 1 - p_0 - p_1")


def points(slice: Slice) -> Array:
    """All points of a slice, [*shape, n]."""
    grid = jnp.stack(jnp.meshgrid(*slice.coordinates.values(), indexing="ij"), axis=-1)
    embed: Callable[[Array], Array] = jnp.vectorize(slice.embed, signature="(d)->(n)")
    return embed(grid)


def _affine(origin: Grid, directions: Grid, coordinates: Array) -> Array:
    """`origin + sum_i c_i directions_i`; a coordinate of weight 0 leaves a logit alone, whatever its size."""
    total = jnp.asarray(origin, coordinates.dtype)
    for i, direction in enumerate(directions):
        total = total + coordinates[i] * jnp.asarray(direction, coordinates.dtype)
    return total


def _from_simplex(log: bool, coordinates: Array) -> Array:
    last = 1 - coordinates[0] - coordinates[1]
    p = jnp.stack([coordinates[0], coordinates[1], last])
    inside = jnp.min(p) > 1e-12  # midpoints of cells on the border are outside by rounding only
    safe = jnp.where(inside, p, 1)
    return nan_unless(inside, jnp.log(safe) if log else safe)


def _axis(owner: str, name: str, values: Coordinates) -> Grid:
    axis = np.asarray(values, dtype=np.float64)
    if axis.ndim != 1 or axis.size == 0:
        raise ValueError(f"`{owner}({name}=...)` must be a list of coordinates, got shape {axis.shape}.")
    if not np.all(np.isfinite(axis)):
        raise ValueError(f"`{owner}({name}=...)` must be finite, got {axis[~np.isfinite(axis)][0]}.")
    falls = np.flatnonzero(np.diff(axis) <= 0)
    if falls.size:
        at = falls[0]
        raise ValueError(f"`{owner}({name}=...)` must be strictly increasing, got {axis[at]:g} before {axis[at + 1]:g}.")
    return axis


def _vector(owner: str, name: str, value: Coordinates) -> Grid:
    vector = np.asarray(value, dtype=np.float64)
    if vector.ndim != 1 or vector.size < 2 or not np.all(np.isfinite(vector)):
        raise ValueError(f"`{owner}({name}=...)` must be a finite vector of at least 2 logits, got {value!r}.")
    return vector


def _origin(owner: str, origin: Coordinates | None, base: Number, n: int) -> Grid:
    start = np.full(n, base, dtype=np.float64) if origin is None else np.array(origin, dtype=np.float64)
    if start.shape != (n,) or not np.all(np.isfinite(start)):
        raise ValueError(f"`{owner}(origin=...)` must be {n} finite logits, got {origin if origin is not None else base!r}.")
    return start


def _check_count(owner: str, num_classes: int) -> None:
    if not isinstance(num_classes, int) or num_classes < 2:
        raise ValueError(f"`{owner}(num_classes=...)` must be a whole number, at least 2, got {num_classes!r}.")


def _check_classes(name: str, num_classes: int, label: int, rival: int) -> None:
    if name not in ("R1", "R2", "R3"):
        raise ValueError(f"`ray(direction=...)` must be 'R1', 'R2', 'R3' or a vector, got {name!r}.")
    _check_count("ray", num_classes)
    for argument, value in (("label", label), ("rival", rival)):
        if not (isinstance(value, int) and 0 <= value < num_classes):
            raise ValueError(f"`ray({argument}=...)` must lie between 0 and {num_classes - 1}, got {value!r}.")
    if label == rival:
        raise ValueError(f"`ray(rival=...)` must not be the label, got {rival} for both.")


def _row(vector: Grid) -> str:
    return "(" + ", ".join(f"{value:g}" for value in vector) + ")"


def _formula(start: Grid, direction: Grid, coordinate: str = "s") -> str:
    if len(start) > 6:
        moving = ", ".join(f"z_{k} = {start[k]:g} + {direction[k]:g} {coordinate}" for k in np.flatnonzero(direction)[:4])
        return f"{moving}; {len(start)} classes"
    return f"z = {_row(start)} + {coordinate} {_row(direction)}"
