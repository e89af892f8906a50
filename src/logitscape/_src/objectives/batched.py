"""Objectives and normalizers in the forms that training code has: batches of logits, integer labels, an axis."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..base.arguments import numbers
from ..base.formula import rounded_once
from ..base.special import zero_if
from ..normalizers.simplex import Probs
from .objective import Normalizer, Objective, normalizer_from
from .objective import objective as objective_from


def per_example(
    objective: str | Objective | Callable[..., Any],
) -> Callable[[ArrayLike, ArrayLike], Array]:
    """The form that optax and training loops use: (logits [..., n], integer labels [...]) -> losses [...].

    A label out of range raises IndexError, or gives NaN inside traced code.
    """
    of_one = objective_from(objective)

    def losses(logits: ArrayLike, labels: ArrayLike) -> Array:
        z = numbers("per_example(...)", "logits, ...", logits)
        y = checked_labels(z, labels)
        n = z.shape[-1]
        valid = (y >= 0) & (y < n)
        # No product with the target: XLA turns one with a one-hot vector into a choice, and 0 * NaN into 0.
        target = jax.nn.one_hot(y, n, dtype=z.dtype)
        target += zero_if(valid[..., None], target)
        run = partial(rounded_once, of_one.function, z.dtype)
        for _ in range(y.ndim):
            run = jax.vmap(run)
        values: Array = run(z, target)
        return values + zero_if(valid, values)

    return losses


def drop_in(normalizer: str | Normalizer, *, log: bool = False) -> Callable[..., Array]:
    """A normalizer in the form of `jax.nn.softmax`: `(logits [...], axis=-1) -> probabilities`, of the logits' shape.

    Args:
        normalizer: a spec or a function logits [n] -> Probs.
        log: the logarithms instead, as `jax.nn.log_softmax` gives them.
    """
    of_one = normalizer_from(normalizer)

    def probabilities(logits: ArrayLike, axis: int = -1) -> Array:
        z = numbers("drop_in(...)", "logits", logits)
        if not isinstance(axis, int | np.integer) or not -z.ndim <= axis < z.ndim:
            raise ValueError(
                f"`axis` must be one of the {z.ndim} axes of the logits, got {axis!r}."
            )

        run: Callable[[Array], Probs] = partial(rounded_once, of_one, z.dtype)
        for _ in range(z.ndim - 1):
            run = jax.vmap(run)
        probs = run(jnp.moveaxis(z, axis, -1))
        return jnp.moveaxis(probs.log_p if log else probs.p, -1, axis)

    return probabilities


def checked_labels(logits: Array, labels: ArrayLike) -> Array:
    """Integer labels, one for each row of logits; a label out of range is refused unless it is traced."""
    known = not isinstance(labels, jax.core.Tracer)
    y: Any = np.asarray(labels) if known else labels
    if not jnp.issubdtype(logits.dtype, jnp.floating):
        raise TypeError(
            f"`logits` must be floating point, got {logits.dtype}; convert with `.astype(float)`."
        )
    if logits.ndim == 0 or logits.shape[-1] < 2:
        raise ValueError(
            f"`logits` must have shape [..., n] with n >= 2 classes, got {logits.shape}."
        )
    if not jnp.issubdtype(y.dtype, jnp.integer):
        raise TypeError(f"`labels` must be integers, got {y.dtype}.")
    if y.shape != logits.shape[:-1]:
        raise ValueError(
            f"`labels` must have shape {logits.shape[:-1]}, one for each row of logits, got {y.shape}."
        )
    wrong = [*y[(y < 0) | (y >= logits.shape[-1])].flat] if known else []
    if wrong:
        raise IndexError(
            f"`labels` must lie between 0 and {logits.shape[-1] - 1}, got {wrong[0]}."
        )
    kept = jnp.asarray(y)
    return (
        kept.astype(jnp.int32) if kept.dtype.itemsize < 4 else kept
    )  # eight bits cannot count many classes
