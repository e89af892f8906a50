"""Logits that lie on no line or grid, as a slice for `ls.sweep`."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import logitscape as ls


def scattered(name: str, logits: NDArray[Any]) -> ls.Slice:
    """A slice of the rows of logits [m, n]; its only coordinate, "row", counts them."""
    values = jnp.asarray(logits)
    count, num_classes = logits.shape

    def row(coordinates: jax.Array) -> jax.Array:
        return values[coordinates[0].astype(int)]

    return ls.Slice(
        name=name,
        coordinates={"row": np.arange(float(count))},
        embed=row,
        num_classes=num_classes,
        description="",
    )
