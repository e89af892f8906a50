"""Sparsemax: the point of the probability simplex nearest to the logits, as they are or scaled."""

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import one_hot
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.top import nan_unless_top_is_finite, scaled_below_top
from ..base.types import Parameter, Scalar, Vector
from .probs import Probs
from .shares import keep_mass
from .threshold import Threshold, bases, find_threshold

LogPair: TypeAlias = tuple[Vector, Vector]
"""Probabilities and their logarithms."""


@on_logits
def sparsemax(logits: Vector) -> Probs:
    """`p = [z - tau]_+` with tau such that p sums to 1: the point of the simplex nearest to z.

    One-hot once the largest logit leads by 1. Defined for all finite logits; -inf is a mask. The
    result is NaN if all logits are masked or one is +inf. At the kink, where z_k = tau, class k
    counts as outside the support: dp_k = 0, and the sum of p is kept.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.sparsemax(jnp.array([1.0, 0.5, -1.0])).p).round(3))
    [0.75 0.25 0.  ]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].

    Source: Martins and Astudillo, arXiv 1602.02068, equation 2 and proposition 1.
    """
    return Probs(*project(logits))


@on_logits
def sparsegen(logits: Vector, *, sparsity: Parameter = 0.5) -> Probs:
    """`p = [z / (1 - l) - tau]_+` with tau such that p sums to 1 ("sparsegen-lin"): the p that
    minimises `|p - z|^2 - l |p|^2`.

    Sparsemax of logits at the temperature 1 - l: the nearer l is to 1, the fewer classes are kept;
    a negative l keeps more. One-hot once the largest logit leads by 1 - l. Domain, masks and kinks
    are those of sparsemax.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.sparsegen(jnp.array([1.0, 0.75, -1.0])).p).round(3))
    [0.75 0.25 0.  ]

    Args:
        logits: Logits z of one example, [n].
        sparsity: Lambda, written l in the formulas, at most 0.999.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the sparsity is out of range or not finite (NaN if it is traced).

    Source: Laha et al., On Controllable Sparse Alternatives to Softmax, NeurIPS 2018, arXiv
    1810.11975, section 3.1.
    """
    factor = sparsegen_factor(sparsity, logits.dtype)
    return Probs(*project(scaled_logits(logits, factor)))


def sparsegen_factor(sparsity: Parameter, dtype: Any) -> Array:
    """The inverse temperature of sparsegen."""
    weight = parameter(
        "sparsegen", "sparsity", sparsity, dtype, low=-jnp.inf, high=0.999
    )
    return 1 / (1 - weight)


@on_logits
def sparsehourglass(logits: Vector, *, q: Parameter = 1.0) -> Probs:
    """`p = [c z - tau]_+` with `c = (1 + n q) / (|sum_j z_j| + n q)` and tau such that p sums to 1.

    Between dividing by the sum, which is its limit for q = 0 where no logit is negative, and
    sparsemax, that for large q. Where the logits sum to 0 the derivative of |sum_j z_j| is taken as
    0. -inf is a mask, with no part in the sum and in n. Otherwise domain and kinks are those of
    sparsemax.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.sparsehourglass(jnp.array([3.0, 2.0, 1.0])).p).round(3))
    [0.722 0.278 0.   ]

    Args:
        logits: Logits z of one example, [n].
        q: Weight of the constant, greater than 0.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If q is not a finite number greater than 0 (NaN if it is traced).

    Source: Laha et al., arXiv 1810.11975, section 3.4.
    """
    q = parameter("sparsehourglass", "q", q, logits.dtype, low=0, open=True)
    factor, _ = hourglass_factor(logits, q, jnp.sum)
    return Probs(*project(scaled_logits(logits, factor)))


def hourglass_factor(
    logits: Vector, q: Array, sum_up: Callable[[Array], Array]
) -> tuple[Scalar, Scalar]:
    """The factor c of sparsehourglass, and its derivative in each of the logits.

    Args:
        logits: Logits, [n].
        q: Weight of the constant.
        sum_up: Function that sums over the classes.
    """
    is_mask = jnp.isneginf(logits)
    weight = q * sum_up(jnp.where(is_mask, 0, 1).astype(logits.dtype))
    total = sum_up(jnp.where(is_mask, 0, logits))
    size = jnp.where(total == 0, 0, jnp.abs(total))
    factor = (1 + weight) / (size + weight)
    return factor, -factor * jnp.sign(total) / (size + weight)


def scaled_logits(logits: Vector, factor: Array) -> Vector:
    """The logits times a factor, so far as sparsemax depends on them."""
    # A common offset changes nothing, but would be rounded by the factor.
    return scaled_below_top(nan_unless_top_is_finite(logits), factor)


def project(z: Vector) -> LogPair:
    """Sparsemax of logits that need no check."""
    pair: LogPair = _project(find_threshold(z, 1), z)
    return pair


# Reverse mode cannot pass through the `lax.while_loop` that finds the threshold. The rule
# below gives the whole derivative in z, that by way of the threshold included.
@jax.custom_jvp
def _project(threshold: Threshold, z: Vector) -> LogPair:
    _, p, complement = bases(threshold, z, 1)
    return p, log_of(p, complement)


def log_of(x: Vector, complement: Vector) -> Vector:
    """`log x` for x from 0 to 1, from x or `1 - x`, whichever is smaller."""
    is_near_one = x > 0.5
    near_one = jnp.log1p(-jnp.where(is_near_one, complement, 0))
    return jnp.where(is_near_one, near_one, jnp.log(x))


@_project.defjvp
def _project_jvp(
    primals: tuple[Threshold, Vector], tangents: tuple[Any, Vector]
) -> tuple[LogPair, LogPair]:
    """On the support, dp is dz less its mean there."""
    threshold, z = primals
    _, dz = tangents
    p, log_p = _project(threshold, z)
    # Not `p > 0`, which is False for NaN: outside the domain the tangents must be NaN.
    inside = ~jnp.isneginf(log_p)
    count = jnp.sum(inside.astype(z.dtype))
    share = (inside.astype(z.dtype) + (p - p)) / count  # NaN outside the domain
    less_mean = jnp.where(inside, dz - jnp.sum(share * dz), 0)
    dp = keep_mass(one_hot(threshold.place, z.size), share, less_mean)
    inverse_p = jnp.exp(jnp.where(inside, -log_p, 0))
    return (p, log_p), (dp, jnp.where(inside, dp * inverse_p, 0))
