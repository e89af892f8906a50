"""Softmax cut off below the largest logit, at a fixed distance or at a share of the classes."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest, maximum
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.top import nan_unless_top_is_finite
from ..base.types import Parameter, Vector
from .probs import Probs
from .shares import Shares, share_tangents, shares_of


@on_logits
def t_softmax(logits: Vector, *, width: Parameter = 2.0) -> Probs:
    """`g_k = max(z_k - max z + t, 0) e^{z_k}` divided by its sum.

    Classes that are t or more below the largest get exactly 0; with a large t it is softmax.
    -inf is a mask. The result is NaN if all logits are masked or one is +inf. At the kink, where
    a class is t below, its derivative is taken as 0. Classes that tie for the largest share its
    derivative equally.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.t_softmax(jnp.array([1.0, 0.0, -1.0])).p).round(3))
    [0.845 0.155 0.   ]

    Args:
        logits: Logits z of one example, [n].
        width: Distance t, greater than 0, in units of the logits.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the width is not a finite number greater than 0 (NaN if it is traced).

    Source: Bałazy et al., r-softmax: Generalized Softmax with Controllable Sparsity Rate,
    arXiv 2304.05243 (t-softmax).
    """
    t = parameter("t_softmax", "width", width, logits.dtype, low=0, open=True)
    below_top = _below_top(logits)
    return _cut_off(below_top, below_top + t)


@on_logits
def r_softmax(
    logits: Vector, *, rate: Parameter = 0.5, epsilon: Parameter = 1e-8
) -> Probs:
    """`t_softmax` with the t that leaves a share r of the classes with next to nothing: epsilon
    more than the distance of the r-quantile of the logits from the largest.

    The derivative does not pass through t. With r = 0 all classes are kept, with r = 1 the largest.
    A class at the quantile keeps a weight of epsilon. -inf is a mask, whose class does not count;
    the authors' code counts it among those that get nothing. The result is NaN if all logits are
    masked or one is +inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> logits = jnp.array([3.0, 2.0, 1.0, 1.0])
    >>> print(np.asarray(ls.normalizers.r_softmax(logits).p).round(4))
    [0.8908 0.1092 0.     0.    ]

    Args:
        logits: Logits z of one example, [n].
        rate: Share r, from 0 to 1.
        epsilon: What is added to t, greater than 0.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If a parameter is out of range (NaN if it is traced).

    Source: Bałazy et al., arXiv 2304.05243 (r-softmax), and their code.
    """
    dtype = logits.dtype
    r = parameter("r_softmax", "rate", rate, dtype, low=0, high=1)
    e = parameter("r_softmax", "epsilon", epsilon, dtype, low=0, open=True)
    below_top = _below_top(logits)
    low, high, part = quantile(jax.lax.stop_gradient(below_top), r)
    # Differences of logits first: epsilon would be lost in the rounding of t.
    above = (below_top - low) - part * (high - low)
    return _cut_off(below_top, above + e)


def _below_top(logits: Vector) -> Vector:
    z = nan_unless_top_is_finite(logits)
    return z - maximum(z)


def _cut_off(below_top: Vector, above: Vector) -> Probs:
    """Probabilities in proportion to `max(x, 0) e^s`.

    Args:
        below_top: Logits less the largest, s, [n].
        above: How far each is above where it is cut off, x, [n].
    """
    shares = _shares(below_top, above)
    return Probs(shares.p, shares.log_p)


# In reverse mode the derivative 1 / x of a logarithm, which is large for small x, would meet p^2,
# which may have underflowed.
@jax.custom_jvp
def _shares(below_top: Vector, above: Vector) -> Shares:
    log_g = _log_weights(below_top, above)
    gaps = log_g - jnp.max(log_g)
    return shares_of(gaps, jnp.exp(gaps), first_largest(log_g))


def _log_weights(below_top: Vector, above: Vector) -> Vector:
    is_kept = ~(above <= 0)  # NaN is kept
    x = jnp.where(is_kept, above, 1)
    return jnp.where(is_kept, jnp.log(x) + below_top, -jnp.inf)


@_shares.defjvp
def _shares_jvp(
    primals: tuple[Vector, Vector], tangents: tuple[Vector, Vector]
) -> tuple[Shares, Shares]:
    below_top, above = primals
    d_below, d_above = tangents
    shares = _shares(below_top, above)
    log_g, d_log = jax.jvp(_log_weights, primals, tangents)
    # e^s dx + x e^s ds, relative to the sum of all weights.
    top = jax.lax.stop_gradient(jnp.max(log_g))
    is_outside = above <= 0
    # The infinite distance of a mask is not to meet a tangent of 0.
    x = jnp.where(is_outside, 0, above)
    unit = jnp.exp(below_top - top) / shares.total
    d_share = unit * (jnp.where(is_outside, 0, d_above) + x * d_below)
    return shares, share_tangents(shares, first_largest(log_g), d_log, d_share)


def quantile(z: Vector, rate: Array) -> tuple[Array, Array, Array]:
    """The logits between which the quantile of those that are no masks lies, and how far up."""
    ordered = jnp.sort(z)
    num_masks = jnp.sum(jnp.isneginf(z)).astype(z.dtype)
    place = rate * (z.size - 1 - num_masks)
    below = jnp.floor(place)
    first = jnp.minimum(num_masks + below, z.size - 1).astype(jnp.int32)
    second = jnp.minimum(first + 1, z.size - 1)
    return ordered[first], ordered[second], place - below
