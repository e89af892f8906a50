"""The Lovasz hinge, a convex surrogate of one minus intersection over union."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_labels
from ..base.special import dot
from ..base.types import Scalar, Vector
from .hinges import hinge, one_if_binary


@on_labels
def lovasz_hinge(logits: Vector, target: Vector) -> Scalar:
    """`sum_i g_i max(0, m_i)` over the errors `m_k = 1 - y_k z_k` from the largest down, with
    y_k = 1 for yes and -1 for no, where g_i is by how much the i-th error raises the Jaccard loss.

    Errors that tie are taken in the order of their classes, which decides about the derivative
    there, but not about the value. At m = 0 the derivative is 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("lovasz_hinge")
    >>> float(loss(jnp.array([-1.0, 0.0, -3.0]), jnp.array([1.0, 0.0, 0.0])))
    2.0

    Args:
        logits: Logits z of one example, [n].
        target: Answers, 0 or 1 for each class, [n].

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If an answer is neither 0 nor 1 (NaN if it is traced).

    Source: Berman et al., The Lovasz-Softmax loss, arXiv 1705.08790, section 3.1; code at
    github.com/bermanmaxim/LovaszSoftmax.
    """
    one = one_if_binary("lovasz_hinge", target)
    errors = 1 - (2 * target - 1) * (one * logits)
    known = jax.lax.stop_gradient(errors)
    # NaN comes first, as the last ones may count for nothing.
    order = jnp.argsort(jnp.where(jnp.isnan(known), -jnp.inf, -known), stable=True)
    largest_first = errors[order]
    return one * dot(_rises_of_jaccard(target[order]), hinge(largest_first))


def _rises_of_jaccard(target: Vector) -> Array:
    """By how much each class raises the Jaccard loss if it is wrong too, as those before it are."""
    found = jnp.sum(target) - jnp.cumsum(target)
    union = jnp.sum(target) + jnp.cumsum(1 - target)
    before = union - (1 - target)
    # Not as differences of the losses, which would cancel. A first error among no positives
    # raises the loss from 0 to 1.
    of_no = jnp.where(before == 0, 1, found / jnp.where(before == 0, 1, before)) / union
    return jax.lax.stop_gradient(
        jnp.where(target == 1, 1, 0) / union + (1 - target) * of_no
    )
