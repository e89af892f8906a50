"""Attention's normalizers whose parts need not sum to 1: softpick, and a sigmoid per class."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest
from ..base.exponentials import exp_complement, logistic
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.special import nan_unless
from ..base.top import nan_unless_top_is_finite
from ..base.types import Parameter, Vector
from .probs import Probs
from .shares import Shares, share_tangents, shares_of
from .sigmoidal import log_sigmoid


@on_logits
def softpick(logits: Vector, *, epsilon: Parameter = 1e-8) -> Probs:
    """`p_k = max(e^{z_k} - 1, 0) / (sum_j |e^{z_j} - 1| + epsilon)`: the rectified softmax.

    The probabilities sum to less than 1: logits at or below 0 get exactly 0, but have a part in the
    sum. If none is positive, p is 0 and a loss such as cross-entropy infinite. -inf is a mask, with
    no part in the sum; +inf gives NaN. At the kink z_k = 0 the derivative is taken as 0, as is that
    of log p_k = -inf. The authors' code adds epsilon after it has divided by the largest e^{z_k}.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> logits = jnp.log(jnp.array([3.0, 2.0, 0.5]))
    >>> print(np.asarray(ls.normalizers.softpick(logits).p).round(3))
    [0.571 0.286 0.   ]

    Args:
        logits: Logits z of one example, [n].
        epsilon: Number that is added to the sum, greater than 0.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If epsilon is not a finite number greater than 0 (NaN if it is traced).

    Source: Zuhri et al., Softpick: No Attention Sink, No Massive Activations with Rectified
    Softmax, arXiv 2504.20966.
    """
    e = parameter("softpick", "epsilon", epsilon, logits.dtype, low=0, open=True)
    z = nan_unless(jnp.max(logits) < jnp.inf, logits)
    shares = _pick(z, e)
    return Probs(shares.p[:-1], shares.log_p[:-1])


# In reverse mode the derivative `1 / (1 - e^{-z})` of a logarithm, which is large for small z,
# would meet p^2, which may have underflown.
@jax.custom_jvp
def _pick(z: Vector, epsilon: Array) -> Shares:
    """Shares of the logits above 0, and, as one more class, of all that is not above."""
    logs = _log_weights(z, epsilon)
    gaps = logs - jnp.max(logs)
    return shares_of(gaps, jnp.exp(gaps), first_largest(logs))


def _log_weights(z: Vector, epsilon: Array) -> Array:
    """`log(e^z - 1)` of every class, and that of the rest; relative to the largest e^z above 1."""
    is_positive = ~(z <= 0)  # NaN counts as positive
    # e^z - 1 = e^z (1 - e^{-z})
    picked = jnp.where(is_positive, z, 1)
    logs = (picked - _highest(z)) + jnp.log(exp_complement(picked))
    logs = jnp.where(is_positive, logs, -jnp.inf)
    is_negative = (z < 0) & ~jnp.isneginf(z)
    others = jnp.sum(exp_complement(jnp.where(is_negative, -z, 0)))
    return jnp.concatenate([logs, (jnp.log(others + epsilon) - _highest(z))[None]])


def _highest(z: Vector) -> Array:
    return jax.lax.stop_gradient(jnp.maximum(jnp.max(z), 0))


@_pick.defjvp
def _pick_jvp(
    primals: tuple[Vector, Array], tangents: tuple[Vector, Array]
) -> tuple[Shares, Shares]:
    z, epsilon = primals
    dz, d_epsilon = tangents
    shares = _pick(z, epsilon)
    logs, d_logs = jax.jvp(_log_weights, primals, tangents)
    # The slope of |e^z - 1|, relative to the sum.
    top = jax.lax.stop_gradient(jnp.max(logs))
    slopes = jnp.exp(z - _highest(z) - top) / shares.total * dz
    unit = jnp.exp(-_highest(z) - top) / shares.total
    of_rest = d_epsilon * unit - jnp.sum(jnp.where(z < 0, slopes, 0))
    # Nothing moves at a mask, and NaN stays.
    d_share = jnp.append(jnp.where(z <= 0, 0, slopes), of_rest)
    return shares, share_tangents(shares, first_largest(logs), d_logs, d_share)


@on_logits
def sigmoid_attention(logits: Vector) -> Probs:
    """`p_k = 1 / (1 + e^{log(n) - z_k})`: the logistic function of each class by itself.

    What it gives are no shares of one whole: they sum to any number from 0 to n, to about 1 if the
    logits are near 0. So no class takes anything from another, and a loss of the label's
    probability alone, such as cross-entropy, pushes no rival down. -inf is a mask, whose class does
    not count in n. The result is NaN if all logits are masked or one is +inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> logits = jnp.array([0.0, 3.0, 3.0])
    >>> print(np.asarray(ls.normalizers.sigmoid_attention(logits).p).round(2))
    [0.25 0.87 0.87]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Numbers from 0 to 1 and their logarithms, [n], which do not sum to 1.

    Source: Ramapuram et al., Theory, Analysis, and Best Practices for Sigmoid Self-Attention,
    arXiv 2409.04431.
    """
    z = nan_unless_top_is_finite(logits)
    count = jnp.sum(~jnp.isneginf(z)).astype(z.dtype)
    shifted = z - jnp.log(count)
    is_mask = jnp.isneginf(z)
    safe = jnp.where(is_mask, 0, shifted)
    return Probs(
        jnp.where(is_mask, 0, logistic(safe)),
        jnp.where(is_mask, -jnp.inf, log_sigmoid(safe)),
    )
