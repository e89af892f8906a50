"""Losses of the label's probability p that bound what a wrong label can do.

Each is a function psi of p; for a soft target it is the expectation `sum_k t_k psi(p_k)`.
"""

import jax.numpy as jnp
from jax import Array

from ..base.formula import on_probs
from ..base.parameters import parameter
from ..base.special import box_cox, polynomial
from ..base.types import Parameter, Scalar, Vector
from ..base.whole_numbers import whole_number
from ..normalizers.chances import Chance
from ..normalizers.probs import Probs
from .chance import expected

MAX_ORDER = 64


@on_probs
def partially_huberised_cross_entropy(
    probs: Probs, target: Vector, *, tau: Parameter = 10.0
) -> Scalar:
    """`-log p` for p > 1/tau, and its tangent `log tau + 1 - tau p` below; from 0 to `log tau + 1`.

    It is what training with cross-entropy becomes if the derivative in p is clipped at tau. The
    derivative is continuous.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + partially_huberised_cross_entropy")
    >>> round(float(loss(jnp.array([-500.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    3.303

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        tau: Largest slope in p, greater than 1.

    Returns:
        Loss, between 0 and log(tau) + 1.

    Raises:
        ValueError: If tau is not a finite number greater than 1 (NaN if it is traced).

    Source: Menon et al., Can gradient clipping mitigate label noise?, ICLR 2020, section 4.
    """
    return expected(huberised, probs, target, tau=tau)


def huberised(chance: Chance, *, tau: Parameter = 10.0) -> Array:
    """The loss of every class, as if it were the label."""
    slope = parameter(
        "partially_huberised_cross_entropy",
        "tau",
        tau,
        chance.p.dtype,
        low=1,
        open=True,
    )
    # Not `<=`, by which a slope that is NaN would have no effect.
    is_low = ~(slope * chance.p > 1)
    tangent = jnp.log(slope) + (1 - slope * chance.p)
    return jnp.where(is_low, tangent, -jnp.where(is_low, 0, chance.log_p))


@on_probs
def asymmetric_generalized_cross_entropy(
    probs: Probs, target: Vector, *, a: Parameter = 1.0, q: Parameter = 2.0
) -> Scalar:
    """`((a + 1)^q - (a + p)^q) / q`, called AGCE; as a tends to 0 it is
    `generalized_cross_entropy`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + asymmetric_generalized_cross_entropy")
    >>> round(float(loss(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    0.875

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        a: Number added to p, greater than 0.
        q: Exponent, greater than 0.

    Returns:
        Loss, between 0 and ((a + 1)^q - a^q) / q.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Zhou et al., Asymmetric loss functions for learning with noisy labels, arXiv 2106.03110.
    """
    return expected(asymmetric_power, probs, target, a=a, q=q)


def asymmetric_power(
    chance: Chance, *, a: Parameter = 1.0, q: Parameter = 2.0
) -> Array:
    """The loss of every class, as if it were the label."""
    name, dtype = "asymmetric_generalized_cross_entropy", chance.p.dtype
    added = parameter(name, "a", a, dtype, low=0, open=True)
    power = parameter(name, "q", q, dtype, low=0, open=True)
    top = added + 1
    # The logarithm of (a + p) / (a + 1), in 1 - p where that is small.
    is_near = 2 * chance.complement <= top
    share = jnp.where(is_near, 1, (added + chance.p) / top)
    missing = jnp.where(is_near, chance.complement, 0) / top
    log_share = jnp.where(is_near, jnp.log1p(-missing), jnp.log(share))
    return -(top**power) * box_cox(log_share, jnp.broadcast_to(power, log_share.shape))


@on_probs
def asymmetric_unhinged(
    probs: Probs, target: Vector, *, a: Parameter = 1.5, q: Parameter = 0.9
) -> Scalar:
    """`((a - p)^q - (a - 1)^q) / q`, called AUL; q = 1 is half of `mae`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + asymmetric_unhinged(q=2)")
    >>> round(float(loss(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    0.375

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        a: Number from which p is taken, greater than 1.
        q: Exponent, greater than 0.

    Returns:
        Loss, between 0 and (a^q - (a - 1)^q) / q.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Zhou et al., Asymmetric loss functions for learning with noisy labels, arXiv 2106.03110.
    """
    return expected(unhinged_power, probs, target, a=a, q=q)


def unhinged_power(chance: Chance, *, a: Parameter = 1.5, q: Parameter = 0.9) -> Array:
    """The loss of every class, as if it were the label."""
    name, dtype = "asymmetric_unhinged", chance.p.dtype
    least = parameter(name, "a", a, dtype, low=1, open=True) - 1
    power = parameter(name, "q", q, dtype, low=0, open=True)
    log_ratio = jnp.log1p(chance.complement / least)
    return least**power * box_cox(log_ratio, jnp.broadcast_to(power, log_ratio.shape))


@on_probs
def asymmetric_exponential(
    probs: Probs, target: Vector, *, a: Parameter = 3.0
) -> Scalar:
    """`e^{-p / a}`, called AEL; its least value is `e^{-1/a}`, not 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + asymmetric_exponential(a=1)")
    >>> round(float(loss(jnp.array([50.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    0.368

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        a: Scale of p, greater than 0.

    Returns:
        Loss, between e^(-1/a) and 1.

    Raises:
        ValueError: If a is not a finite number greater than 0 (NaN if it is traced).

    Source: Zhou et al., Asymmetric loss functions for learning with noisy labels, arXiv 2106.03110.
    """
    return expected(decay, probs, target, a=a)


def decay(chance: Chance, *, a: Parameter = 3.0) -> Array:
    """The loss of every class, as if it were the label."""
    name, dtype = "asymmetric_exponential", chance.p.dtype
    scale = parameter(name, "a", a, dtype, low=0, open=True)
    return jnp.exp(-chance.p / scale)


@on_probs
def taylor_cross_entropy(probs: Probs, target: Vector, *, order: int = 2) -> Scalar:
    """`sum_{k=1..order} (1 - p)^k / k`, the Taylor polynomial of `-log p` at p = 1.

    Order 1 is half of `mae`, and with the order it grows towards cross-entropy. The slope at p = 0
    is the order.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + taylor_cross_entropy(order=2)")
    >>> round(float(loss(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    0.625

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        order: Number of terms, a whole number from 1 to 64.

    Returns:
        Loss, between 0 and sum_{k=1..order} 1/k.

    Raises:
        ValueError: If the order is not such a number.

    Source: Feng et al., Can cross entropy loss be robust to label noise?, IJCAI 2020, section 3.
    """
    return expected(expansion, probs, target, order=order)


def expansion(chance: Chance, *, order: int = 2) -> Array:
    """The loss of every class, as if it were the label."""
    terms = whole_number("taylor_cross_entropy", "order", order, low=1, high=MAX_ORDER)
    coefficients = [1 / (k + 1) for k in range(terms)]
    return chance.complement * polynomial(coefficients, chance.complement)
