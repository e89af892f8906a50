"""Losses of all logits at once: regression to the target, one binary question a class, and bounds on cross-entropy."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.arguments import parameter
from ..base.formula import on_logits
from ..base.special import nan_unless, over_expm1
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.exponential import softmax
from .label import cross_entropy

NEWTON_STEPS = 24
FAR = 1e3


@on_logits
def one_vs_rest(logits: Vector, target: Vector) -> Scalar:
    """`sum_k t_k softplus(-z_k) + (1 - t_k) softplus(z_k)`: binary cross-entropy with a sigmoid for every class."""
    no, yes = target == 0, target == 1
    z = nan_unless(jnp.max(logits) < jnp.inf, logits)
    of_target = target * jax.nn.softplus(jnp.where(no, 0, -z))
    return jnp.sum(of_target + (1 - target) * jax.nn.softplus(jnp.where(yes, 0, z)))


@on_logits
def squared_logits(
    logits: Vector,
    labels: Vector,
    /,
    *,
    scale: Parameter = 1.0,
    target: Parameter = 1.0,
) -> Scalar:
    """`sum_k w_k (z_k - M t_k)^2` with `w_k = 1 + (scale - 1) t_k`: the squared error of the logits, no probabilities.

    Args:
        logits: z, [n].
        labels: t, [n].
        scale: the weight of the label's class, at least 0.
        target: M, the label's regression target.

    Source: Hui and Belkin, arXiv 2006.07322, section 4 (there divided by n).
    """
    weight = parameter("squared_logits", "scale", scale, logits.dtype, low=0)
    value = parameter("squared_logits", "target", target, logits.dtype, low=-jnp.inf)
    return jnp.sum((1 + (weight - 1) * labels) * (logits - value * labels) ** 2)


@on_logits
def z_loss(logits: Vector, target: Vector, *, weight: Parameter = 1e-4) -> Scalar:
    """Cross-entropy of the softmax, plus `weight * logsumexp(z)^2`, which keeps the log-normaliser near 0.

    Args:
        logits: z, [n].
        target: t, [n].
        weight: at least 0.

    Source: Chowdhery et al., PaLM, arXiv 2204.02311, section 5.
    """
    scale = parameter("z_loss", "weight", weight, logits.dtype, low=0)
    return cross_entropy(softmax(logits), target) + scale * _log_normalizer(logits) ** 2


@jax.custom_jvp
def _log_normalizer(logits: Vector) -> Scalar:
    """`log sum_k e^{z_k}`, accurate also where it is near 0 because the largest logit is."""
    return jnp.max(logits) - jnp.max(softmax(logits).log_p)


@_log_normalizer.defjvp
def _log_normalizer_jvp(
    primals: tuple[Vector], tangents: tuple[Vector]
) -> tuple[Scalar, Scalar]:
    return _log_normalizer(*primals), jnp.sum(softmax(primals[0]).p * tangents[0])


@on_logits
def spherical_bound(logits: Vector, target: Vector) -> Scalar:
    """The tightest quadratic upper bound on `logsumexp(z)` with one curvature for all classes, minus `<z, t>`.

    With m and v the mean and variance of the logits, c = 1 - 2/n, and xi the root of `xi^2 (1 - c^2 / tanh^2(xi/2)) = v`:

        B(z) = m + n (log(1 + e^xi) - xi/2) - n c^2 xi / (2 tanh(xi/2)),   dB/dz_k = 1/n + (z_k - m) tanh(xi/2) / (2 xi).

    It depends on the logits through their sum and the sum of their squares only, so it belongs to the spherical family.

    Source: Bouchard, Efficient bounds for the softmax function, 2007, minimised over its parameters; de Brébisson and Vincent,
    arXiv 1511.05042.
    """
    shifted = logits - jax.lax.stop_gradient(jnp.max(logits))
    from_mean = shifted - jnp.mean(shifted)
    return _bound_above_mean(from_mean) - jnp.sum(target * from_mean)


def _bound_above_mean(z: Vector) -> Array:
    """`B(z) - mean(z)` of logits that have mean 0. Far out it is proportional to their norm, and their squares may overflow."""
    n, size = z.size, jax.lax.stop_gradient(jnp.max(jnp.abs(z)))
    far = size > FAR * n
    near = _bound_of_variance(jnp.mean(jnp.where(far, 0, z) ** 2), n)
    norm = size * jnp.sqrt(jnp.sum(jnp.where(far, z / jnp.where(far, size, 1), 1) ** 2))
    return jnp.where(far, norm * (1 - 1 / n) ** 0.5, near)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _bound_of_variance(variance: Array, n: int) -> Array:
    half, spread = jnp.sqrt(_xi_squared(variance, n)) / 2, 4 * (n - 1) / n**2
    excess = over_expm1(2 * half)  # x (coth x - 1)
    return n * (half * spread + jnp.log1p(jnp.exp(-2 * half)) - (1 - spread) * excess)


@_bound_of_variance.defjvp
def _bound_of_variance_jvp(
    n: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    """`dB/dv = n tanh(xi/2) / (4 xi)`: the bound is least in its parameters, which drop out of the derivative."""
    (variance,), (d_variance,) = primals, tangents
    rate = n / (8 * _x_coth(_xi_squared(variance, n)))
    return _bound_of_variance(variance, n), rate * d_variance


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _xi_squared(variance: Array, n: int) -> Array:
    """The root w of `w - c^2 (2 x coth x)^2 = v`, x = sqrt(w) / 2; concave in w, so Newton's method rises to it from below."""
    spread = 4 * (n - 1) / n**2  # 1 - c^2

    def step(_: Any, w: Array) -> Array:
        x_coth = _x_coth(w)
        excess = 4 * x_coth**2 - w
        slope = 1 - (1 - spread) * 8 * x_coth * _x_coth_slope(w)
        return jnp.maximum(
            w - (spread * w - (1 - spread) * excess - variance) / slope, w
        )

    return (
        jax.lax.fori_loop(0, NEWTON_STEPS, step, variance / spread)
        if n > 2
        else variance
    )


@_xi_squared.defjvp
def _xi_squared_jvp(
    n: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (variance,), (d_variance,) = primals, tangents
    w, c = _xi_squared(variance, n), 1 - 2 / n
    return w, d_variance / (1 - c**2 * 8 * _x_coth(w) * _x_coth_slope(w))


@jax.custom_jvp
def _x_coth(w: Array) -> Array:
    """`x coth x` with x = sqrt(w) / 2: smooth in w, 1 at 0."""
    x = jnp.sqrt(w) / 2
    return x + over_expm1(2 * x)


@_x_coth.defjvp
def _x_coth_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (w,), (dw,) = primals, tangents
    return _x_coth(w), jax.lax.stop_gradient(_x_coth_slope(w)) * dw


def _x_coth_slope(w: Array) -> Array:
    """`d(x coth x)/dw = (coth x - x / sinh^2 x) / (8 x)`; 1/12 at 0."""
    near = w < 0.04
    x = jnp.sqrt(jnp.where(near, 1, w)) / 2
    series = 1 / 12 - w / 360 + w**2 / 10080
    inverse_sinh = 2 * jnp.exp(-x) / -jnp.expm1(-2 * x)
    return jnp.where(near, series, (1 / jnp.tanh(x) - x * inverse_sinh**2) / (8 * x))
