"""Objectives and normalizers in the forms that training code has.

These are batches of logits with any leading axes, and integer labels.
"""

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
from ..normalizers.probs import Probs
from .at_label import loss_at_label
from .parts import Normalizer, normalizer_from
from .sources import Source
from .sources import objective as objective_from


def per_example(objective: Source) -> Callable[[ArrayLike, ArrayLike], Array]:
    """Make the function (logits, labels) -> losses, the form that training loops use.

    The loss of each example is L(z, e_y), with the one-hot vector e_y of its label y. The
    form is that of `optax.softmax_cross_entropy_with_integer_labels`.

    Args:
        objective: Spec, `Objective`, or function (logits [n], target [n]) -> scalar.

    Returns:
        Function of logits, [..., n] with n >= 1, and of integer labels, [...], from 0 to
        n - 1. It returns the losses, [...]. A label out of range raises an IndexError, or
        gives NaN inside traced code.

    Raises:
        ValueError: As `ls.objective` does; the function itself if shapes do not match.
        TypeError: As `ls.objective` does; the function itself if the logits are not
            floating point or the labels not integers.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> loss = ls.per_example("softmax + brier")
        >>> loss(jnp.array([[0.0, 0.0], [50.0, 0.0]]), jnp.array([0, 1])).tolist()
        [0.5, 2.0]
    """
    loss = objective_from(objective)

    def losses(logits: ArrayLike, labels: ArrayLike) -> Array:
        z = numbers("per_example(...)", "logits, ...", logits)
        y = checked_labels(z, labels)
        run = partial(loss_at_label, loss)
        for _ in range(y.ndim):
            run = jax.vmap(run)
        return run(z, y)

    return losses


def drop_in(normalizer: str | Normalizer, *, log: bool = False) -> Callable[..., Array]:
    """Make a normalizer that can replace `jax.nn.softmax`: `(logits, axis=-1) -> p`.

    Args:
        normalizer: Spec, or function logits [n] -> Probs.
        log: Whether to return the logarithms, as `jax.nn.log_softmax` does.

    Returns:
        Function of logits, [...], and of the axis of the classes. It returns the
        probabilities, or their logarithms, in the shape of the logits. Outside of the
        normalizer's domain they are NaN.

    Raises:
        ValueError: If the spec is unknown or malformed; the function itself for an axis
            that the logits do not have.
        TypeError: If it is neither a spec nor a function of one argument.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> ls.drop_in("sum")(jnp.array([[1.0, 3.0], [1.0, 1.0]]), axis=0).tolist()
        [[0.5, 0.75], [0.5, 0.25]]
    """
    function = normalizer_from(normalizer)

    def probabilities(logits: ArrayLike, axis: int = -1) -> Array:
        z = numbers("drop_in(...)", "logits", logits)
        if not isinstance(axis, int | np.integer) or not -z.ndim <= axis < z.ndim:
            raise ValueError(
                f"`axis` must be one of the {z.ndim} axes of the logits, got {axis!r}."
            )
        run: Callable[[Array], Probs] = partial(rounded_once, function, z.dtype)
        for _ in range(z.ndim - 1):
            run = jax.vmap(run)
        probs = run(jnp.moveaxis(z, axis, -1))
        return jnp.moveaxis(probs.log_p if log else probs.p, -1, axis)

    return probabilities


def checked_labels(logits: Array, labels: ArrayLike) -> Array:
    """Labels of logits [..., n] as an array of integers, [...].

    Raises:
        TypeError: If the logits are not floating point or the labels not integers.
        ValueError: If the shapes do not match, or without a class.
        IndexError: If a label is out of range, unless it is traced.
    """
    is_traced = isinstance(labels, jax.core.Tracer)
    # In NumPy: inside `jax.jit` JAX would trace the test even of known labels.
    y: Any = labels if is_traced else np.asarray(labels)
    _check_shapes(logits, y)
    if not is_traced:
        _check_range(logits.shape[-1], y)
    array = jnp.asarray(y)
    # Eight or sixteen bits cannot count many classes.
    return array.astype(jnp.int32) if array.dtype.itemsize < 4 else array


def _check_shapes(logits: Array, labels: Any) -> None:
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
    if not jnp.issubdtype(labels.dtype, jnp.integer):
        raise TypeError(f"`labels` must be integers, got {labels.dtype}.")
    if labels.shape != logits.shape[:-1]:
        raise ValueError(
            f"`labels` must have shape {logits.shape[:-1]}, "
            f"one for each row of logits, got {labels.shape}."
        )


def _check_range(num_classes: int, labels: Any) -> None:
    out_of_range = labels[(labels < 0) | (labels >= num_classes)]
    if out_of_range.size:
        raise IndexError(
            f"`labels` must lie between 0 and {num_classes - 1}, "
            f"got {out_of_range.flat[0]}."
        )
