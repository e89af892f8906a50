"""What a separable normalizer says about itself: the weight of a class, as a function of its logit.

A normalizer is separable if `p_k = g(z_k) / (g_0 + sum_j g(z_j))`, with a function g of one logit
and a constant g_0 that is 0 for most. The function may take constants from the example, such as the
logit below which classes are left out, and it may be one of the distance from the largest logit.
Stated in this form, any loss can be put on top of it with a derivative that costs a single pass
over the classes (see objectives/pair_rule.py). The statements are in exponential_weights.py,
power_weights.py, evidential_weights.py and selective_weights.py.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array


class Weights(NamedTuple):
    """The function g of a separable normalizer, relative to a scale that the classes share.

    The scale is near the largest weight of the example, so that nothing overflows, and all that
    underflows is negligible.

    Attributes:
        relative: Function logits -> weights, elementwise.
        slope: Function (logits, weights) -> derivatives of the weights in the logits.
        log_relative: Function logits -> logarithms of the weights, also where those underflow.
        log_slope: Function logits -> derivatives of these logarithms, `h = g' / g`; 0 where the
            weight is 0.
        log_sink: Logarithm of the weight g_0 of no class; None if g_0 is 0.
        largest: Largest weight, as exact as the weights themselves; None if it is not known.
        log_scale: Logarithm of the scale; NaN where nothing needs it.
        anchor: Parts, [n], of the classes in the place that g moves with, which sum to 1, if g is a
            function of the distance from a place such as the largest logit; None for others.
        differentiable: The function `relative` in a form whose automatic derivatives keep their
            digits, to second order; None if `relative` has that form.
    """

    relative: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    log_relative: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]
    log_sink: Array | None = None
    largest: Array | float | None = None
    log_scale: Array | float = math.nan
    anchor: Array | None = None
    differentiable: Callable[[Array], Array] | None = None


Weigh: TypeAlias = Callable[..., Weights]
"""Function (logits [n], classes, **parameters) -> Weights, the statement of a normalizer.

Some of the classes may be on other devices: they are joined by the functions of `classes`.
"""


def by_log_slope(
    relative: Callable[[Array], Array], log_slope: Callable[[Array], Array]
) -> Callable[[Array], Array]:
    """The weights, differentiated by `dg = g h dz` with the derivative h of their logarithms."""

    def differentiable(z: Array) -> Array:
        # A factor of e^0, in which the 0 has the derivative h.
        factor = jnp.exp(_zero_with_slope(z, log_slope(z)))
        return jax.lax.stop_gradient(relative(z)) * factor

    return differentiable


@jax.custom_jvp
def _zero_with_slope(z: Array, slope: Array) -> Array:
    return jnp.zeros_like(z)


@_zero_with_slope.defjvp
def _zero_with_slope_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    _, slope = primals
    dz, _ = tangents
    return _zero_with_slope(*primals), slope * dz
