"""Which class is the largest, one only, however the program around is compiled."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax

from .types import Mask, Scalar, Vector

PARTS = 8
FEW = 32
"""Up to so many numbers `lax.argmax` is as fast."""

Entry: TypeAlias = tuple[Array, Array]
"""Values and their places."""


def first_largest(x: Vector) -> Mask:
    """Where x [n] is largest, the first of those that tie; where there is a NaN, any one.

    Never by comparison with 0 or with the maximum: a compiled program may round what it computes twice in two ways.
    """
    return one_hot(_argmax(lax.stop_gradient(x)), x.size)


def one_hot(place: Array, n: int) -> Mask:
    """Where that class is, [n]. On CPUs comparing places for equality halves the speed of all that is computed beside it."""
    return jnp.abs(jnp.arange(n, dtype=jnp.int32) - place.astype(jnp.int32)) < 1


def every_largest(x: Vector) -> Mask:
    """Where x [n] is largest, with those that tie; always one at least."""
    x = lax.stop_gradient(x)
    return first_largest(x) | (x == jnp.max(x))


@jax.custom_jvp
def maximum(x: Vector) -> Scalar:
    """`max_k x_k` of [n]; those that tie share its derivative equally, also where rounding leaves none equal to it."""
    return jnp.max(x)


@maximum.defjvp
def _maximum_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[Scalar, Scalar]:
    (x,), (dx,) = primals, tangents
    hit = every_largest(x)
    return maximum(x), jnp.sum(jnp.where(hit, dx, 0)) / jnp.sum(hit.astype(x.dtype))


def _argmax(x: Array) -> Array:
    """`lax.argmax`; many numbers are cut into eighths, which are compared number by number, as XLA vectorises that on CPUs."""
    places = lax.iota(jnp.int32, x.size)
    if x.size <= FEW:
        return lax.argmax(x, 0, jnp.int32)
    while x.size > FEW:
        x, places = _narrowed(x, places)
    return _reduce(x, places)[1]


def _narrowed(x: Array, places: Array) -> Entry:
    width = x.size // PARTS
    whole = PARTS * width
    largest = _reduce(
        x[:whole].reshape(PARTS, width), places[:whole].reshape(PARTS, width)
    )
    return jnp.concatenate([largest[0], x[whole:]]), jnp.concatenate(
        [largest[1], places[whole:]]
    )


def _reduce(x: Array, places: Array) -> Entry:
    beyond = jnp.iinfo(jnp.int32).max  # type: ignore[no-untyped-call]
    value, place = lax.reduce(
        (x, places), (jnp.array(-jnp.inf, x.dtype), jnp.int32(beyond)), _larger, (0,)
    )
    return value, place


def _larger(a: Entry, b: Entry) -> Entry:
    """The second where one is NaN."""
    first = (a[0] > b[0]) | ((a[0] == b[0]) & (a[1] < b[1]))
    return jnp.where(first, a[0], b[0]), jnp.where(first, a[1], b[1])
