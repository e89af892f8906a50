"""Checks of the arguments of batches: logits with any leading axes, and labels or targets."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..base.out_of_range import LabelRangeError
from ..base.target_kinds import remedy_for
from .counted import known_or_traced
from .objective import Objective


def checked_labels(logits: Array, labels: ArrayLike) -> Array:
    """Labels of logits [..., n] as an array of integers, [...].

    Raises:
        TypeError: If the logits are not floating point or the labels not integers.
        ValueError: If the shapes do not match, or without a class.
        IndexError: If a label is out of range, unless it is traced.
    """
    y = known_or_traced("labels", labels)
    check_logits(logits)
    check_labels(logits, y)
    return in_range(logits, y, np.ones(y.shape, bool))


def checked_targets(loss: Objective, logits: Array, targets: ArrayLike) -> Array:
    """Targets of logits [..., n] as an array [..., n] of the logits' dtype.

    Those that are traced and not from 0 to 1 are found later, by `loss_at_target`.

    Raises:
        TypeError: If they are labels, or not real.
        ValueError: If the shapes do not match, or a known number is not from 0 to 1.
    """
    t = known_or_traced("targets", targets)
    n = logits.shape[-1]
    argument = f"`targets` of {loss.name!r}"
    if t.shape != logits.shape:
        is_label = t.shape == logits.shape[:-1]
        if is_label and jnp.issubdtype(t.dtype, jnp.integer):
            raise TypeError(
                f"{argument} must be {loss.targets.allowed}, of shape {logits.shape}, got "
                f"integer labels of shape {t.shape}; `jax.nn.one_hot(labels, {n})` makes one of "
                "the other, and 'softmax + cross_entropy' is a loss of labels."
            )
        raise ValueError(
            f"{argument} must have the logits' shape {logits.shape}, got {t.shape}."
        )
    if jnp.issubdtype(t.dtype, jnp.complexfloating):
        raise TypeError(f"{argument} must be real, got {t.dtype}.")
    if isinstance(t, np.ndarray) and not loss.targets.is_valid(t):
        wrong = t[~((t >= 0) & (t <= 1))]
        raise ValueError(
            f"{argument} must be {loss.targets.allowed}, got {wrong.flat[0]}."
            f"{remedy_for(loss.targets, t)}"
        )
    return jnp.asarray(t, logits.dtype)


def in_range(logits: Array, labels: Any, mask: Any) -> Array:
    """The labels of the examples that count, and 0 for all others."""
    if isinstance(labels, np.ndarray) and isinstance(mask, np.ndarray):
        _check_range(logits.shape[-1], labels[mask])
    is_every = isinstance(mask, np.ndarray) and mask.all()
    array = jnp.asarray(labels if is_every else jnp.where(mask, labels, 0))
    # Eight or sixteen bits cannot count many classes.
    return array.astype(jnp.int32) if array.dtype.itemsize < 4 else array


def check_logits(logits: Array) -> None:
    """Raise an error unless logits are floating point and of shape [..., n]."""
    if not jnp.issubdtype(logits.dtype, jnp.floating):
        raise TypeError(
            f"`logits` must be floating point, got {logits.dtype}; "
            "convert with `.astype(float)`."
        )
    if logits.ndim == 0 or logits.shape[-1] < 1:
        raise ValueError(
            "`logits` must have shape [..., n] with n >= 1 classes, "
            f"got {logits.shape}."
        )


def check_labels(logits: Array, labels: Any) -> None:
    """Raise an error unless labels are integers, one for each row of logits."""
    if not jnp.issubdtype(labels.dtype, jnp.integer):
        hint = ""
        if labels.shape == logits.shape:
            hint = (
                f" of the logits' shape {logits.shape}: `jax.vmap` of `ls.objective` takes "
                "distributions, and a multi-label loss, such as 'sigmoid_cross_entropy', takes "
                "answers for each class"
            )
        raise TypeError(f"`labels` must be integers, got {labels.dtype}{hint}.")
    if labels.shape != logits.shape[:-1]:
        raise ValueError(
            f"`labels` must have shape {logits.shape[:-1]}, "
            f"one for each row of logits, got {labels.shape}."
        )


def _check_range(num_classes: int, labels: Any) -> None:
    out_of_range = labels[(labels < 0) | (labels >= num_classes)]
    if out_of_range.size:
        raise LabelRangeError(
            f"`labels` must lie between 0 and {num_classes - 1}, "
            f"got {out_of_range.flat[0]}."
        )
