"""Logits that lie on no line or grid, as a slice for `ls.sweep`."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import logitscape as ls


def scattered(name: str, logits: NDArray[Any]) -> ls.Slice:
    """The rows of logits [m, n], counted by the coordinate "row"."""
    values, (count, classes) = jnp.asarray(logits), logits.shape
    return ls.Slice(
        name,
        {"row": np.arange(float(count))},
        lambda c: values[c[0].astype(int)],
        classes,
        "",
    )
