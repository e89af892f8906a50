"""A quadratic bound on cross-entropy, and the equation behind it."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.exponentials import over_expm1
from ..base.formula import on_logits
from ..base.loops import with_loop
from ..base.norm import length_of
from ..base.types import Scalar, Vector
from ..normalizers.apart import at_label, mask_of, nan_unless_valid
from .logit_gradients import ValueAndGradient, unless_nan
from .quick_sums import sum_of_gaps
from .x_coth import one_less_slope_of_square, x_coth, x_coth_less_x

NEWTON_STEPS = 24
FAR = 1e3
"""Largest centered logit, over n, from which on the bound is proportional to the norm."""


@on_logits
def spherical_bound(logits: Vector, target: Vector) -> Scalar:
    """The tightest quadratic upper bound on `logsumexp(z)` with one curvature for all classes,
    minus `<z, t>`.

    With m and v the mean and variance of the logits, c = 1 - 2/n, and xi the root of
    `xi^2 (1 - c^2 / tanh^2(xi/2)) = v`:

        B(z) = m + n (log(1 + e^xi) - xi/2) - n c^2 xi / (2 tanh(xi/2)),
        dB/dz_k = 1/n + (z_k - m) tanh(xi/2) / (2 xi).

    It depends on the logits through their sum and the sum of their squares only, so it belongs to
    the spherical family. It is never below cross-entropy with softmax.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> logits, target = jnp.array([0.0, 3.0, 0.0]), jnp.array([0.0, 1.0, 0.0])
    >>> round(float(ls.objective("spherical_bound")(logits, target)), 2)
    0.58
    >>> round(float(ls.objective("softmax + cross_entropy")(logits, target)), 2)
    0.09

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss in nats, from 0 up.

    Source: Bouchard, Efficient bounds for the softmax function, 2007, minimised over its
    parameters; de Brébisson and Vincent,
    arXiv 1511.05042.
    """
    # The mean of logits with a large common offset is rounded by more than their gaps.
    shifted = logits - jax.lax.stop_gradient(jnp.max(logits))
    from_mean = shifted - jnp.mean(shifted)
    return _bound_above_mean(from_mean) - jnp.sum(target * from_mean)


def value_and_gradient(
    logits: Vector, label: Array, classes: Classes
) -> ValueAndGradient:
    """The bound, stated for a label as the losses of logit_gradients.py are."""
    n = classes.count
    top = classes.maximum(logits)
    z = (logits - top) + sum_of_gaps(logits, top, classes) / n
    is_label = mask_of(label, logits, classes)
    of_label = nan_unless_valid(label, classes, at_label(z, label, is_label, classes))
    length = length_of(z, classes.sum)
    # Far out the bound is in proportion to the norm, and its square may overflow.
    is_far = length.norm > FAR * n**1.5
    near = jnp.where(is_far, 0, length.norm)
    variance = near * near / n
    steep = 1 / (4 * x_coth(_xi_squared(variance, n)))
    share = (1 - 1 / n) ** 0.5
    bound = jnp.where(is_far, length.norm * share, _bound_of_variance(variance, n))
    moved = jnp.where(is_far, length.direction(z) * share, steep * z)
    value = bound - of_label
    return value, unless_nan(value, moved + (1 / n - is_label.astype(z.dtype)))


def _bound_above_mean(z: Vector) -> Array:
    """`B(z) - mean(z)` of logits whose mean is 0."""
    n = z.size
    # The size cancels in the norm, so that it needs no derivative.
    size = jax.lax.stop_gradient(jnp.max(jnp.abs(z)))
    is_far = size > FAR * n
    # A square that overflows would make the derivative NaN even where it is not chosen.
    variance = jnp.mean(jnp.where(is_far, 0, z) ** 2)
    near = _bound_of_variance(variance, n)
    # Far out the bound is proportional to the norm of the logits, whose squares may overflow.
    # Where it is not taken, the root below gets ones: at 0 its derivative is infinite.
    scaled = jnp.where(is_far, z / jnp.where(is_far, size, 1), 1)
    norm = size * jnp.sqrt(jnp.sum(scaled**2))
    return jnp.where(is_far, norm * (1 - 1 / n) ** 0.5, near)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _bound_of_variance(variance: Array, n: int) -> Array:
    # xi / 2 is taken out of `log(1 + e^xi)` and of `x coth x`: both grow with it, and
    # their difference would cancel far out.
    half = jnp.sqrt(_xi_squared(variance, n)) / 2
    spread = 4 * (n - 1) / n**2  # 1 - c^2
    excess = over_expm1(2 * half)  # x coth x - x
    # As `log(1 + e^xi) = xi + log(1 + e^{-xi})`: e^xi overflows far out.
    softplus = jnp.log1p(jnp.exp(-2 * half))
    return n * (half * spread + softplus - (1 - spread) * excess)


@_bound_of_variance.defjvp
def _bound_of_variance_jvp(
    n: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    """`dB/dv = n tanh(xi/2) / (4 xi)`."""
    # The bound is least in its parameters, so that their own derivatives in v drop out.
    (variance,) = primals
    (d_variance,) = tangents
    # In terms of x coth x, which is 1 at xi = 0, where `tanh(xi/2) / xi` is 0 / 0.
    slope = n / (8 * x_coth(_xi_squared(variance, n)))
    return _bound_of_variance(variance, n), slope * d_variance


# By the implicit function theorem the derivative needs the root, not the steps to it.
@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _xi_squared(variance: Array, n: int) -> Array:
    """The root w = xi^2 of `w - c^2 (2 x coth x)^2 = v`, x = sqrt(w) / 2."""
    # With two classes c is 0, and the equation reads w = v.
    return variance if n <= 2 else _search(variance, n)


@with_loop("n")
def _search(variance: Array, n: int) -> Array:
    """The root for more than two classes."""
    spread = 4 * (n - 1) / n**2  # 1 - c^2

    # The left-hand side is concave in w, so that Newton's method rises to the root from below.
    def step(_: Any, w: Array) -> Array:
        less_x = x_coth_less_x(w)
        # `(2 x coth x)^2 - w`, which as a difference would cancel far out.
        excess = 4 * less_x * (less_x + jnp.sqrt(w))
        error = spread * w - (1 - spread) * excess - variance
        newton = w - error / _slope_of_variance(w, n)
        # Only rounding can lead a step back, once the root is reached.
        return jnp.maximum(newton, w)

    # As `2 x coth x >= xi`, the left-hand side is at most `spread w`, so that the root
    # lies above `v / spread`, where the steps begin.
    root: Array = jax.lax.fori_loop(0, NEWTON_STEPS, step, variance / spread)
    return root


@_xi_squared.defjvp
def _xi_squared_jvp(
    n: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (variance,) = primals
    (d_variance,) = tangents
    w = _xi_squared(variance, n)
    return w, d_variance / _slope_of_variance(w, n)


def _slope_of_variance(w: Array, n: int) -> Array:
    """`dv/dw = 1 - c^2 d(2 x coth x)^2/dw`, as a sum of positive terms."""
    spread = 4 * (n - 1) / n**2  # 1 - c^2
    return spread + (1 - spread) * one_less_slope_of_square(w)
