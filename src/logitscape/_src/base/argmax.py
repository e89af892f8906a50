"""The class with the largest value, found the same way however the surrounding program is compiled.

Classes that tie exactly are counted in or left out on purpose: `first_largest` marks a single
class, `every_largest` all that tie. `largest` has all of it, with their number, by one search.
"""

from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax

from .half_precision import wide_dtype
from .types import Mask, Scalar, Vector

PARTS = 8
"""Number of parts into which a long vector is cut at each step of the search."""
SHORT = 32
"""Largest number of values for which `lax.argmax` is as fast as the search in parts."""

Found: TypeAlias = tuple[Array, ...]
"""Values, their places in the vector that is searched, and, if they are counted, how many there
are of each.
"""


class Largest(NamedTuple):
    """The largest of some values.

    Attributes:
        value: The largest value; NaN if one is NaN.
        parts: Equal parts of the classes that have it, [n], which sum to 1.
    """

    value: Scalar
    parts: Vector


def largest(x: Vector) -> Largest:
    """The largest value, and the classes that tie for it, in one pass over the classes.

    Neither has a derivative.
    """
    x = lax.stop_gradient(x)
    value, place, count = _search(x, counted=True)
    # The class that was found, as a compiled program may round x in another way here.
    has_it = one_hot(place, x.size) | (x == value)
    part = 1 / count.astype(wide_dtype(x.dtype))
    return Largest(value, jnp.where(has_it, part, 0).astype(x.dtype))


def kth_largest(x: Vector, k: int) -> Scalar:
    """The k-th largest value, which has no derivative; NaN if one of the k largest is NaN."""
    # The last of them: for a slice, XLA on CPUs would sort all values, in fifty times the time.
    return jnp.min(lax.top_k(lax.stop_gradient(x), k)[0])


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
    return _search(x)[1]


def _search(x: Array, counted: bool = False) -> Found:
    """The largest value, its first place and, if it is counted, how often it occurs."""
    # The eight parts of a long vector are compared elementwise, which XLA vectorises on CPUs;
    # the search along a vector it does not.
    found: Found = (x, lax.iota(jnp.int32, x.size))
    if counted:
        # Whole numbers, as bfloat16 cannot count beyond 256.
        found += (jnp.ones(x.shape, jnp.int32),)
    while found[0].size > SHORT:
        found = _largest_of_parts(found)
    return _reduce(found)


def _largest_of_parts(found: Found) -> Found:
    """Elementwise largest of eight equal parts, followed by what does not fit into them."""
    width = found[0].size // PARTS
    covered = PARTS * width
    of_parts = _reduce(tuple(x[:covered].reshape(PARTS, width) for x in found))
    return tuple(
        jnp.concatenate([reduced, x[covered:]])
        for reduced, x in zip(of_parts, found, strict=True)
    )


def _reduce(found: Found) -> Found:
    """Largest values along the first axis, with all that belongs to them."""
    # The initial place lies behind all others, so that a real -inf wins over the initial one.
    behind_all = jnp.iinfo(jnp.int32).max  # type: ignore[no-untyped-call]
    initial = (jnp.array(-jnp.inf, found[0].dtype), jnp.int32(behind_all), jnp.int32(0))
    operands = found, initial[: len(found)]
    reduced: Found = tuple(lax.reduce(*operands, _larger, (0,)))
    return reduced


def _larger(a: Found, b: Found) -> Found:
    """The larger of two values, the earlier of two that tie; of a NaN the value is NaN."""
    a_value, a_place, *a_count = a
    b_value, b_place, *b_count = b
    # XLA reduces in any order, and after the first step the places are out of order:
    # only the places themselves can decide a tie.
    is_larger, ties = a_value > b_value, a_value == b_value
    is_a = is_larger | (ties & (a_place < b_place))
    counts = [
        jnp.where(ties, m + n, jnp.where(is_larger, m, n))
        for m, n in zip(a_count, b_count, strict=True)
    ]
    value = jnp.maximum(a_value, b_value)
    return value, jnp.where(is_a, a_place, b_place), *counts
