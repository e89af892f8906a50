"""The loss of one row of a linear layer, given the products of its features with the weights."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes, whole
from ..base.saturation import soft_capped
from ..base.types import Scalar, Vector

Shared: TypeAlias = dict[str, Any]
"""What all rows share beside weights and bias, and the loss is differentiated in."""

OfLabel: TypeAlias = Callable[[Vector, Array, Any], Scalar]
"""Function (logits [n], label, constants) -> loss of one example."""


@dataclass(frozen=True)
class RowLoss:
    """The loss of one row as a function of its products.

    The logits are `z = inverse_temperature * soft_cap * tanh(products / soft_cap)`.

    Attributes:
        of_label: Objective, as a function of logits and label.
        classes: Function logits [n] -> how the classes are joined.
        soft_cap: Bound of the logits' absolute values; None for no bound.
        z_loss: Weight of the squared log-normalizer.
    """

    of_label: OfLabel
    classes: Callable[[Vector], Classes] = field(default=whole)
    soft_cap: float | None = None
    z_loss: float = 0.0

    def __call__(self, products: Vector, shared: Shared, label: Array) -> Scalar:
        """The loss."""
        z = products
        if self.soft_cap is not None:
            z = soft_capped(z, jnp.asarray(self.soft_cap, z.dtype))
        if "inverse_temperature" in shared:
            z = shared["inverse_temperature"].astype(z.dtype) * z
        loss = self.of_label(z, label, shared["constants"])
        if self.z_loss:
            loss += self.z_loss * log_normalizer(self.classes, z) ** 2
        return loss


# A reduction over devices is not differentiated: every device has the slopes of its own classes.
def log_normalizer(classes: Callable[[Vector], Classes], logits: Vector) -> Scalar:
    """`log sum_k e^{z_k}` over all classes."""

    @jax.custom_vjp
    def run(z: Vector) -> Scalar:
        return parts(z)[0]

    def parts(z: Vector) -> tuple[Scalar, Vector]:
        joined = classes(z)
        top = joined.maximum(z)
        weights = jnp.exp(z - top)
        total = joined.sum(weights)
        return top + jnp.log(total), weights / total

    def forward(z: Vector) -> tuple[Scalar, Vector]:
        return parts(z)

    def backward(probabilities: Vector, cotangent: Scalar) -> tuple[Vector]:
        return (probabilities * cotangent,)

    run.defvjp(forward, backward)
    return run(logits)
