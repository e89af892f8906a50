"""The classes of an example, and how sums and maxima over them are taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

import jax
import jax.numpy as jnp
from jax import Array

from .types import Scalar, Vector

FEW = 5
"""Number of classes up to which they are joined one by one; from 6 on that is slower."""
SHORT = 16
"""Number of classes up to which a sum is faster as a product with ones."""
LONG = 64
"""Number of classes from which several sums are taken in one pass."""
PARTS = 8
"""Number of parts that are added elementwise."""


@dataclass(frozen=True)
class Classes:
    """The classes of an example, all of them or those that lie on this device.

    Attributes:
        sum: Function that sums an array over all classes.
        maximum: Function that takes the maximum of an array over all classes.
        count: Number of all classes.
        first: Number of the first class that lies here.
        is_long: Whether several sums are quicker in one pass over the classes.
    """

    sum: Callable[[Array], Array]
    maximum: Callable[[Array], Array]
    count: int
    first: Array | int = 0
    is_long: bool = False

    def sums(self, *vectors: Vector) -> tuple[Scalar, ...]:
        """The sums of several vectors over the classes."""
        if not self.is_long:
            return tuple(self.sum(vector) for vector in vectors)
        return tuple(self.sum(part) for part in _sums_of_parts(vectors))


def whole(logits: Vector) -> Classes:
    """The classes of an example that lie in one place."""
    return Classes(jnp.sum, jnp.max, logits.size)


def whole_of_batch(logits: Vector) -> Classes:
    """The classes of an example of a large batch that is mapped over.

    XLA on CPUs reduces slowly over a short axis. A few classes are joined one by one, which takes
    a third to two thirds of the time. The sum over some more is a product of a matrix and a vector,
    which takes half of the time.
    """
    n = logits.size
    if n <= FEW:
        return Classes(partial(_join, jnp.add), partial(_join, jnp.maximum), n)
    if n <= SHORT:
        return Classes(_sum_as_product, jnp.max, n)
    return replace(whole(logits), is_long=n >= LONG)


def _sums_of_parts(vectors: tuple[Vector, ...]) -> list[Array]:
    """Shorter vectors with the same sums, made in one pass over all of the vectors.

    A sum by itself makes XLA on CPUs write down what it sums up. Eight parts are added
    elementwise, together with whatever computes them.
    """
    width = vectors[0].size // PARTS
    covered = PARTS * width
    parts = [vector[:covered].reshape(PARTS, width) for vector in vectors]
    nothing = [jnp.zeros((), vector.dtype) for vector in vectors]
    added = jax.lax.reduce(parts, nothing, _add_each, (0,))
    return [
        jnp.concatenate([part, vector[covered:]])
        for part, vector in zip(added, vectors, strict=True)
    ]


def _add_each(a: Sequence[Array], b: Sequence[Array]) -> list[Array]:
    return [x + y for x, y in zip(a, b, strict=True)]


def _join(operation: Callable[[Array, Array], Array], vector: Vector) -> Scalar:
    joined: Scalar = reduce(operation, [vector[k] for k in range(vector.size)])
    return joined


def _sum_as_product(vector: Vector) -> Scalar:
    ones = jnp.ones_like(vector)
    # By default accelerators would round the numbers first.
    return jnp.dot(vector, ones, precision=jax.lax.Precision.HIGHEST)
