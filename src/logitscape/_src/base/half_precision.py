"""Half precision is for storing numbers: what is computed is computed in float32 at least."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from .types import HALF


def wide_dtype(dtype: Any) -> Any:
    """The dtype in which numbers of a dtype are computed: float32 for half precision."""
    return jnp.dtype(jnp.float32) if dtype in HALF else dtype


def widened(x: Array) -> Array:
    """An array of half precision as float32, any other one as it is."""
    return x.astype(jnp.float32) if x.dtype in HALF else x
