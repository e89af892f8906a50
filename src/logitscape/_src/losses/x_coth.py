"""The function `x coth x` of `w = (2x)^2`, and derivatives that keep their digits."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import bernoulli_series, over_expm1
from ..base.special import polynomial

SERIES_BELOW = 4.0
"""Value of w below which the derivatives are power series, which converge up to w = 39."""
SERIES_TERMS = 20


@jax.custom_jvp
def x_coth(w: Array) -> Array:
    """`x coth x` with x = sqrt(w) / 2: smooth in w, 1 at 0."""
    return jnp.sqrt(w) / 2 + x_coth_less_x(w)


def x_coth_less_x(w: Array) -> Array:
    """`x coth x - x`: 1 at 0, and 0 at infinity."""
    # `coth x = 1 + 2 / (e^{2x} - 1)`: this neither has a pole at 0 nor overflows.
    return over_expm1(jnp.sqrt(w))


@x_coth.defjvp
def _x_coth_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (w,) = primals
    (dw,) = tangents
    return x_coth(w), _slope(w) * dw


def one_less_slope_of_square(w: Array) -> Array:
    """`1 - d(2 x coth x)^2/dw = (x coth x - 1) / sinh^2 x`: 1/3 at 0, and 0 at infinity."""
    is_near = w < SERIES_BELOW
    near, far = _near_and_far(w)
    from_series = 1 - 8 * x_coth(near) * _slope(near)
    closed_form = (x_coth(far) - 1) * _inverse_sinh(far) ** 2
    return jnp.where(is_near, from_series, closed_form)


# Differentiated by JAX, the closed form below would cancel.
@jax.custom_jvp
def _slope(w: Array) -> Array:
    """`d(x coth x)/dw = (coth x - x / sinh^2 x) / (8 x)`; 1/12 at 0."""
    near, far = _near_and_far(w)
    coefficients = [k * b for k, b in enumerate(bernoulli_series(SERIES_TERMS))][1:]
    x = jnp.sqrt(far) / 2
    closed_form = (1 / jnp.tanh(x) - x * _inverse_sinh(far) ** 2) / (8 * x)
    return jnp.where(w < SERIES_BELOW, polynomial(coefficients, near), closed_form)


@_slope.defjvp
def _slope_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (w,) = primals
    (dw,) = tangents
    return _slope(w), _curvature(w) * dw


def _curvature(w: Array) -> Array:
    """`d^2(x coth x)/dw^2 = ((2 x^2 coth x - x) / sinh^2 x - coth x) / (64 x^3)`."""
    near, far = _near_and_far(w)
    series = enumerate(bernoulli_series(SERIES_TERMS))
    coefficients = [k * (k - 1) * b for k, b in series][2:]
    x = jnp.sqrt(far) / 2
    coth = 1 / jnp.tanh(x)
    inside = (2 * x * x * coth - x) * _inverse_sinh(far) ** 2
    # A cube would overflow long before the quotient underflows.
    closed_form = (inside - coth) / x / (8 * x) / (8 * x)
    return jnp.where(w < SERIES_BELOW, polynomial(coefficients, near), closed_form)


def _near_and_far(w: Array) -> tuple[Array, Array]:
    """Arguments for the series and the closed form, harmless where the other one is taken."""
    is_near = w < SERIES_BELOW
    return jnp.where(is_near, w, 0), jnp.where(is_near, SERIES_BELOW, w)


def _inverse_sinh(w: Array) -> Array:
    """`1 / sinh x`, written with e^{-x}, as sinh x itself overflows far out."""
    x = jnp.sqrt(w) / 2
    return 2 * jnp.exp(-x) / -jnp.expm1(-2 * x)
