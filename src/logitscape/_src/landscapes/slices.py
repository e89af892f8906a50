"""Slices of logit space: where to look. Rays, planes and boxes with named coordinates, for any number of classes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.arguments import whole_number
from ..base.special import nan_unless
from ..base.types import Number
from . import slice_arguments as checked
from .slice_arguments import Coordinates, Grid

__all__ = [
    "Coordinates",
    "Grid",
    "Slice",
    "box",
    "plane",
    "points",
    "ray",
    "simplex_plane",
]


@dataclass(frozen=True, repr=False)
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
    embed: Callable[[Array], Array]
    num_classes: int
    description: str

    def __repr__(self) -> str:
        """In one line: coordinates by their number and ends."""
        axes = [
            f"{name}: {len(axis)} from {axis[0]:g} to {axis[-1]:g}"
            for name, axis in self.coordinates.items()
        ]
        return f"Slice({self.name!r}, {self.description}; {', '.join(axes)}; {self.num_classes} classes)"

    @property
    def shape(self) -> tuple[int, ...]:
        """The grid's."""
        return tuple(len(axis) for axis in self.coordinates.values())


def ray(
    direction: str | Coordinates,
    s: Coordinates,
    *,
    num_classes: int | None = None,
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
        num_classes: n, for a probe ray; 3, or the length of `origin`, by default.
        label: the true class of a probe ray.
        rival: the wrong class of a probe ray.
        base: where every logit starts; normalizers that need positive logits want 1, which the figures take.
        origin: [n], instead of `base`.

    Raises:
        ValueError: for an unknown name, coordinates that are no increasing finite numbers, a direction that is 0, classes that
            do not exist, or lengths that do not fit.
    """
    coordinates = {"s": checked.axis("ray", "s", s)}
    if isinstance(direction, str):
        ends = checked.probe("ray", direction)
        n = checked.count("ray", num_classes, origin=origin)
        checked.label_and_rival("ray", label, rival, n)
        name, towards = direction, np.zeros(n)
        towards[[label, rival]] = ends
    else:
        name, towards = "ray", checked.direction("ray", "direction", direction)
        n = checked.count("ray", num_classes, direction=towards, origin=origin)
    start = checked.start("ray", origin, base, n)
    return Slice(
        name,
        coordinates,
        partial(_affine, start, towards[None]),
        n,
        _formula(start, towards),
    )


def plane(
    x: Coordinates,
    y: Coordinates,
    *,
    axes: tuple[int, int] = (0, 1),
    num_classes: int | None = None,
    base: Number = 0.0,
    origin: Coordinates | None = None,
    directions: tuple[Coordinates, Coordinates] | None = None,
) -> Slice:
    """The plane of two logits, coordinates "z_0" and "z_1" (as `axes` says); with `directions` any plane, "x" and "y".

    Args:
        x: the first coordinate, strictly increasing.
        y: the second.
        axes: the two classes.
        num_classes: n; that of `directions` or `origin`, or 3, by default.
        base: the other logits.
        origin: [n], instead of `base`.
        directions: two vectors [n]; the points are `origin + x d_1 + y d_2`.

    Raises:
        ValueError: as for `ray`; for directions that are parallel.
    """
    sides = checked.axis("plane", "x", x), checked.axis("plane", "y", y)
    if directions is None:
        n = checked.count("plane", num_classes, origin=origin)
        both = checked.classes("plane", "axes", axes, n)
        if len(both) != 2:
            raise ValueError(f"`plane(axes=...)` must name two classes, got {both}.")
        return _along_axes(
            dict(zip(both, sides, strict=True)), checked.start("plane", origin, base, n)
        )
    spanned = checked.two_directions("plane", "directions", directions)
    n = checked.count("plane", num_classes, directions=spanned[0], origin=origin)
    start = checked.start("plane", origin, base, n)
    formula = f"{_formula(start, spanned[0], 'x')} + y {_row(spanned[1])}"
    return Slice(
        "plane",
        dict(zip("xy", sides, strict=True)),
        partial(_affine, start, spanned),
        n,
        formula,
    )


def box(
    axes: Mapping[int, Coordinates] | Sequence[Coordinates],
    *,
    num_classes: int | None = None,
    base: Number = 0.0,
    origin: Coordinates | None = None,
) -> Slice:
    """A box of up to n dimensions: the named logits vary, coordinates "z_0", "z_1", ..., the others stay.

    Args:
        axes: the coordinates by class, each strictly increasing; in a list, those of the first classes.
        num_classes: n; 3, or the length of `origin`, by default.
        base: the logits that stay.
        origin: [n], instead of `base`.

    Raises:
        ValueError: as for `ray`, and for more axes than classes.
    """
    if not isinstance(axes, Iterable):
        raise ValueError(
            f"`box(axes=...)` must be coordinates by class, or a list of them, got {axes!r}."
        )
    by_class = dict(axes) if isinstance(axes, Mapping) else dict(enumerate(axes))
    n = checked.count("box", num_classes, origin=origin)
    checked.classes("box", "axes", by_class, n)
    grids = {k: checked.axis("box", f"axes[{k}]", each) for k, each in by_class.items()}
    return _along_axes(grids, checked.start("box", origin, base, n))


def _along_axes(grids: Mapping[int, Grid], start: Grid) -> Slice:
    """The slice where the logits of these classes vary and those of the others stay as in `start`."""
    n, moving = len(start), list(grids)
    start[moving] = 0
    coordinates = {f"z_{k}": grid for k, grid in grids.items()}
    others = [f"z_{k} = {start[k]:g}" for k in range(n) if k not in grids]
    name = {1: "line", 2: "plane"}.get(len(grids), "box")
    return Slice(
        name,
        coordinates,
        partial(_affine, start, np.eye(n)[moving]),
        n,
        ", ".join([*coordinates, *others]),
    )


def simplex_plane(resolution: int = 101, *, logits: str = "log p") -> Slice:
    """The simplex of three classes, coordinates "p_0" and "p_1"; outside it the logits, and all that follows, are NaN.

    Args:
        resolution: points along each coordinate, at the midpoints of as many cells of (0, 1).
        logits: which logits stand for p: "log p", whose softmax it is, or "p" itself, whose division by the sum it is.

    Raises:
        ValueError: for another form of logits, or fewer than 2 points.
    """
    resolution = whole_number("simplex_plane", "resolution", resolution, low=2)
    if logits not in ("log p", "p"):
        raise ValueError(
            f"`simplex_plane(logits=...)` must be 'log p' or 'p', got {logits!r}."
        )
    cells = (np.arange(resolution) + 0.5) / resolution
    embed = partial(_from_simplex, logits == "log p")
    return Slice(
        "simplex",
        {"p_0": cells, "p_1": cells},
        embed,
        3,
        f"z = {logits}, p_2 = 1 - p_0 - p_1",
    )


def points(slice: Slice) -> Array:
    """All points of a slice, [*shape, n].

    Raises:
        TypeError: for what is no slice.
    """
    if not isinstance(slice, Slice):
        raise TypeError(
            f"`points(slice)` must be a slice, as `ls.ray`, `ls.plane` or `ls.box` makes one, got {slice!r}."
        )
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
    inside = (
        jnp.min(p) > 1e-12
    )  # midpoints of cells on the border are outside by rounding only
    safe = jnp.where(inside, p, 1)
    return nan_unless(inside, jnp.log(safe) if log else safe)


def _row(vector: Grid) -> str:
    return "(" + ", ".join(f"{value:g}" for value in vector) + ")"


def _formula(start: Grid, direction: Grid, coordinate: str = "s") -> str:
    if len(start) > 6:
        moving = ", ".join(
            f"z_{k} = {start[k]:g} + {direction[k]:g} {coordinate}"
            for k in np.flatnonzero(direction)[:4]
        )
        return f"{moving}; {len(start)} classes"
    return f"z = {_row(start)} + {coordinate} {_row(direction)}"
