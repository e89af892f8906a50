"""The class `Slice`, a grid of points in logit space, and the parts that slices share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.messages import quoted
from .slice_arguments import Grid

Embedding: TypeAlias = Callable[[Array], Array]
"""Function from the coordinates of a point, [d], to its logits, [n]."""

MOST_LOGITS_SHOWN = 6
"""Largest number of classes for which a formula shows whole vectors."""
MOST_MOVING_SHOWN = 4
"""Largest number of changing logits that the formula of a longer vector shows."""


@dataclass(frozen=True, repr=False)
class Slice:
    """A grid of points in logit space.

    Attributes:
        name: Name of the slice, such as "R1".
        coordinates: Values along each axis of the grid by the axis' name, each strictly
            increasing.
        embed: Function from the coordinates of a point, [d], to its logits, [n].
        num_classes: Number of classes, n.
        description: Formula of the points.
    """

    name: str
    coordinates: Mapping[str, Grid]
    embed: Embedding
    num_classes: int
    description: str

    def __repr__(self) -> str:
        """Name, formula, extent of the grid and number of classes, in one line."""
        axes = []
        for name, axis in self.coordinates.items():
            extent = f"from {axis[0]:g} to {axis[-1]:g}"
            axes.append(f"{name}: {len(axis)} {extent}")
        grid = ", ".join(axes)
        plural = "" if self.num_classes == 1 else "es"
        classes = f"{self.num_classes} class{plural}"
        return f"Slice({self.name!r}, {self.description}; {grid}; {classes})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of points along each axis of the grid."""
        return tuple(len(axis) for axis in self.coordinates.values())


def points(slice: Slice) -> Array:
    """All points of a slice.

    Args:
        slice: Slice with a grid of any number of axes.

    Returns:
        Logits of the points, [*slice.shape, n], in the widest floating-point type that
        JAX has enabled.

    Raises:
        TypeError: If `slice` is not a Slice.

    >>> import logitscape as ls
    >>> ls.points(ls.ray("rival_up", [0.0, 1.0, 2.0])).tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 2.0, 0.0]]
    """
    if not isinstance(slice, Slice):
        raise TypeError(
            "`points(slice)` must be a slice, as `ls.ray`, `ls.plane` or `ls.box` "
            f"makes one, got {quoted(slice)}."
        )
    axes = slice.coordinates.values()
    meshes = jnp.meshgrid(*axes, indexing="ij")
    grid = jnp.stack(meshes, axis=-1)
    embed: Embedding = jnp.vectorize(slice.embed, signature="(d)->(n)")
    return embed(grid)


def affine_point(origin: Grid, directions: Grid, coordinates: Array) -> Array:
    """Logits `origin + sum_i c_i directions_i`, [n].

    A coordinate whose direction is 0 in a logit leaves that logit exactly as it is.
    """
    # Not a matrix product, whose factors accelerators round by default.
    dtype = coordinates.dtype
    total = jnp.asarray(origin, dtype)
    for i, direction in enumerate(directions):
        total = total + coordinates[i] * jnp.asarray(direction, dtype)
    return total


def line_formula(origin: Grid, direction: Grid, coordinate: str = "s") -> str:
    """The formula of a line, such as "z = (0, 0) + s (0, 1)"."""
    if len(origin) <= MOST_LOGITS_SHOWN:
        start = vector_text(origin)
        slope = vector_text(direction)
        return f"z = {start} + {coordinate} {slope}"
    moving = np.flatnonzero(direction)[:MOST_MOVING_SHOWN]
    equations = []
    for k in moving:
        change = f"{direction[k]:g} {coordinate}"
        equations.append(f"z_{k} = {origin[k]:g} + {change}")
    return f"{', '.join(equations)}; {len(origin)} classes"


def vector_text(vector: Grid) -> str:
    """A vector in short, such as "(0, 0.5)"."""
    numbers = [f"{value:g}" for value in vector]
    return f"({', '.join(numbers)})"
