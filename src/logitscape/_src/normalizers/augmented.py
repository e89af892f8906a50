"""Softmax with an amount added to its largest probability."""

import jax.numpy as jnp

from ..base.argmax import every_largest
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.types import Parameter, Vector
from .normalize import normalize
from .probs import Probs


@on_logits
def eps_softmax(logits: Vector, *, amount: Parameter = 1000.0) -> Probs:
    """`(p_k + m [z_k = max z]) / (1 + m)` of the softmax p (epsilon-softmax).

    Nearly one-hot for a large m, and so robust to wrong labels. The largest class changes with a
    jump; classes that tie for the largest share m equally. -inf is a mask. The result is NaN if all
    logits are masked or one is +inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.eps_softmax(jnp.array([1.0, 2.0]), amount=1).p).round(3))
    [0.134 0.866]

    Args:
        logits: Logits z of one example, [n].
        amount: What is added to the largest, m, at least 0. The authors take 100 to 100,000.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the amount is negative or not finite (NaN if it is traced).

    Source: Wang et al., Epsilon-Softmax: Approximating One-Hot Vectors for Mitigating Label Noise,
    NeurIPS 2024, arXiv 2508.02387. Its losses clip p at a small number, which is left out here.
    """
    m = parameter("eps_softmax", "amount", amount, logits.dtype, low=0)
    soft = normalize(logits)
    is_largest = every_largest(logits)
    ties = jnp.sum(is_largest).astype(logits.dtype)
    p = (soft.p + jnp.where(is_largest, m / ties, 0)) / (1 + m)
    # That of a single largest class by its complement, `1 - p` of the softmax over `1 + m`.
    is_near_one = is_largest & (p > 0.5) & (ties == 1)
    near_one = jnp.log1p(-jnp.where(is_near_one, soft.complement, 0) / (1 + m))
    raised = jnp.where(is_near_one, near_one, jnp.log(jnp.where(is_largest, p, 1)))
    return Probs(p, jnp.where(is_largest, raised, soft.log_p - jnp.log1p(m)))
