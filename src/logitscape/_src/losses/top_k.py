"""Losses of the label's rank: right if it is among the k largest logits."""

import jax
import jax.numpy as jnp

from ..base.formula import on_logits
from ..base.special import nan_unless
from ..base.top import nan_unless_top_is_finite
from ..base.types import Mask, Scalar, Vector
from ..base.whole_numbers import whole_number
from .hinges import hinge, of_label, one_if_one_hot
from .softmax_loss import softmax_cross_entropy


@on_logits
def top_k_entropy(logits: Vector, target: Vector, *, k: int = 2) -> Scalar:
    """`log(1 + sum_j e^{z_j - z_y})` over all rivals j but the k - 1 largest; k = 1 is
    cross-entropy, and k = n is 0.

    Of rivals that tie, those with the smaller numbers are left out first. The result is NaN if a
    logit is +inf.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("top_k_entropy(k=2)")
    >>> round(float(loss(jnp.array([0.0, 9.0, 0.0]), jnp.array([1.0, 0.0, 0.0]))), 3)
    0.693

    Args:
        logits: Logits z of one example, [n].
        target: One-hot target of the label y, [n].
        k: Number of guesses, a whole number from 1 to the number of classes.

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If k is not such a number, or the target is not one-hot (NaN if it is traced).

    Source: Lapin, Hein and Schiele, arXiv 1512.00486, section 2.4 (truncated top-k entropy).
    """
    one = one_if_one_hot("top_k_entropy", target)
    count = guesses("top_k_entropy", k, logits)
    z = one * nan_unless(jnp.max(logits) < jnp.inf, logits)
    is_left_out = _largest(jnp.where(target == 0, z, -jnp.inf), count - 1)
    kept = jnp.where(is_left_out & (target == 0), -jnp.inf, z)
    return one * softmax_cross_entropy(kept, target)


@on_logits
def top_k_hinge(logits: Vector, target: Vector, *, k: int = 2) -> Scalar:
    """`max(0, (1/k) sum of the k largest of z_j - z_y + [j != y])`; k = 1 is `crammer_singer`.

    At the kink the derivative is 0. Of classes that tie, those with the smaller numbers are taken
    first. The result is NaN if all
    logits are -inf or one is +inf.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("top_k_hinge(k=2)")
    >>> round(float(loss(jnp.array([0.0, 2.0, 3.0]), jnp.array([1.0, 0.0, 0.0]))), 3)
    3.5

    Args:
        logits: Logits z of one example, [n].
        target: One-hot target of the label y, [n].
        k: Number of guesses, a whole number from 1 to the number of classes.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If k is not such a number, or the target is not one-hot (NaN if it is traced).

    Source: Lapin, Hein and Schiele, Top-k multiclass SVM, arXiv 1511.06683
    (top-k hinge loss).
    """
    one = one_if_one_hot("top_k_hinge", target)
    count = guesses("top_k_hinge", k, logits)
    z = one * nan_unless_top_is_finite(logits)
    # The gap first: next to logits with a large common offset the 1 would be lost.
    gaps = (z - of_label(z, target)) + (1 - target)
    # Differences of masked classes are no numbers; the label's own is 0.
    gaps = jnp.where(jnp.isneginf(z), -jnp.inf, gaps)
    gaps = jnp.where(target == 1, 0 * one, gaps)
    largest = _largest_gaps(gaps, z, count)
    return one * hinge(jnp.sum(jnp.where(largest, gaps, 0)) / count)


def guesses(function_name: str, k: int, logits: Vector) -> int:
    """The number of guesses, if there are as many classes."""
    return whole_number(function_name, "k", k, low=1, high=logits.size)


def _largest(x: Vector, count: int) -> Mask:
    """Mask of the first of the classes whose values are the largest."""
    if not count:
        return jnp.zeros(x.shape, bool)
    # Zeros of both signs tie, of which `top_k` takes the positive ones first.
    x = jnp.where(x == 0, 0, jax.lax.stop_gradient(x))
    _, places = jax.lax.top_k(x, count)
    return jnp.zeros(x.shape, bool).at[places].set(True)


def _largest_gaps(gaps: Vector, z: Vector, count: int) -> Mask:
    """Mask of the classes with the largest gaps; logits decide between gaps rounded alike."""
    keys = (-jax.lax.stop_gradient(gaps), -jax.lax.stop_gradient(z))
    *_, order = jax.lax.sort((*keys, jnp.arange(z.size)), num_keys=2)
    return jnp.zeros(z.shape, bool).at[order[:count]].set(True)
