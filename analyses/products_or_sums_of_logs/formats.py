"""Four floating-point formats: their limits, and rounding to them."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

DTYPES = ("float64", "float32", "bfloat16", "float16")


def unit_roundoff(dtype: str) -> float:
    """The largest relative error of a rounded number."""
    return float(_limits(dtype).eps) / 2


def smallest_normal(dtype: str) -> float:
    return float(_limits(dtype).smallest_normal)


def smallest_subnormal(dtype: str) -> float:
    return float(_limits(dtype).smallest_subnormal)


def rounded(values: Array, dtype: str) -> Array:
    """The values rounded to float64, and then to the format."""
    return np.asarray(jnp.asarray(values).astype(dtype))


def rounding(dtype: str) -> Callable[[Any], Any]:
    """A function that rounds a result computed in 32 bits to a format of 16 bits.

    Done after every operation, it gives what the format itself would give.
    """
    if dtype in ("float64", "float32"):
        return lambda x: x
    # That a result is rounded to 24 bits first changes nothing, as 24 is at least 2 *
    # 11 + 2 (Figueroa, When is double rounding innocuous?, 1995).
    limits = _limits(dtype)
    return partial(
        jax.lax.reduce_precision,
        exponent_bits=limits.nexp,
        mantissa_bits=limits.nmant,
    )


def _limits(dtype: str) -> Any:
    return jnp.finfo(dtype)  # type: ignore[no-untyped-call]
