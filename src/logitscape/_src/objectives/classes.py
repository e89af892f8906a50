"""The classes of an example, and how sums and maxima over them are taken."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce

import jax.numpy as jnp
from jax import Array

from ..base.types import Scalar, Vector

FEW = 4
"""Number of classes up to which they are joined one by one; from 6 on that is slower."""


@dataclass(frozen=True)
class Classes:
    """The classes of an example, all of them or those that lie on this device.

    Attributes:
        sum: Function that sums an array over all classes.
        maximum: Function that takes the maximum of an array over all classes.
        count: Number of all classes.
        first: Number of the first class that lies here.
    """

    sum: Callable[[Array], Array]
    maximum: Callable[[Array], Array]
    count: int
    first: Array | int = 0


def whole(logits: Vector) -> Classes:
    """The classes of an example that lie in one place."""
    return Classes(jnp.sum, jnp.max, logits.size)


def whole_of_batch(logits: Vector) -> Classes:
    """The classes of an example of a large batch that is mapped over.

    XLA on CPUs reduces slowly over a short axis. A few classes are joined one by one, which takes
    a third to two thirds of the time.
    """
    if logits.size > FEW:
        return whole(logits)
    return Classes(partial(_join, jnp.add), partial(_join, jnp.maximum), logits.size)


def _join(operation: Callable[[Array, Array], Array], vector: Vector) -> Scalar:
    joined: Scalar = reduce(operation, [vector[k] for k in range(vector.size)])
    return joined
