"""Cross-entropy of the softmax with a penalty of the logits."""

import jax.numpy as jnp

from ..base.argmax import maximum
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.special import nan_unless
from ..base.top import nan_unless_top_is_finite
from ..base.types import Parameter, Scalar, Vector
from .softmax_loss import softmax_cross_entropy


@on_logits
def max_sup(logits: Vector, target: Vector, *, weight: Parameter = 0.1) -> Scalar:
    """Cross-entropy plus `weight (max_k z_k - mean_k z_k)`, which pulls the largest logit down, the
    label's or a wrong one.

    Label smoothing has the label's logit in the place of the largest. Logits that tie for the
    largest share its derivative equally.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("max_sup(weight=1)")
    >>> round(float(loss(jnp.array([50.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    25.0

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        weight: Weight of the penalty, at least 0.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If the weight is negative or not finite (NaN if it is traced).

    Source: Zhou et al., MaxSup, arXiv 2502.15798; their code.
    """
    scale = parameter("max_sup", "weight", weight, logits.dtype, low=0)
    z = nan_unless_top_is_finite(logits)
    # Differences before the mean: a sum of logits with a large offset would be rounded by more.
    return softmax_cross_entropy(z, target) + scale * jnp.mean(maximum(z) - z)


@on_logits
def margin_label_smoothing(
    logits: Vector,
    target: Vector,
    *,
    margin: Parameter = 10.0,
    weight: Parameter = 0.1,
) -> Scalar:
    """Cross-entropy plus `weight mean_k max(0, max_j z_j - z_k - margin)`: gaps between logits may
    grow to the margin without a penalty.

    At each kink, where a gap is the margin, the derivative is 0. Logits that tie for the largest
    share its derivative equally.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("margin_label_smoothing(margin=5, weight=1)")
    >>> round(float(loss(jnp.array([25.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    10.0

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        margin: Gap without a penalty, at least 0.
        weight: Weight of the penalty, at least 0.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Liu et al., The devil is in the margin, CVPR 2022; their code.
    """
    name, dtype = "margin_label_smoothing", logits.dtype
    allowed = parameter(name, "margin", margin, dtype, low=0)
    scale = parameter(name, "weight", weight, dtype, low=0)
    # A comparison with NaN, a parameter out of range, would hide it.
    is_allowed = jnp.isfinite(jnp.max(logits)) & ~jnp.isnan(allowed + scale)
    z = nan_unless(is_allowed, logits)
    excess = (maximum(z) - z) - allowed
    # `jnp.maximum` would have the derivative 1/2 at the kink.
    penalty = jnp.mean(jnp.where(excess <= 0, 0, excess))
    return softmax_cross_entropy(z, target) + scale * penalty


@on_logits
def squentropy(logits: Vector, target: Vector) -> Scalar:
    """Cross-entropy plus `sum_k (1 - t_k) z_k^2 / (n - 1)`, the mean square of the other logits.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("squentropy")
    >>> round(float(loss(jnp.array([50.0, 2.0, 4.0]), jnp.array([1.0, 0.0, 0.0]))), 3)
    10.0

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, from 0 up.

    Source: Hui, Belkin and Wright, Cut your losses with squentropy, arXiv 2302.03952.
    """
    # The label's own square may be infinite, and has no part in it.
    others = jnp.where(target == 1, 0, logits)
    squares = jnp.sum((1 - target) * others**2) / max(logits.size - 1, 1)
    return softmax_cross_entropy(logits, target) + squares
