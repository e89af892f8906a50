"""When an example is stuck: one definition for training, for `ls.probe` and for audits.

An example is stuck if it is wrong and its gradient is nearly 0 beside the one that cross-entropy
would have at the same logits. That one is a number between 1/2 and sqrt 2 wherever a label is not
predicted, whatever the scale of the logits and the number of classes.
"""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.half_precision import widened
from ..base.target_kinds import LABELS, TargetKind
from ..base.types import Scalar, Vector

STUCK = 1e-3
"""Share of cross-entropy's gradient norm below which a wrong example is stuck."""


def norm_of_cross_entropy(logits: Vector, label: Array) -> Scalar:
    """Norm of `softmax(z) - e_y`, the gradient of softmax with cross-entropy, of one example.

    It is a float32 for half precision, and otherwise of the logits' dtype.

    Args:
        logits: Logits z, [n]; a masked class is -inf.
        label: Label y.
    """
    z = widened(logits)
    weights = jnp.exp(z - jax.lax.stop_gradient(jnp.max(z)))
    is_label = jnp.arange(z.size, dtype=label.dtype) == label
    rivals = jnp.where(is_label, 0, weights / jnp.sum(weights))
    # Not 1 - p of the label, which would lose the digits of a norm near 0.
    missing = jnp.sum(rivals)
    norm: Array = jnp.sqrt(jnp.sum(rivals * rivals) + missing * missing)
    return norm


def norm_of_reference(kind: TargetKind, logits: Vector, target: Vector) -> Scalar:
    """Norm of the gradient of cross-entropy with a target vector, of one example.

    It is `softmax(z) - t` for a distribution, `sigmoid(z) - t` where every class has an answer of
    its own, and `softmax(z) - t / sum(t)` where the target marks positives.

    Args:
        kind: Kind of the target.
        logits: Logits z, [n].
        target: Target t, [n].
    """
    z, t = widened(logits), widened(target)
    if kind is LABELS:
        gap = jax.nn.sigmoid(z) - t
    else:
        total = jnp.sum(t)
        gap = jax.nn.softmax(z) - t / jnp.where(total > 0, total, 1)
    norm: Array = jnp.linalg.norm(gap)
    return norm


def is_stuck(
    is_right: Array, norm: Array, reference: Array, threshold: float = STUCK
) -> Array:
    """Whether examples are stuck: wrong, and with a gradient below this share of the reference's.

    Args:
        is_right: Whether the label is predicted, [...].
        norm: Norm of the gradient, [...].
        reference: Norm of cross-entropy's gradient, [...].
        threshold: Share of the reference.
    """
    return ~is_right & (norm < threshold * reference.astype(norm.dtype))
