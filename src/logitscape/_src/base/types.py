"""Types of arrays and arguments; `n` is the number of classes, and no array has a batch axis."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float
from numpy.typing import NDArray

Scalar: TypeAlias = Float[Array, ""]
Vector: TypeAlias = Float[Array, " n"]
Mask: TypeAlias = Bool[Array, " n"]
Number: TypeAlias = float | int
Parameter: TypeAlias = float | int | Array
Labels: TypeAlias = int | Sequence[int] | NDArray[Any]


HALF = (jnp.bfloat16, jnp.float16)
"""The half-precision dtypes, in which nothing is computed: arguments are cast to float32."""
