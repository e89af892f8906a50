"""Losses of the label's probability p that are powers of p, or linear in it.

Each is a function psi of p; for a soft target it is the expectation `sum_k t_k psi(p_k)`.
"""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_probs
from ..base.parameters import parameter
from ..base.special import box_cox
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.chances import Chance
from ..normalizers.probs import Probs
from .chance import expected
from .logarithmic import surprisal


@on_probs
def exponential(probs: Probs, target: Vector) -> Scalar:
    """`(1 - p) / p`, the odds against the label; from 0 up.

    It is steeper than cross-entropy: with softmax its gradient grows exponentially with the margin
    of a wrong prediction. At p = 0 the value is infinite and the gradient taken as 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + exponential")
    >>> round(float(loss(jnp.array([0.0, 3.0]), jnp.array([1.0, 0.0]))), 2)
    20.09

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, from 0 up.
    """
    s = surprisal(probs, target)
    is_pole = jnp.isposinf(s)
    # e^s - 1 loses no digits near p = 1. At the pole it gets a constant, without derivative.
    odds = jnp.where(is_pole, jnp.inf, jnp.expm1(jnp.where(is_pole, 0, s)))
    return jnp.sum(target * odds)


@on_probs
def generalized_cross_entropy(
    probs: Probs, target: Vector, *, q: Parameter = 0.7
) -> Scalar:
    """`(1 - p^q) / q`, between 0 and 1/q; q = 0 is cross-entropy, q = 1 half of `mae`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + generalized_cross_entropy(q=0.5)")
    >>> round(float(loss(jnp.log(jnp.array([0.25, 0.75])), jnp.array([1.0, 0.0]))), 3)
    1.0

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        q: Exponent, between 0 and 1.

    Returns:
        Loss, between 0 and 1/q.

    Raises:
        ValueError: If q is not between 0 and 1 (NaN if it is traced).

    Source: Zhang and Sabuncu, arXiv 1805.07836, equation 6.
    """
    exponent = parameter(
        "generalized_cross_entropy", "q", q, target.dtype, low=0, high=1
    )
    p = jnp.where(target == 0, 1, probs.p)
    log_p = -surprisal(probs, target)
    scores = power_score(p, log_p, jnp.broadcast_to(exponent, target.shape))
    return jnp.sum(target * scores)


@on_probs
def mae(probs: Probs, target: Vector) -> Scalar:
    """`2 (1 - p)`, the sum of absolute errors against a one-hot target; between 0 and 2.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + mae")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    1.5

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, between 0 and 2.

    Source: Ghosh, Kumar and Sastry, arXiv 1712.09482.
    """
    return jnp.sum(target * 2 * probs.complement)


@on_probs
def hellinger(probs: Probs, target: Vector) -> Scalar:
    """`1 - sqrt(p)`, between 0 and 1: the squared Hellinger distance to a one-hot target.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + hellinger")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))), 3)
    0.5

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, between 0 and 1.
    """
    # `1 - sqrt(p)` would cancel near p = 1, and has an infinite derivative at p = 0.
    log_p = -surprisal(probs, target)
    root_less_one = box_cox(log_p, jnp.full_like(target, 0.5))  # twice sqrt(p) - 1
    return jnp.sum(target * -root_less_one / 2)


@on_probs
def alpha_loss(probs: Probs, target: Vector, *, alpha: Parameter = 2.0) -> Scalar:
    """`a / (a - 1) (1 - p^{1 - 1/a})`, from 0 up: a = 1/2 is `exponential`, a = 1 cross-entropy,
    and as a grows it tends to half of `mae`.

    It is `generalized_cross_entropy` with q = 1 - 1/a, which is negative for a < 1.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + alpha_loss(alpha=2)")
    >>> round(float(loss(jnp.log(jnp.array([0.25, 0.75])), jnp.array([1.0, 0.0]))), 3)
    1.0

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        alpha: Order a, greater than 0.

    Returns:
        Loss, from 0 up; at most a / (a - 1) for a > 1.

    Raises:
        ValueError: If alpha is not a finite number greater than 0 (NaN if it is traced).

    Source: Sypherd et al., arXiv 1906.02314.
    """
    return expected(of_order, probs, target, alpha=alpha)


def of_order(chance: Chance, *, alpha: Parameter = 2.0) -> Array:
    """The alpha-loss of every class, as if it were the label."""
    order = parameter("alpha_loss", "alpha", alpha, chance.p.dtype, low=0, open=True)
    return _with_exponent(chance, (order - 1) / order)


@on_probs
def comp_sum(probs: Probs, target: Vector, *, tau: Parameter = 1.5) -> Scalar:
    """`(p^{tau - 1} - 1) / (1 - tau)`, from 0 up: tau = 0 is `exponential`, tau = 1 cross-entropy,
    tau = 2 half of `mae`.

    With softmax it is `((1 + u)^{1 - tau} - 1) / (1 - tau)` of `u = sum_{k != y} e^{z_k - z_y}`,
    the paper's form.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + comp_sum(tau=0)")
    >>> round(float(loss(jnp.array([0.0, 3.0]), jnp.array([1.0, 0.0]))), 2)
    20.09

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        tau: Dial of the family, at least 0.

    Returns:
        Loss, from 0 up; at most 1 / (tau - 1) for tau > 1.

    Raises:
        ValueError: If tau is negative or not finite (NaN if it is traced).

    Source: Mao, Mohri and Zhong, arXiv 2304.07288, section 2.
    """
    return expected(of_dial, probs, target, tau=tau)


def of_dial(chance: Chance, *, tau: Parameter = 1.5) -> Array:
    """The comp-sum loss of every class, as if it were the label."""
    dial = parameter("comp_sum", "tau", tau, chance.p.dtype, low=0)
    return _with_exponent(chance, dial - 1)


def _with_exponent(chance: Chance, q: Array) -> Array:
    """`(1 - p^q) / q` for any q."""
    exponent = jnp.broadcast_to(q, chance.p.shape)
    return power_score(chance.p, chance.log_p, exponent)


# p takes no part in the value: it is an argument so that the rule gets its tangent.
@jax.custom_jvp
def power_score(p: Array, log_p: Array, q: Array) -> Array:
    """`(1 - p^q) / q`."""
    return -box_cox(log_p, q)


@power_score.defjvp
def _power_score_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """`-p^{q - 1} dp`: for q < 1 through d log p, and for q = 1 through dp."""
    p, log_p, q = primals
    dp, d_log_p, dq = tangents
    # d log p outlives the underflow of p. At q = 1 the derivative at p = 0 is not 0, and only dp
    # has it.
    is_linear = q == 1
    d_log_part = jnp.where(is_linear, 0, d_log_p)
    _, slope = jax.jvp(box_cox, (log_p, q), (d_log_part, dq))
    return power_score(p, log_p, q), -(slope + jnp.where(is_linear, dp, 0))
