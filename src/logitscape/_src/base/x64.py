"""JAX's switch between 32-bit and 64-bit types: turned for one block of code, or only read."""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

import jax
import numpy as np


def enable_x64(on: bool = True) -> AbstractContextManager[Any]:
    """Context in which JAX allows 64-bit types, or forbids them, in the current thread only."""
    # Before JAX 0.8 the function was experimental.
    name = "jax" if hasattr(jax, "enable_x64") else "jax.experimental"
    context: AbstractContextManager[Any] = import_module(name).enable_x64(on)
    return context


def is_x64_enabled() -> bool:
    """Whether JAX computes in float64 where it is asked to, in the current thread."""
    return bool(jax.dtypes.canonicalize_dtype(np.float64) == np.float64)


def needs_float64(function_name: str) -> None:
    """Raise `RuntimeError` unless float64 is enabled.

    Args:
        function_name: Name of the public function that needs float64, for the message.
    """
    if not is_x64_enabled():
        raise RuntimeError(
            f"`{function_name}` needs float64: "
            '`jax.config.update("jax_enable_x64", True)` first.'
        )
