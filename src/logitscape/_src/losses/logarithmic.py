"""Losses of the label's probability p that contain its logarithm.

Each is a function psi of p; for a soft target it is the expectation `sum_k t_k psi(p_k)`. They are
written in the surprisal `-log p` and the complement `1 - p`, which stay accurate where p is near
0 or 1. At p = 0 the value is infinite for all that have no bound, and the gradient is finite, as
the derivative of log p = -inf is taken as 0.
"""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.exponentials import logistic
from ..base.formula import on_probs
from ..base.parameters import parameter
from ..base.special import dot
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.probs import Probs


@on_probs
def cross_entropy(probs: Probs, target: Vector) -> Scalar:
    """`-sum_k t_k log p_k`; in nats, from 0 up.

    With softmax its gradient in the logits is p - t.

    >>> import jax, jax.numpy as jnp, numpy as np, logitscape as ls
    >>> loss = ls.objective("softmax + cross_entropy")
    >>> value, gradient = jax.value_and_grad(loss)(jnp.zeros(4), jnp.array([1.0, 0, 0, 0]))
    >>> round(float(value), 3), np.asarray(gradient).round(3).tolist()
    (1.386, [-0.75, 0.25, 0.25, 0.25])

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss in nats, at least 0.

    Source: Good, Rational decisions, 1952 (logarithmic score).
    """
    return dot(target, -probs.log_p)


@on_probs
def poly1(probs: Probs, target: Vector, *, epsilon: Parameter = 1.0) -> Scalar:
    """`-log p + epsilon (1 - p)`: cross-entropy with its first polynomial coefficient moved by
    epsilon.

    The coefficients are those of the expansion `-log p = (1 - p) + (1 - p)^2 / 2 + ...`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + poly1(epsilon=2)")
    >>> round(float(loss(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    1.693

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        epsilon: Change of the first coefficient, any finite number.

    Returns:
        Loss, from 0 up if epsilon is at least -1.

    Raises:
        ValueError: If epsilon is not finite (NaN if it is traced).

    Source: Leng et al., PolyLoss, arXiv 2204.12511.
    """
    weight = parameter("poly1", "epsilon", epsilon, target.dtype, low=-jnp.inf)
    losses = surprisal(probs, target) + weight * probs.complement
    return jnp.sum(target * losses)


@on_probs
def symmetric_cross_entropy(
    probs: Probs,
    target: Vector,
    *,
    alpha: Parameter = 1.0,
    beta: Parameter = 1.0,
    log_zero: Parameter = -4.0,
) -> Scalar:
    """`alpha (-log p) + beta (-log_zero) (1 - p)`: cross-entropy and the reverse one, where `log
    0` is taken as `log_zero`.

    The reverse one exchanges p and t, so that the logarithm of a one-hot target needs a value for
    `log 0`.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + symmetric_cross_entropy")
    >>> round(float(loss(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    2.693

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        alpha: Weight of cross-entropy, at least 0.
        beta: Weight of reverse cross-entropy, at least 0.
        log_zero: Value taken for log 0, at most 0 (the paper's -4 is not the logarithm of 1e-4).

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Wang et al., arXiv 1908.06112.
    """
    name = "symmetric_cross_entropy"
    a = parameter(name, "alpha", alpha, target.dtype, low=0)
    b = parameter(name, "beta", beta, target.dtype, low=0)
    zero = parameter(name, "log_zero", log_zero, target.dtype, low=-jnp.inf, high=0)
    losses = a * surprisal(probs, target) - b * zero * probs.complement
    return jnp.sum(target * losses)


@on_probs
def clipped_cross_entropy(
    probs: Probs, target: Vector, *, epsilon: Parameter = 1e-7
) -> Scalar:
    """`-log(p + epsilon)`, what much user code has: bounded by -log epsilon, and slightly below 0
    at p = 1.

    Its gradient fades once p falls below epsilon.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + clipped_cross_entropy")
    >>> round(float(loss(jnp.array([-500.0, 0.0]), jnp.array([1.0, 0.0]))), 2)
    16.12

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        epsilon: Constant added to p, greater than 0.

    Returns:
        Loss, from -log(1 + epsilon) to -log(epsilon).

    Raises:
        ValueError: If epsilon is not a finite number greater than 0 (NaN if it is traced).
    """
    floor = parameter(
        "clipped_cross_entropy", "epsilon", epsilon, target.dtype, low=0, open=True
    )
    losses = clipped(probs.p, probs.log_p, probs.complement, floor)
    return jnp.sum(target * losses)


def surprisal(probs: Probs, target: Vector) -> Vector:
    """`-log p`, but 0 for classes of weight 0, where an infinite value has to count as 0."""
    return -jnp.where(target == 0, 0, probs.log_p)


# The automatic derivative `-dp / (p + epsilon)` underflows with p although d log p does not, and
# its own derivative is a difference of nearly equal terms.
@jax.custom_jvp
def clipped(p: Array, log_p: Array, complement: Array, epsilon: Array) -> Array:
    """`-log(p + epsilon)`."""
    # Near p = 1 the sum p + epsilon would round epsilon away, `epsilon - (1 - p)` does not.
    is_low = p < 0.5
    from_zero = -jnp.log(jnp.where(is_low, p, 0.5) + epsilon)
    from_one = -jnp.log1p(epsilon - jnp.where(is_low, 0.5, complement))
    return jnp.where(is_low, from_zero, from_one)


@clipped.defjvp
def _clipped_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """`-p / (p + epsilon) d log p`, and `-dp / epsilon` at p = 0."""
    p, log_p, _, epsilon = primals
    dp, d_log_p, _, d_epsilon = tangents
    occurs = ~jnp.isneginf(log_p)
    share = logistic(jnp.where(occurs, log_p, 0) - jnp.log(epsilon))
    through_p = jnp.where(occurs, share * d_log_p, dp / epsilon)
    return clipped(*primals), -through_p - d_epsilon / (p + epsilon)
