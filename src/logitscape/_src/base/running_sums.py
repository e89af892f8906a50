"""Running sums over the classes, as products with triangular matrices.

On CPUs these take a quarter of the time of `jnp.cumsum`, which goes over the vector many times.
"""

import jax.numpy as jnp
from jax import lax

from .types import Vector

WIDTH = 40
"""Number of classes that one product sums up, about."""
NARROW, WIDE = 24, 64
"""Fewest and most of them."""


def running_sum(x: Vector, *, from_the_end: bool = False) -> Vector:
    """`sum_{j <= k} x_j` for every class k, or `sum_{j >= k} x_j` from the end."""
    n = x.size
    if n <= WIDE:
        return _product(x[None], from_the_end)[0]
    width = _width(n)
    blocks = -(-n // width)
    padded = jnp.pad(x, (0, blocks * width - n)).reshape(blocks, width)
    inside = _product(padded, from_the_end)
    totals = inside[:, 0] if from_the_end else inside[:, -1]
    joined = running_sum(totals, from_the_end=from_the_end)
    # What the blocks before this one sum up to, or those behind it.
    nothing = jnp.zeros(1, x.dtype)
    parts = [joined[1:], nothing] if from_the_end else [nothing, joined[:-1]]
    return (inside + jnp.concatenate(parts)[:, None]).reshape(-1)[:n]


def _width(n: int) -> int:
    """The width of the blocks: one that divides the vector, which then is not copied, if any."""
    whole = [width for width in range(NARROW, WIDE + 1) if n % width == 0]
    return min(whole, key=lambda width: abs(width - WIDTH), default=WIDTH)


def _product(rows: Vector, from_the_end: bool) -> Vector:
    ones = jnp.ones((rows.shape[-1], rows.shape[-1]), rows.dtype)
    triangle = jnp.tril(ones) if from_the_end else jnp.triu(ones)
    # By default accelerators would round the numbers first.
    return jnp.dot(rows, triangle, precision=lax.Precision.HIGHEST)
