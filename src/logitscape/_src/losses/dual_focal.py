"""Focal loss that also looks at the class just below the label's."""

import jax.numpy as jnp
from jax import Array, lax

from ..base.argmax import largest
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.special import dot
from ..base.top import nan_unless_top_is_finite
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.exponential import softmax
from .hinges import of_label, one_if_one_hot


@on_logits
def dual_focal(logits: Vector, target: Vector, *, gamma: Parameter = 5.0) -> Scalar:
    """`-(1 - p_y + p_j)^gamma log p_y` of the softmax, where j is the most probable of the classes
    below the label's, `p_j = max {p_k : p_k < p_y}`; p_j is 0 if the label has the least.

    Classes that tie with the label are not below it. So the loss jumps where another class gets
    past the label's. Classes that tie for j share its derivative equally.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("dual_focal(gamma=1)")
    >>> target = jnp.array([1.0, 0.0, 0.0])
    >>> round(float(loss(jnp.zeros(3), target)), 3)
    0.732
    >>> round(float(loss(jnp.array([0.0, 0.0, -1e-3]), target)), 3)
    1.098

    Args:
        logits: Logits z of one example, [n].
        target: One-hot target of the label y, [n].
        gamma: Exponent, at least 0; the default is the one of the authors' experiments.

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If gamma is negative or not finite, or the target is not one-hot (NaN if they
            are traced).

    Source: Tao, Dong and Xu, Dual focal loss for calibration, arXiv 2305.13665; their code.
    """
    one = one_if_one_hot("dual_focal", target)
    power = parameter("dual_focal", "gamma", gamma, logits.dtype, low=0)
    z = one * nan_unless_top_is_finite(logits)
    probs = softmax(z)
    # By the logits, whose order no rounding of the softmax can change.
    below = jnp.where(z < of_label(z, target), z, -jnp.inf)
    top, parts = largest(below)
    next_p = jnp.where(jnp.isneginf(top), 0, jnp.sum(parts * probs.p))
    weight = power_or_limit(of_label(probs.complement, target) + next_p, power)
    surprisal = dot(target, -probs.log_p)
    # Where the loss is infinite the weight is 1, and does not move.
    weight = jnp.where(jnp.isposinf(surprisal), lax.stop_gradient(weight), weight)
    return one * weight * surprisal


def power_or_limit(base: Array, power: Array) -> Array:
    """`base^power`; at a base of 0 the limit, without a derivative."""
    is_positive = ~(base <= 0)
    of_zero = jnp.where(power == 0, 1, 0)
    return jnp.where(is_positive, jnp.where(is_positive, base, 1) ** power, of_zero)
