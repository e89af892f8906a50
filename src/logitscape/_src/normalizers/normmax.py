"""Alpha-normmax: probabilities whose regulariser is a norm."""

import jax.numpy as jnp

from ..base.formula import on_logits
from ..base.parameters import is_known_to_be, parameter
from ..base.top import nan_unless_top_is_finite, scaled_below_top
from ..base.types import Parameter, Vector
from .entmax import entmax
from .normalize import normalize
from .probs import Probs


@on_logits
def normmax(logits: Vector, *, alpha: Parameter = 2.0) -> Probs:
    """`p = argmax_p <p, z> - norm_alpha(p)`: in proportion to `q_k = [z_k - tau]_+^{1 / (a - 1)}`,
    with tau such that `sum_k q_k^a = 1`.

    Sparse, and more even than entmax over the classes that it keeps; with a = 2 the canonical
    normalizer of `spherical_score`. It is in proportion to the power 1 / a of
    `entmax(a z / (a - 1), alpha = 2 - 1 / a)`, and has its masks and kinks. The result is NaN if
    all logits are masked or one is +inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.normmax(jnp.array([1.0, 0.8, -1.0])).p).round(3))
    [0.571 0.429 0.   ]

    Args:
        logits: Logits z of one example, [n].
        alpha: Alpha, written a in the formulas, greater than 1.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If alpha is not a finite number greater than 1 (NaN if it is traced).

    Source: Blondel, Martins and Niculae, arXiv 1901.02324, section 4.4; the package entmax.
    """
    a = parameter("normmax", "alpha", alpha, logits.dtype, low=1, open=True)
    # A common offset changes nothing, but would be rounded by the factor.
    z = scaled_below_top(nan_unless_top_is_finite(logits), a / (a - 1))
    of_entmax = 1.5 if is_known_to_be(2, alpha) else 2 - 1 / a
    kept = entmax(z, alpha=of_entmax)
    # The logarithm of 0 is not to meet a tangent of alpha that is 0.
    is_outside = jnp.isneginf(kept.log_p)
    root = jnp.where(is_outside, 0, kept.log_p) / a
    return normalize(jnp.where(is_outside, -jnp.inf, root))
