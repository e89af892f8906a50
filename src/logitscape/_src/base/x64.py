"""64 bits for the length of a block, or 32, whatever the caller has switched on."""

from contextlib import AbstractContextManager
from typing import Any

import jax
import numpy as np


def enable_x64(on: bool = True) -> AbstractContextManager[Any]:
    """Inside, JAX computes with 64 bits where it is asked to, or nowhere; in this thread only."""
    if hasattr(jax, "enable_x64"):
        context: AbstractContextManager[Any] = jax.enable_x64(on)
        return context
    from jax import experimental

    older: AbstractContextManager[Any] = getattr(experimental, "enable_x64")(on)
    return older


def needs_float64(function_name: str) -> None:
    """Refuse to compute without float64 switched on."""
    if jax.dtypes.canonicalize_dtype(np.float64) != np.float64:
        raise RuntimeError(
            f'`{function_name}` needs float64: `jax.config.update("jax_enable_x64", True)` first.'
        )
