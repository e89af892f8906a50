"""Losses divided by their sum over all labels, `L(p, y) / sum_k L(p, k)`, and what is made of them.

The sum of such a loss over the labels is 1 whatever p is, so that uniform label noise does not
move its minimiser. Where the losses of some labels are infinite, as at p = 0, these count as equal
and the others as 0, without a derivative.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_probs
from ..base.parameters import parameter
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.probs import Probs
from .focal import focal_of_surprisal
from .power import power_score

LOG_ZERO = math.log(1e-4)
"""What the authors' code takes for log 0 in the reverse cross-entropy."""


@on_probs
def normalized_cross_entropy(probs: Probs, target: Vector) -> Scalar:
    """`sum_k t_k log p_k / sum_k log p_k`, between 0 and 1.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + normalized_cross_entropy")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    0.25

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, between 0 and 1.

    Source: Ma et al., Normalized loss functions, arXiv 2006.13554, section 3.
    """
    return share_of_target(-probs.log_p, target)


@on_probs
def normalized_focal(probs: Probs, target: Vector, *, gamma: Parameter = 0.5) -> Scalar:
    """`focal` of the target's classes over its sum for all classes, between 0 and 1; gamma = 0 is
    `normalized_cross_entropy`.

    The authors' code takes the factors `(1 - p_k)^gamma` for constants. Here the gradient is that
    of the formula.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + normalized_focal")
    >>> round(float(loss(jnp.array([3.0, 0, 0]), jnp.array([1.0, 0, 0]))), 3)
    0.005

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        gamma: Exponent of 1 - p, at least 0.

    Returns:
        Loss, between 0 and 1.

    Raises:
        ValueError: If gamma is negative or not finite (NaN if it is traced).

    Source: Ma et al., Normalized loss functions, arXiv 2006.13554, section 3.
    """
    power = parameter("normalized_focal", "gamma", gamma, target.dtype, low=0)
    return share_of_target(focal_of_surprisal(-probs.log_p, power), target)


@on_probs
def normalized_generalized_cross_entropy(
    probs: Probs, target: Vector, *, q: Parameter = 0.7
) -> Scalar:
    """`(1 - sum_k t_k p_k^q) / (n - sum_k p_k^q)`, between 0 and 1/(n - 1).

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + normalized_generalized_cross_entropy(q=1)")
    >>> round(float(loss(jnp.array([-50.0, 0, 0]), jnp.array([1.0, 0, 0]))), 3)
    0.5

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        q: Exponent, greater than 0, at most 1.

    Returns:
        Loss, between 0 and 1/(n - 1).

    Raises:
        ValueError: If q is not in its range (NaN if it is traced).

    Source: Ma et al., Normalized loss functions, arXiv 2006.13554, section 3.
    """
    exponent = parameter(
        "normalized_generalized_cross_entropy",
        "q",
        q,
        target.dtype,
        low=0,
        high=1,
        open=True,
    )
    exponents = jnp.broadcast_to(exponent, target.shape)
    return share_of_target(power_score(probs.p, probs.log_p, exponents), target)


@on_probs
def normalized_negative_cross_entropy(
    probs: Probs, target: Vector, *, floor: Parameter = 1e-7
) -> Scalar:
    """`1 - sum_k t_k v_k / sum_k v_k` with `v_k = max(log p_k - log floor, 0)`, between 0 and 1.

    It turns cross-entropy round: `v_k` is what the loss of label k lacks to its largest value,
    -log floor. At p = floor the derivative is 0. NaN where no class has more than the floor, which
    takes a normalizer with a sink.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + normalized_negative_cross_entropy")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    0.75

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        floor: Smallest probability that is told from 0, between 0 and 1, less than 1/n.

    Returns:
        Loss, between 0 and 1.

    Raises:
        ValueError: If the floor is not between 0 and 1 (NaN if it is traced).

    Source: Ye et al., Active negative loss functions, NeurIPS 2023; their code.
    """
    return _negative("normalized_negative_cross_entropy", probs, target, floor)


