"""The rows of a batch in tiles of equally many."""

from math import ceil

import jax
import jax.numpy as jnp
from jax import Array, lax

from .linear_tiles import Rows

MULTIPLE = 8
"""Number that divides the number of rows of a tile, if there are several."""


class Tiles:
    """Rows in tiles, the last of which are padded by rows that are not counted.

    Neighbouring rows lie in different tiles: if the rows are sharded over devices, all
    devices work on every tile.

    Attributes:
        number: Number of tiles.
        size: Number of rows of a tile.
    """

    def __init__(self, largest: int, rows: Rows) -> None:
        """Cut rows into tiles of at most so many."""
        self._count = len(rows.labels)
        self.number = ceil(self._count / largest)
        self.size = ceil(self._count / self.number)
        if self.number > 1:
            self.size = min(ceil(self.size / MULTIPLE) * MULTIPLE, largest)
            self.number = ceil(self._count / self.size)
        self._rows = jax.tree.map(self.split, rows)

    def at(self, index: Array) -> Rows:
        """The rows of a tile."""
        rows: Rows = jax.tree.map(
            lambda array: lax.dynamic_index_in_dim(array, index, 1, keepdims=False),
            self._rows,
        )
        # Features that are not numbers must not reach a product in which their slope is 0.
        return rows._replace(
            features=jnp.where(rows.counted[:, None], rows.features, 0)
        )

    def split(self, array: Array) -> Array:
        """An array of all rows, [m, ...], as one of tiles, [size, number, ...]."""
        added = self.number * self.size - self._count
        if added:
            array = jnp.pad(array, [(0, added)] + [(0, 0)] * (array.ndim - 1))
        return array.reshape(self.size, self.number, *array.shape[1:])

    def join(self, array: Array) -> Array:
        """An array of tiles, [size, number, ...], as one of all rows, [m, ...]."""
        return array.reshape(-1, *array.shape[2:])[: self._count]
