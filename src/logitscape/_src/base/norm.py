"""The Euclidean norm, and vectors divided by it, without overflow on the way to any derivative."""

import jax
import jax.numpy as jnp
from jax import Array

from .types import Scalar, Vector


# JAX's own derivative is 0 / 0 where all entries are 0.
@jax.custom_jvp
def euclidean_norm(x: Vector) -> Scalar:
    """`sqrt(sum_k x_k^2)`, with derivative 0 at x = 0."""
    unit = unit_of(x)
    scaled = x / unit
    return unit * jnp.sqrt(jnp.sum(scaled * scaled))


def unit_of(x: Array) -> Scalar:
    """The largest absolute value, so far as both it and its reciprocal are normal numbers."""
    limits = jnp.finfo(x.dtype)  # type: ignore[no-untyped-call]
    largest = jnp.max(jnp.abs(x), initial=0)
    # Compiled programs may multiply by the reciprocal, and flush it to 0 below the normal numbers.
    return jnp.clip(largest, limits.tiny, limits.max / 16)


@euclidean_norm.defjvp
def _euclidean_norm_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[Scalar, Scalar]:
    (x,), (dx,) = primals, tangents
    return euclidean_norm(x), jnp.sum(_unit(x) * dx)


# JAX's own derivative divides by the squared norm, which overflows.
@jax.custom_jvp
def divided_by_norm(x: Vector, epsilon: Scalar) -> Vector:
    """`x / (|x| + epsilon)`, where x or epsilon is not 0."""
    return _divided(x, euclidean_norm(x) + epsilon)


def _divided(x: Vector, length: Scalar) -> Vector:
    """`x / length`, whose reciprocal may lie below the normal numbers."""
    limits = jnp.finfo(x.dtype)  # type: ignore[no-untyped-call]
    part = jnp.where(length > limits.max / 16, 1 / 16, 1).astype(x.dtype)
    return x / (length * part) * part


@divided_by_norm.defjvp
def _divided_by_norm_jvp(
    primals: tuple[Vector, Scalar], tangents: tuple[Vector, Scalar]
) -> tuple[Vector, Vector]:
    """`(dx - v (u dx + depsilon)) / (|x| + epsilon)` with the unit vector u and the value v.

    The part of dx along x, of which only epsilon leaves anything, is kept apart: as a difference of
    nearly equal numbers it would lose its digits.
    """
    x, epsilon = primals
    dx, depsilon = tangents
    value, unit = divided_by_norm(x, epsilon), _unit(x)
    length = euclidean_norm(x) + epsilon
    along = unit * jnp.sum(unit * dx)
    left_of_along = along * (epsilon / length)
    moved = (dx - along) + left_of_along - value * depsilon
    return value, _divided(moved, length)


def _unit(x: Vector) -> Vector:
    """`x / |x|`, and 0 at x = 0."""
    # By the norm, which is there already: a test of all entries would take longer than the rest.
    is_zero = euclidean_norm(x) == 0
    unit = divided_by_norm(jnp.where(is_zero, 1, x), jnp.zeros((), x.dtype))
    return jnp.where(is_zero, 0, unit)
