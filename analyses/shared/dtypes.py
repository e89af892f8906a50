"""The floating-point formats that are compared: their colours, and their limits."""

from typing import Any

import jax.numpy as jnp

from logitscape._src.plotting.style import BLACK, BLUE, GREEN, VERMILLION

DTYPES = {"float64": BLACK, "float32": BLUE, "bfloat16": VERMILLION, "float16": GREEN}


def limits(dtype: str) -> Any:
    """Limits of a format, as `finfo` gives them."""
    # NumPy's `finfo` does not know bfloat16.
    return jnp.finfo(dtype)  # type: ignore[no-untyped-call]
