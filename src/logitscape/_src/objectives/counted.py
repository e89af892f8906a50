"""Which examples of a batch count, and how much: ignored labels, masks and weights."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.conversion import array_of, reals_of
from ..base.messages import quoted
from ..base.special import zero_if
from ..base.whole_numbers import is_whole


class Counted(NamedTuple):
    """Which examples count, and how much.

    Attributes:
        mask: Mask of the examples that count, [...], in NumPy if it is known.
        weights: Weights of the losses, [...]; None for 1.
    """

    mask: Any
    weights: Array | None

    def weighed(self, losses: Array) -> Array:
        """The losses [...] with their weights: 0 where an example does not count."""
        kept = jnp.where(self.mask, losses, 0)
        return kept if self.weights is None else kept * self.weights.astype(kept.dtype)


def check_ignored_label(caller: str, ignored_label: Any) -> None:
    """Raise a ValueError unless the label is None or a whole number."""
    if ignored_label is not None and not is_whole(ignored_label):
        raise ValueError(
            f"`{caller}(ignored_label=...)` must be a whole number such as -100, "
            f"got {quoted(ignored_label)}."
        )


def checked_class_weights(caller: str, class_weights: Any) -> Any:
    """Weights of the classes as an array [n], in NumPy if they are known; None for none.

    Raises:
        ValueError: If they are no vector of finite numbers that are at least 0.
    """
    if class_weights is None:
        return None
    weights = _numbers(f"`{caller}(class_weights=...)`", class_weights)
    if weights.ndim != 1:
        raise ValueError(
            f"`{caller}(class_weights=...)` must be one number for each class, [n], "
            f"got shape {weights.shape}."
        )
    return weights


def counted(
    labels: Any,
    shape: tuple[int, ...],
    rows: str,
    *,
    ignored_label: int | None = None,
    mask: Any = None,
    example_weights: Any = None,
) -> Counted:
    """Which examples count, and their own weights. An example of weight 0 does not count.

    Args:
        labels: Integer labels, [...], in NumPy if they are known; unused without `ignored_label`.
        shape: Shape of the losses.
        rows: What has one row for each loss, such as "logits", for the messages.
        ignored_label: Label of examples that do not count.
        mask: Boolean mask of the examples that count, [...].
        example_weights: Weights of the examples, [...], at least 0.

    Raises:
        TypeError: If the mask is not boolean.
        ValueError: If a shape does not fit, or a weight is negative or not finite.
    """
    keep: Any = np.ones(shape, bool)
    if ignored_label is not None:
        keep = labels != ignored_label
    if mask is not None:
        given = known_or_traced("mask", mask)
        if given.dtype != jnp.bool_:
            raise TypeError(f"`mask` must be boolean, got {given.dtype}.")
        _check_shape("mask", given, shape, rows)
        keep = keep & given
    if example_weights is None:
        return Counted(keep, None)
    weights = _numbers("`example_weights`", example_weights)
    _check_shape("example_weights", weights, shape, rows)
    return Counted(keep & (weights != 0), jnp.asarray(weights))


def with_class_weights(
    caller: str, each: Counted, class_weights: Any, num_classes: int, labels: Array
) -> Counted:
    """The weights of the examples times those of their labels' classes."""
    if class_weights.shape != (num_classes,):
        raise ValueError(
            f"`{caller}(class_weights=...)` must be one number for each of the "
            f"{num_classes} classes, got {class_weights.shape[0]}."
        )
    # Labels that are traced may be out of range; their losses are NaN already.
    of_label = jnp.asarray(class_weights)[jnp.clip(labels, 0, num_classes - 1)]
    weights = of_label
    if each.weights is not None:
        weights = of_label.astype(each.weights.dtype) * each.weights
    return Counted(each.mask & (of_label != 0), weights)


def known_or_traced(name: str, values: Any) -> Any:
    """Labels, targets or a mask, as an array of NumPy unless they are traced."""
    # In NumPy: inside `jax.jit` JAX would trace the test even of known labels.
    if isinstance(values, jax.core.Tracer):
        return values
    return array_of(f"`{name}`", values)


def _check_shape(name: str, given: Any, shape: tuple[int, ...], rows: str) -> None:
    if given.shape != shape:
        raise ValueError(
            f"`{name}` must have shape {shape}, one entry for each row of {rows}, "
            f"got {given.shape}."
        )


def _numbers(argument: str, value: Any) -> Any:
    """Finite numbers of at least 0; traced ones that are others become NaN."""
    if isinstance(value, jax.core.Tracer):
        is_floating = jnp.issubdtype(value.dtype, jnp.floating)
        floats = value if is_floating else value.astype(jnp.float32)
        return floats + zero_if((floats >= 0) & jnp.isfinite(floats), floats)
    known = reals_of(argument, value)
    wrong = known[~(np.isfinite(known) & (known >= 0))]
    if wrong.size:
        raise ValueError(
            f"{argument} must be finite and at least 0, got {wrong.flat[0]}."
        )
    return known