@on_probs
def active_passive(
    probs: Probs,
    target: Vector,
    *,
    alpha: Parameter = 1.0,
    beta: Parameter = 1.0,
    log_zero: Parameter = LOG_ZERO,
) -> Scalar:
    """`alpha NCE + beta (-log_zero) (1 - p)`: `normalized_cross_entropy` and reverse cross-entropy.

    As reverse cross-entropy is linear in p, `log_zero=-1` has the MAE of the authors' code in its
    place, and `log_zero=-2` this catalogue's `mae`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + active_passive(log_zero=-1)")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    1.0

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        alpha: Weight of the active part, at least 0.
        beta: Weight of the passive part, at least 0.
        log_zero: Value taken for log 0, at most 0; the default is log 1e-4, as in their code.

    Returns:
        Loss, between 0 and alpha - beta log_zero.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Ma et al., Normalized loss functions, arXiv 2006.13554, section 4.
    """
    name, dtype = "active_passive", target.dtype
    active = parameter(name, "alpha", alpha, dtype, low=0)
    passive = parameter(name, "beta", beta, dtype, low=0)
    zero = parameter(name, "log_zero", log_zero, dtype, low=-math.inf, high=0)
    linear = jnp.sum(target * probs.complement)
    return active * share_of_target(-probs.log_p, target) - passive * zero * linear


@on_probs
def active_negative(
    probs: Probs,
    target: Vector,
    *,
    alpha: Parameter = 1.0,
    beta: Parameter = 1.0,
    floor: Parameter = 1e-7,
) -> Scalar:
    """`alpha NCE + beta NNCE`: `normalized_cross_entropy` and
    `normalized_negative_cross_entropy`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + active_negative(alpha=2)")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    1.25

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        alpha: Weight of the active part, at least 0.
        beta: Weight of the passive part, at least 0.
        floor: Smallest probability that the passive part tells from 0, between 0 and 1.

    Returns:
        Loss, between 0 and alpha + beta.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Ye et al., Active negative loss functions, NeurIPS 2023; their code.
    """
    name, dtype = "active_negative", target.dtype
    active = parameter(name, "alpha", alpha, dtype, low=0)
    passive = parameter(name, "beta", beta, dtype, low=0)
    negative = _negative(name, probs, target, floor)
    return active * share_of_target(-probs.log_p, target) + passive * negative


def _negative(name: str, probs: Probs, target: Vector, floor: Parameter) -> Scalar:
    least = checked_floor(name, floor, target.dtype)
    is_counted = ~(probs.log_p <= jnp.log(least))
    above = jnp.where(is_counted, probs.log_p - jnp.log(least), 0)
    return _share(above, 1 - target)


def checked_floor(name: str, floor: Parameter, dtype: Any) -> Array:
    """The smallest probability that is told from 0; an error if it is out of range."""
    return parameter(name, "floor", floor, dtype, low=0, high=1, open=True)


def share_of_target(losses: Vector, target: Vector) -> Scalar:
    """`sum_k t_k l_k / sum_k l_k` of losses that may be infinite."""
    is_infinite = jnp.isposinf(losses)
    finite = jnp.where(is_infinite, 0, losses)
    some_are = jnp.any(is_infinite)
    return _share(jnp.where(some_are, is_infinite.astype(losses.dtype), finite), target)


# The automatic derivative is a difference of two terms that are nearly equal once the target's
# share is nearly 1.
@jax.custom_jvp
def _share(values: Vector, weights: Vector) -> Array:
    """`sum_k w_k v_k / sum_k v_k` with weights between 0 and 1."""
    return jnp.sum(weights * values) / jnp.sum(values)


@_share.defjvp
def _share_jvp(
    primals: tuple[Vector, Vector], tangents: tuple[Vector, Vector]
) -> tuple[Array, Array]:
    """`sum_k ((w_k - share) dv_k + v_k dw_k) / sum_k v_k`."""
    values, weights = primals
    d_values, d_weights = tangents
    share = _share(values, weights)
    missing = (1 - weights) * share - weights * _share(values, 1 - weights)
    total = jnp.sum(values)
    slope = jnp.sum(values * d_weights) - jnp.sum(missing * d_values)
    return share, slope / total
