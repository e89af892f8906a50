"""Losses of the label's rank, stated for a label as those of logit_gradients.py are."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import first_largest
from ..base.classes import Classes
from ..base.top import MOST_MAXIMA
from ..base.types import Mask, Vector
from ..normalizers.apart import at_label, label_apart, mask_of, nan_unless_valid
from ..normalizers.exponential_weights import exponentials_above
from .logit_gradients import ValueAndGradient, cross_entropy_apart, unless_nan
from .top_k import guesses


def top_k_entropy(
    logits: Vector, label: Array, classes: Classes, *, k: int = 2
) -> ValueAndGradient:
    """`log(1 + sum_j e^{z_j - z_y})` over all rivals but the k - 1 largest."""
    count = guesses("top_k_entropy", k, logits) - 1
    is_label = mask_of(label, logits, classes)
    kept = logits
    if count:
        ranks = _ranks(jnp.where(is_label, -jnp.inf, logits), count)
        is_left_out = (ranks.before | ranks.last) & ~is_label
        kept = jnp.where(is_left_out, -jnp.inf, logits)
    apart = label_apart(exponentials_above(classes.maximum(kept)), kept, label, classes)
    value, gradient = cross_entropy_apart(apart)
    # Also of an infinite logit that is left out.
    nan = jnp.where(classes.maximum(logits) < jnp.inf, 0, jnp.nan)
    return value + nan, gradient + nan


def top_k_hinge(
    logits: Vector, label: Array, classes: Classes, *, k: int = 2
) -> ValueAndGradient:
    """`max(0, (1/k) sum of the k largest of z_j - z_y + [j != y])`."""
    count = guesses("top_k_hinge", k, logits)
    is_label = mask_of(label, logits, classes)
    of_label = at_label(logits, label, is_label, classes)
    of_label = nan_unless_valid(label, classes, of_label)
    top = classes.maximum(logits)
    number = min(count, classes.count - 1)
    if not number:
        nothing = (of_label - of_label) + (top - top)
        return nothing, jnp.zeros_like(logits) + nothing
    ranks = _ranks(jnp.where(is_label, -jnp.inf, logits), number)
    gaps = jnp.where(
        jnp.isneginf(ranks.values), -jnp.inf, (ranks.values - of_label) + 1
    )
    # The label's own gap of 0 is before that of the k-th rival, unless this is above.
    last_counts = jnp.array(True) if number < count else gaps[-1] > 0
    total = jnp.sum(gaps[:-1]) + jnp.where(last_counts, gaps[-1], 0)
    total = total + (top - top)
    is_violated = ~(total <= 0)
    taken = (ranks.before | (ranks.last & last_counts)) & ~is_label
    taken_count = (number - 1) + last_counts.astype(logits.dtype)
    moved = jnp.where(is_label, -taken_count, taken.astype(logits.dtype)) / count
    gradient = jnp.where(is_violated, moved, 0)
    value = jnp.where(is_violated, total / count, 0)
    return value, unless_nan(value, gradient)


class _Ranks(NamedTuple):
    """The largest of some numbers.

    Attributes:
        values: The numbers, from the largest down.
        before: Mask of the places of all of them but the last.
        last: Mask of the place of the last.
    """

    values: Array
    before: Mask
    last: Mask


def _ranks(x: Vector, count: int) -> _Ranks:
    """The first of the places where the numbers are the largest."""
    before = jnp.zeros(x.shape, bool)
    if count > MOST_MAXIMA:
        values, places = jax.lax.top_k(x, count)
        return _Ranks(
            values,
            before.at[places[:-1]].set(True),
            before.at[places[-1]].set(True),
        )
    found = []
    last = before
    for _ in range(count):
        before = before | last
        found.append(jnp.max(x))
        last = first_largest(x)
        x = jnp.where(last, -jnp.inf, x)
    return _Ranks(jnp.stack(found), before, last)
