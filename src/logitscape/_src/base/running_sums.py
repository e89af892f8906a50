"""Running sums over the classes, as products with triangular matrices.

On CPUs these take a quarter of the time of `jnp.cumsum`, which goes over the vector many times.
"""

import jax.numpy as jnp
from jax import lax

from .types import Vector

WIDTH = 32
"""Number of classes that one product sums up."""


def running_sum(x: Vector, *, from_the_end: bool = False) -> Vector:
    """`sum_{j <= k} x_j` for every class k, or `sum_{j >= k} x_j` from the end."""
    n = x.size
    if n <= WIDTH:
        return _product(x[None], from_the_end)[0]
    blocks = -(-n // WIDTH)
    padded = jnp.pad(x, (0, blocks * WIDTH - n)).reshape(blocks, WIDTH)
    inside = _product(padded, from_the_end)
    totals = inside[:, 0] if from_the_end else inside[:, -1]
    joined = running_sum(totals, from_the_end=from_the_end)
    # What the blocks before this one sum up to, or those behind it.
    shifts = (-1, 1) if from_the_end else (1, -1)
    before = lax.pad(joined, jnp.zeros((), x.dtype), [(*shifts, 0)])
    return (inside + before[:, None]).reshape(-1)[:n]


def _product(rows: Vector, from_the_end: bool) -> Vector:
    ones = jnp.ones((rows.shape[-1], rows.shape[-1]), rows.dtype)
    triangle = jnp.tril(ones) if from_the_end else jnp.triu(ones)
    # By default accelerators would round the numbers first.
    return jnp.dot(rows, triangle, precision=lax.Precision.HIGHEST)
