"""Normalizers that make logits positive by the logistic function and its relatives."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base import exponentials
from ..base.exponentials import exprel
from ..base.formula import on_logits
from ..base.types import Scalar, Vector
from .normalize import normalize, normalize_gaps
from .probs import Probs

# In `log softplus(z) = z - e^z / 2 + 5 e^{2z} / 24` the last term is below 1e-18 there.
FAR_LEFT = -20.0
"""Logit below which `softplus(z) = e^z - e^{2z} / 2` to within rounding, in every dtype."""


@on_logits
def sigmoid(logits: Vector) -> Probs:
    """`g(z) = 1 / (1 + e^{-z})` divided by its sum.

    -inf is a mask. The result is NaN if all logits are masked or one is +inf. Large logits get
    equal probabilities, as g is at most 1.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.sigmoid(jnp.array([0.0, 20.0, 30.0])).p).round(3))
    [0.2 0.4 0.4]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].
    """
    top = jax.lax.stop_gradient(jnp.max(logits))
    z = logits + (top - top)  # NaN unless the largest logit is finite
    return normalize(log_sigmoid(z))


@on_logits
def sigsoftmax(logits: Vector) -> Probs:
    """`g(z) = e^z sigmoid(z)` divided by its sum.

    -inf is a mask. The result is NaN if all logits are masked or one is +inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.sigsoftmax(jnp.array([0.0, 1.0])).p).round(3))
    [0.201 0.799]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].

    Source: Kanai et al., Sigsoftmax: reanalysis of the softmax bottleneck, arXiv 1805.10829.
    """
    top = jnp.max(logits)
    log_s = log_sigmoid(logits)
    # Two differences, not that of the sums: those are rounded at the size of the
    # logits, whose common offset would take the digits of the gaps.
    gaps = (logits - top) + (log_s - log_sigmoid(top))
    return normalize_gaps(logits + log_s, _zero_at_ties(top, logits, gaps))


@on_logits
def softplus(logits: Vector) -> Probs:
    """`g(z) = log(1 + e^z)` divided by its sum.

    -inf is a mask. The result is NaN if all logits are masked or one is +inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.softplus(jnp.array([0.0, 100.0, 300.0])).p).round(3))
    [0.002 0.25  0.749]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].
    """
    log_g = log_softplus(logits)
    top = jnp.max(logits)
    ratio = exponentials.softplus(logits) / exponentials.softplus(top)
    # The logarithm of the ratio keeps the digits of a small gap between large logits. Far to the
    # left the ratio may underflow, but there the two logarithms are about z and exact.
    is_by_ratio = logits > FAR_LEFT
    from_ratio = jnp.log(jnp.where(is_by_ratio, ratio, 1))
    from_logarithms = log_g - log_softplus(top)
    gaps = jnp.where(is_by_ratio, from_ratio, from_logarithms)
    return normalize_gaps(log_g, _zero_at_ties(top, logits, gaps))


def _zero_at_ties(top: Scalar, logits: Vector, gaps: Vector) -> Vector:
    """The gaps, exactly 0 for all classes that tie for the largest, and NaN unless it is finite."""
    # A function of the largest logit alone may be compiled to round otherwise than the same
    # function of the vector, so that their difference need not be 0.
    return jnp.where(logits == top, top - top, gaps)


@jax.custom_jvp
def log_softplus(z: Array) -> Array:
    """`log log(1 + e^z)`."""
    is_left = z < FAR_LEFT
    from_series = z - jnp.exp(z) / 2
    # Far to the left, where this branch is not taken, softplus may underflow to 0.
    closed_form = jnp.log(exponentials.softplus(jnp.where(is_left, 0, z)))
    return jnp.where(is_left, from_series, closed_form)


@log_softplus.defjvp
def _log_softplus_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (z,) = primals
    (dz,) = tangents
    return log_softplus(z), log_softplus_slope(z) * dz


def log_softplus_slope(z: Array) -> Array:
    """Derivative of `log log(1 + e^z)`, whose own derivative keeps its digits."""
    # `sigmoid(z) / softplus(z)`, in which `sigmoid(z) = 1 - e^{-softplus(z)}`: far to the left the
    # slope of the quotient would be a difference of nearly equal terms.
    return exprel(-exponentials.softplus(z))


def log_sigmoid(z: Array) -> Array:
    """`log(1 / (1 + e^{-z}))`."""
    return -exponentials.softplus(-z)
