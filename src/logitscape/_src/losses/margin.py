"""Losses of the margin between the label's logit and the others."""

import jax.numpy as jnp

from ..base.argmax import maximum
from ..base.formula import on_logits
from ..base.special import nan_unless
from ..base.top import nan_unless_top_is_finite
from ..base.types import Scalar, Vector
from .hinges import hinge, of_label, one_if_one_hot


@on_logits
def perceptron(logits: Vector, target: Vector) -> Scalar:
    """`max_k z_k - <z, t>`, from 0 up.

    Logits that tie for the largest share its derivative equally. The result is NaN if all logits
    are -inf or one is +inf.

    >>> import jax, jax.numpy as jnp, numpy as np, logitscape as ls
    >>> gradient = jax.grad(ls.objective("perceptron"))
    >>> logits, target = jnp.array([2.0, 2.0, 0.0]), jnp.array([0.0, 0.0, 1.0])
    >>> print(np.asarray(gradient(logits, target)).round(3))
    [ 0.5  0.5 -1. ]

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].

    Returns:
        Loss, from 0 up.

    Source: Rosenblatt 1958.
    """
    z = nan_unless_top_is_finite(logits)
    # Differences before weights: a sum of logits with a large common offset would be
    # rounded by more than their gaps.
    below_top = maximum(z) - jnp.where(target == 0, 0, z)
    return jnp.sum(target * below_top)


@on_logits
def crammer_singer(logits: Vector, target: Vector) -> Scalar:
    """`max(0, 1 + max_{k != y} z_k - z_y)`, the multiclass hinge loss.

    At the kink, where the label leads by exactly 1, the derivative is 0; rivals that tie share
    theirs equally. The result is NaN if a logit is +inf.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("crammer_singer")
    >>> round(float(loss(jnp.array([0.0, 2.0, 3.0]), jnp.array([1.0, 0.0, 0.0]))), 3)
    4.0

    Args:
        logits: Logits z of one example, [n].
        target: One-hot target of the label y, [n].

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If the target is not one-hot (NaN if it is traced).

    Source: Crammer and Singer 2001.
    """
    one = one_if_one_hot("crammer_singer", target)
    z = one * nan_unless(jnp.max(logits) < jnp.inf, logits)
    rival = maximum(jnp.where(target == 0, z, -jnp.inf))
    # The gap first: next to logits with a large common offset the 1 would be lost.
    return one * hinge(1 + (rival - of_label(z, target)))


@on_logits
def weston_watkins(logits: Vector, target: Vector) -> Scalar:
    """`sum_{k != y} max(0, 1 + z_k - z_y)`.

    At each kink the derivative is 0. The result is NaN if a logit is +inf.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("weston_watkins")
    >>> round(float(loss(jnp.array([0.0, 2.0, 3.0]), jnp.array([1.0, 0.0, 0.0]))), 3)
    7.0

    Args:
        logits: Logits z of one example, [n].
        target: One-hot target of the label y, [n].

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If the target is not one-hot (NaN if it is traced).

    Source: Weston and Watkins 1999.
    """
    one = one_if_one_hot("weston_watkins", target)
    z = one * nan_unless(jnp.max(logits) < jnp.inf, logits)
    violations = 1 + (z - of_label(z, target))
    return one * jnp.sum(hinge(jnp.where(target == 0, violations, -jnp.inf)))
