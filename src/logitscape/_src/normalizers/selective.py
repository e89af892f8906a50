"""Normalizers that are the softmax of some of the classes, and give all others exactly nothing."""

import jax
import jax.numpy as jnp

from ..base.argmax import kth_largest
from ..base.formula import on_logits
from ..base.messages import quoted
from ..base.top import nan_unless_top_is_finite
from ..base.types import Mask, Vector
from ..base.whole_numbers import whole_number
from .normalize import normalize_gaps
from .probs import Probs


@on_logits
def top_k(logits: Vector, *, k: int = 2) -> Probs:
    """`p_k = e^{z_k} / sum_j e^{z_j}` over the k largest logits ("Sparse-softmax"); others get 0.

    Classes that tie with the k-th are kept too, so that equals stay equal. p jumps where the choice
    changes; its derivative is that of the softmax of those that are kept, and the derivative of
    log p = -inf is taken as 0. -inf is a mask. The result is NaN if all logits are masked or one is
    +inf. k = 1 is `argmax`.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.top_k(jnp.array([1.0, 2.0, 0.0]), k=2).p).round(3))
    [0.269 0.731 0.   ]

    Args:
        logits: Logits z of one example, [n].
        k: Number of classes that are kept, from 1 to n.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If k is no whole number from 1 up, or more than the number of classes.

    Source: Sun et al., Sparse-softmax: A Simpler and Faster Alternative Softmax Transformation,
    arXiv 2112.12433.
    """
    k = checked_count(k, logits.size)
    logits = nan_unless_top_is_finite(logits)
    return _softmax_without(logits, logits < kth_largest(logits, k))


def checked_count(k: int, num_classes: int) -> int:
    """The number of classes that are kept, if there are as many."""
    k = whole_number("top_k", "k", k, low=1)
    if k > num_classes:
        raise ValueError(
            f"`top_k(k=...)` must be at most the number of classes, {num_classes}, got {quoted(k)}."
        )
    return k


@on_logits
def ev_softmax(logits: Vector) -> Probs:
    """`p_k = e^{z_k} / sum_j e^{z_j}` over the logits not below their mean; all others get 0.

    p jumps where a logit crosses the mean; its derivative is that of the softmax of those that are
    kept, one at the mean among them, and the derivative of log p = -inf is taken as 0. -inf is a
    mask, and has no part in the mean. The result is NaN if all logits are masked or one is +inf.
    The authors train with 1e-6 in place of the weights of 0; here they are 0.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.ev_softmax(jnp.array([1.0, 2.0, -3.0])).p).round(3))
    [0.269 0.731 0.   ]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].

    Source: Chen et al., Evidential Softmax for Sparse Multimodal Distributions in Deep Generative
    Models, NeurIPS 2021, arXiv 2110.14182.
    """
    logits = nan_unless_top_is_finite(logits)
    z = jax.lax.stop_gradient(logits)
    is_mask = jnp.isneginf(z)
    # Relative to the largest, so that of equal logits none is below their mean.
    below_top = jnp.where(is_mask, 0, z - jnp.max(z))
    count = jnp.sum(~is_mask).astype(z.dtype)
    return _softmax_without(logits, count * below_top < jnp.sum(below_top))


def _softmax_without(logits: Vector, is_left_out: Mask) -> Probs:
    """The softmax of the other classes, the largest among them.

    Args:
        logits: Logits z, [n], all NaN unless the largest is finite.
        is_left_out: Mask of the classes that get nothing, [n]; none is where the logits are NaN.
    """
    top = jax.lax.stop_gradient(jnp.max(logits))
    others = jnp.where(is_left_out, -jnp.inf, logits)
    return normalize_gaps(others, others - top)
