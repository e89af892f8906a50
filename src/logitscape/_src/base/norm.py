"""The Euclidean norm, and vectors divided by it, without overflow on the way to any derivative."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from .branches import one_branch
from .types import Scalar, Vector


class Length(NamedTuple):
    """The norm of a vector as a product, which itself may overflow or underflow.

    Attributes:
        unit: A normal number whose reciprocal is one too; 1 for most vectors.
        scaled: The norm in this unit.
    """

    unit: Scalar
    scaled: Scalar

    @property
    def norm(self) -> Scalar:
        """The norm itself."""
        return self.unit * self.scaled

    def direction(self, x: Array) -> Array:
        """A vector, or some of its entries, divided by its norm; 0 where that is 0."""
        is_zero = self.scaled == 0
        inverse = jnp.where(is_zero, 0, 1 / jnp.where(is_zero, 1, self.scaled))
        # Not 0 for the finite entries of a vector that has an infinite one.
        inverse = jnp.where(jnp.isinf(self.scaled), jnp.nan, inverse)
        return (x * (1 / self.unit)) * inverse


def length_of(
    x: Vector,
    sum_up: Callable[[Array], Array] = jnp.sum,
    *,
    has_masks: bool = False,
) -> Length:
    """The norm of a vector of any size.

    The squares are summed up as they are. Only if that overflows or underflows for a vector of the
    batch, or one is 0, a branch takes those again in a unit of their own.

    Args:
        x: Vector, [n].
        sum_up: Function that sums over the entries.
        has_masks: Whether entries of -inf do not count.
    """

    def sums_are_normal(x: Array, squares: Array) -> Array:
        return jnp.all(_is_normal(squares))

    def as_they_are(x: Vector, squares: Scalar) -> tuple[Array, Array]:
        return jnp.ones_like(squares), squares

    def in_units(x: Vector, squares: Scalar) -> tuple[Array, Array]:
        if has_masks:
            x = jnp.where(jnp.isneginf(x), 0, x)
        is_normal = _is_normal(squares)
        unit = unit_of(x)
        scaled = x / unit
        again = jnp.sum(scaled * scaled)
        return jnp.where(is_normal, 1, unit), jnp.where(is_normal, squares, again)

    run = one_branch(sums_are_normal, as_they_are, in_units)
    unit, squares = run(x, sum_up(x * x))
    return Length(unit, jnp.sqrt(squares))


def _is_normal(squares: Array) -> Array:
    """Whether a sum of squares has all its digits, whatever the number of its terms."""
    limits = jnp.finfo(squares.dtype)  # type: ignore[no-untyped-call]
    return (squares >= limits.tiny / limits.eps**2) & (squares <= limits.max)


# JAX's own derivative is 0 / 0 where all entries are 0.
@jax.custom_jvp
def euclidean_norm(x: Vector) -> Scalar:
    """`sqrt(sum_k x_k^2)`, with derivative 0 at x = 0."""
    return length_of(x).norm


@euclidean_norm.defjvp
def _euclidean_norm_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[Scalar, Scalar]:
    (x,), (dx,) = primals, tangents
    return euclidean_norm(x), jnp.sum(unit_vector(x) * dx)


def unit_of(x: Array) -> Scalar:
    """The largest absolute value, so far as both it and its reciprocal are normal numbers."""
    limits = jnp.finfo(x.dtype)  # type: ignore[no-untyped-call]
    largest = jnp.max(jnp.abs(x), initial=0)
    # Compiled programs may multiply by the reciprocal, and flush it to 0 below the normal numbers.
    return jnp.clip(largest, limits.tiny, limits.max / 16)


@jax.custom_jvp
def unit_vector(x: Vector) -> Vector:
    """`x / |x|`, and 0 at x = 0."""
    return length_of(x).direction(x)


@unit_vector.defjvp
def _unit_vector_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[Vector, Vector]:
    """`(dx - u (u dx)) / |x|`, and 0 at x = 0."""
    (x,), (dx,) = primals, tangents
    unit, norm = unit_vector(x), euclidean_norm(x)
    across = dx - unit * jnp.sum(unit * dx)
    is_zero = norm == 0
    moved = divided(across, jnp.where(is_zero, 1, norm))
    return unit, jnp.where(is_zero, 0, moved)


# JAX's own derivative divides by the squared norm, which overflows.
@jax.custom_jvp
def divided_by_norm(x: Vector, epsilon: Scalar) -> Vector:
    """`x / (|x| + epsilon)`, where x or epsilon is not 0."""
    return divided_by_length(x, length_of(x), epsilon)


def divided_by_length(x: Array, length: Length, epsilon: Scalar) -> Array:
    """A vector of this length, or some of its entries, divided by the norm and epsilon more."""
    # 0 / 0 at x = 0 without epsilon.
    return length.direction(x) * (1 / (1 + epsilon / length.norm))


def divided(x: Array, length: Scalar) -> Array:
    """`x / length`, whose reciprocal may lie below the normal numbers."""
    limits = jnp.finfo(x.dtype)  # type: ignore[no-untyped-call]
    part = jnp.where(length > limits.max / 16, 1 / 16, 1).astype(x.dtype)
    return x * (1 / (length * part)) * part


@divided_by_norm.defjvp
def _divided_by_norm_jvp(
    primals: tuple[Vector, Scalar], tangents: tuple[Vector, Scalar]
) -> tuple[Vector, Vector]:
    """`(dx - v (u dx + depsilon)) / (|x| + epsilon)` with the unit vector u and the value v."""
    x, epsilon = primals
    dx, depsilon = tangents
    value, unit = divided_by_norm(x, epsilon), unit_vector(x)
    length = euclidean_norm(x) + epsilon
    moved = moved_with(unit, dx, jnp.sum(unit * dx), epsilon, length)
    return value, moved - divided(value * depsilon, length)


def moved_with(
    unit: Vector, dx: Vector, along: Scalar, epsilon: Scalar, length: Scalar
) -> Vector:
    """`J dx` of a vector divided by `|x| + epsilon`, whose Jacobian J is symmetric.

    The part of dx along x, of which only epsilon leaves anything, is kept apart: as a difference of
    nearly equal numbers it would lose its digits.

    Args:
        unit: Unit vector, [n].
        dx: Vector that is multiplied, [n].
        along: Its part along x, the sum of `unit * dx`.
        epsilon: Number that is added to the norm.
        length: The norm and epsilon.
    """
    left_of_along = along * (epsilon / length)
    return divided((dx - unit * along) + unit * left_of_along, length)
