"""The class with the largest value, found the same way however the surrounding program is compiled.

Classes that tie exactly are counted in or left out on purpose: `first_largest` marks a single
class, `every_largest` all that tie.
"""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax

from .types import Mask, Scalar, Vector

PARTS = 8
"""Number of parts into which a long vector is cut at each step of the search."""
SHORT = 32
"""Largest number of values for which `lax.argmax` is as fast as the search in parts."""

ValuesAndPlaces: TypeAlias = tuple[Array, Array]
"""Values, and their places in the vector that is searched."""


def first_largest(x: Vector) -> Mask:
    """Mask of the first of the classes whose value is the largest; any one class if x has a NaN."""
    # Comparing x with its maximum, or their difference with 0, would not do: a compiled program
    # that computes x in two places may round it differently there, and then no class matches.
    return one_hot(place_of_first_largest(x), x.size)


def place_of_first_largest(x: Vector) -> Array:
    """Index of the class that `first_largest` marks."""
    return _argmax(lax.stop_gradient(x))


def one_hot(place: Array, n: int) -> Mask:
    """Mask of the class at `place`, [n]."""
    # A test of the places for equality halves, on CPUs, the speed of all that is fused with it.
    return jnp.abs(jnp.arange(n, dtype=jnp.int32) - place.astype(jnp.int32)) < 1


def place_of_one(target: Vector) -> Array:
    """The label of a one-hot target, as an integer."""
    # Exact, and quicker on CPUs than an argmax.
    places = jnp.arange(target.size, dtype=jnp.int32)
    return jnp.sum(jnp.where(target > 0, places, 0))


def every_largest(x: Vector) -> Mask:
    """Mask of all classes whose value is the largest: at least one, even after rounding."""
    x = lax.stop_gradient(x)
    return first_largest(x) | (x == jnp.max(x))


# JAX's own rule compares x with its maximum. A compiled program may round x in two
# ways; then no class matches, and the derivative is 0 / 0.
@jax.custom_jvp
def maximum(x: Vector) -> Scalar:
    """`max_k x_k`. Classes that tie share its derivative equally; it always sums to 1."""
    return jnp.max(x)


@maximum.defjvp
def _maximum_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[Scalar, Scalar]:
    (x,) = primals
    (dx,) = tangents
    largest = every_largest(x)
    total = jnp.sum(jnp.where(largest, dx, 0))
    return maximum(x), total / jnp.sum(largest.astype(x.dtype))


def _argmax(x: Array) -> Array:
    """`lax.argmax`, but faster on CPUs for long vectors."""
    if x.size <= SHORT:
        return lax.argmax(x, 0, jnp.int32)
    # The eight parts of a long vector are compared elementwise, which XLA vectorises on CPUs;
    # the search along a vector it does not.
    places = lax.iota(jnp.int32, x.size)
    while x.size > SHORT:
        x, places = _largest_of_parts(x, places)
    _, place = _reduce(x, places)
    return place


def _largest_of_parts(x: Array, places: Array) -> ValuesAndPlaces:
    """Elementwise largest of eight equal parts, followed by what does not fit into them."""
    width = x.size // PARTS
    covered = PARTS * width
    values, their_places = _reduce(
        x[:covered].reshape(PARTS, width), places[:covered].reshape(PARTS, width)
    )
    remaining = jnp.concatenate([values, x[covered:]])
    remaining_places = jnp.concatenate([their_places, places[covered:]])
    return remaining, remaining_places


def _reduce(x: Array, places: Array) -> ValuesAndPlaces:
    """Largest values along the first axis, and their places."""
    # The initial place lies behind all others, so that a real -inf wins over the initial one.
    behind_all = jnp.iinfo(jnp.int32).max  # type: ignore[no-untyped-call]
    initial = (jnp.array(-jnp.inf, x.dtype), jnp.int32(behind_all))
    value, place = lax.reduce((x, places), initial, _larger, (0,))
    return value, place


def _larger(a: ValuesAndPlaces, b: ValuesAndPlaces) -> ValuesAndPlaces:
    """The larger of two values, the earlier of two that tie; b if either is NaN."""
    a_value, a_place = a
    b_value, b_place = b
    # XLA reduces in any order, and after the first step the places are out of order:
    # only the places themselves can decide a tie.
    is_a = (a_value > b_value) | ((a_value == b_value) & (a_place < b_place))
    return jnp.where(is_a, a_value, b_value), jnp.where(is_a, a_place, b_place)
