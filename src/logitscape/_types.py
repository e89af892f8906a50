"""Shapes that the whole package speaks of: `n` is the number of classes, and nothing carries a batch axis."""

from typing import TypeAlias

from jax import Array
from jaxtyping import Bool, Float

Scalar: TypeAlias = Float[Array, ""]
Vector: TypeAlias = Float[Array, " n"]
Mask: TypeAlias = Bool[Array, " n"]
Number: TypeAlias = float | int
Parameter: TypeAlias = float | int | Array
