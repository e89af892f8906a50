"""What logit maps say about themselves: the mapped logits, and how a gradient goes back to z.

Written out for the maps that divide by the norm. As derived by JAX, XLA on CPUs would write the
unit vector, the mapped logits and two products down to sum them up.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.norm import (
    Length,
    divided,
    divided_by_length,
    length_of,
    moved_with,
)
from ..base.parameters import parameter
from ..base.types import Parameter, Scalar, Vector
from .norm_maps import clipped, norm_is_within


class Mapped(NamedTuple):
    """Logits behind a map.

    Attributes:
        logits: Mapped logits, [n].
        pull_back: Function of a gradient in the mapped logits to that in the logits, [n].
        largest: Largest mapped logit.
    """

    logits: Vector
    pull_back: Callable[[Vector], Vector]
    largest: Scalar


StatedMap: TypeAlias = Callable[..., Mapped]
"""Function (logits [n], classes, **parameters) -> Mapped, the statement."""


def logit_norm(
    logits: Vector,
    classes: Classes,
    *,
    temperature: Parameter = 0.04,
    epsilon: Parameter = 1e-7,
) -> Mapped:
    """`z / (T (|z| + epsilon))`."""
    dtype = logits.dtype
    t = parameter("logit_norm", "temperature", temperature, dtype, low=0, open=True)
    e = parameter("logit_norm", "epsilon", epsilon, dtype, low=0, open=True)
    length = length_of(logits, classes.sum, has_masks=True)

    def mapped(z: Array) -> Array:
        shortened = divided_by_length(z, length, e) / t
        return jnp.where(jnp.isneginf(z), -jnp.inf, shortened)

    def pull_back(gradient: Vector) -> Vector:
        along = _along(logits, length, gradient, classes)
        unit = _unit(logits, length)
        return moved_with(unit, gradient, along, e, length.norm + e) / t

    return Mapped(mapped(logits), pull_back, mapped(classes.maximum(logits)))


def clip_norm(logits: Vector, classes: Classes, *, limit: Parameter = 1.0) -> Mapped:
    """`z min(1, c / |z|)`."""
    c = parameter("clip_norm", "limit", limit, logits.dtype, low=0, open=True)
    length = length_of(logits, classes.sum, has_masks=True)
    is_within = norm_is_within(length, c)

    def mapped(z: Array) -> Array:
        return jnp.where(jnp.isneginf(z), -jnp.inf, clipped(z, length, c))

    def pull_back(gradient: Vector) -> Vector:
        along = _along(logits, length, gradient, classes)
        across = gradient - _unit(logits, length) * jnp.where(is_within, 0, along)
        norm = jnp.where(is_within, c, length.norm)
        return divided(c * across, norm)

    return Mapped(mapped(logits), pull_back, mapped(classes.maximum(logits)))


def _along(
    logits: Vector, length: Length, gradient: Vector, classes: Classes
) -> Scalar:
    """The part of a gradient along the logits."""
    # Not a product of the unit vector, which XLA would write down to multiply it.
    product = length.direction(logits) * gradient
    return classes.sum(jnp.where(jnp.isneginf(logits), 0, product))


def _unit(logits: Vector, length: Length) -> Vector:
    """The unit vector in the direction of the logits, without masks."""
    return jnp.where(jnp.isneginf(logits), 0, length.direction(logits))
