"""Focal loss, and the derivatives that keep it accurate where the label's probability is near 1."""

import math

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import exp_complement, over_expm1
from ..base.formula import on_probs
from ..base.parameters import parameter
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.chances import Chance
from ..normalizers.probs import Probs
from .chance import expected
from .logarithmic import surprisal


@on_probs
def focal(probs: Probs, target: Vector, *, gamma: Parameter = 2.0) -> Scalar:
    """`-(1 - p)^gamma log p`, from 0 up; gamma = 0 is cross-entropy.

    For a soft target it is the expectation `sum_k t_k L(p_k)`. At p = 0 the value is infinite.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + focal(gamma=2)")
    >>> round(float(loss(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    0.173

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        gamma: Exponent, at least 0; the larger, the less an almost right answer counts.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If gamma is negative or not finite (NaN if it is traced).

    Source: Lin et al., arXiv 1708.02002, equation 4.
    """
    power = parameter("focal", "gamma", gamma, target.dtype, low=0)
    return jnp.sum(target * focal_of_surprisal(surprisal(probs, target), power))


@on_probs
def sample_dependent_focal(
    probs: Probs,
    target: Vector,
    *,
    gamma: Parameter = 3.0,
    gamma_low: Parameter = 5.0,
    threshold: Parameter = 0.2,
) -> Scalar:
    """`-(1 - p)^g log p` with g = gamma_low for p < threshold and g = gamma from there on.

    With its default parameters it is known as FLSD-53. The value jumps at the threshold, where it
    counts as being above.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + sample_dependent_focal(gamma=2)")
    >>> round(float(loss(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    0.173

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        gamma: Exponent from the threshold on, at least 0.
        gamma_low: Exponent below the threshold, at least 0.
        threshold: Probability at which the exponent changes, between 0 and 1.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Mukhoti et al., arXiv 2002.09437, section 5.
    """
    return expected(
        scheduled,
        probs,
        target,
        gamma=gamma,
        gamma_low=gamma_low,
        threshold=threshold,
    )


def scheduled(
    chance: Chance,
    *,
    gamma: Parameter = 3.0,
    gamma_low: Parameter = 5.0,
    threshold: Parameter = 0.2,
) -> Array:
    """The loss of every class, as if it were the label."""
    name, dtype = "sample_dependent_focal", chance.p.dtype
    high = parameter(name, "gamma", gamma, dtype, low=0)
    low = parameter(name, "gamma_low", gamma_low, dtype, low=0)
    edge = parameter(name, "threshold", threshold, dtype, low=0, high=1)
    # NaN stands for a parameter out of range; a comparison with it would hide it.
    power = jnp.where(chance.p < edge, low, high) + 0 * (low + high + edge)
    return focal_of_surprisal(-chance.log_p, power)


# At p = 1 and for gamma < 1 the automatic derivative would be infinity times 0.
@jax.custom_jvp
def focal_of_surprisal(s: Array, gamma: Array) -> Array:
    """`(1 - e^{-s})^gamma s` of the surprisal s."""
    return exp_complement(s) ** gamma * s


@focal_of_surprisal.defjvp
def _focal_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """`(1 - p)^gamma ((1 + gamma s p / (1 - p)) ds + s log(1 - p) d gamma)`."""
    s, gamma = primals
    ds, d_gamma = tangents
    is_inside = (s > 0) & jnp.isfinite(s)
    safe = jnp.where(is_inside, s, 1)
    # At both ends a constant: the second derivative would be infinity times 0 for gamma < 1.
    end, power = jax.lax.stop_gradient((exp_complement(s), gamma))
    weight = jnp.where(is_inside, exp_complement(safe) ** gamma, end**power)
    # `s log(1 - p)` tends to 0 at both ends, where one factor is infinite.
    slope_in_gamma = jnp.where(is_inside, _log_complement(safe) * safe, 0)
    # s p / (1 - p) is s / (e^s - 1), which tends to 1 with s: there is no pole at p = 1.
    slope_in_s = 1 + gamma * over_expm1(s)
    tangent = weight * (slope_in_s * ds + slope_in_gamma * d_gamma)
    return focal_of_surprisal(s, gamma), tangent


def _log_complement(s: Array) -> Array:
    """`log(1 - e^{-s})` for s > 0, accurate for small and large s."""
    # Beyond p = 1/2 `log1p(-p)` would cancel; before it the logarithm of `1 - p` would,
    # as that of a number near 1.
    is_near = s < math.log(2)
    from_one = jnp.log(exp_complement(jnp.where(is_near, s, 1)))
    return jnp.where(is_near, from_one, jnp.log1p(-jnp.exp(-s)))
