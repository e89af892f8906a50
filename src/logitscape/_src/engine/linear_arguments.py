"""Checks of the arguments of a linear layer's loss."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from ..base.arguments import numbers
from ..base.half_precision import wide_dtype
from ..base.messages import quoted
from ..base.out_of_range import LabelRangeError
from ..objectives.counted import counted, known_or_traced, with_class_weights
from .sharded_classes import axes_of

CALL = "linear_loss(...)"


class LayerArguments(NamedTuple):
    """Arguments whose shapes and dtypes fit.

    Attributes:
        features: Features, [m, d], in the dtype of the weights.
        weights: Weights, [K, d].
        bias: Bias, [K], or None.
        labels: Labels, [m]; 0 for rows that are not counted.
        counted: Mask of the rows that have a loss, [m].
        example_weights: Weights of the rows, [m], or None.
        shape: Shape of the losses, with m entries.
    """

    features: Array
    weights: Array
    bias: Array | None
    labels: Array
    counted: Array
    example_weights: Array | None
    shape: tuple[int, ...]


def checked(
    features: Any,
    weights: Any,
    labels: Any,
    *,
    bias: Any,
    mask: Any,
    example_weights: Any,
    class_weights: Any,
    ignored_label: int | None,
    class_axis_name: str | None,
) -> LayerArguments:
    """The arguments as arrays with a single axis of rows.

    Raises:
        TypeError: If a dtype is wrong.
        ValueError: If a shape is wrong, or if there is no such axis of a mesh.
        IndexError: If a label is known and out of range.
    """
    x = _floating("features", "features, ...", features)
    w = _floating("weights", "..., weights", weights)
    num_classes = w.shape[0] if w.ndim else 0
    if class_axis_name is not None:
        num_classes *= _axis_size(class_axis_name)
    _check_layer(x, w, num_classes)
    shape = x.shape[:-1]
    b = _bias(bias, w)
    y = _labels(labels, shape)
    each = counted(
        y,
        shape,
        "features",
        ignored_label=ignored_label,
        mask=mask,
        example_weights=example_weights,
    )
    _check_range(y, each.mask, num_classes)
    y = jnp.where(each.mask, y, 0)
    if class_weights is not None:
        each = with_class_weights("linear_loss", each, class_weights, num_classes, y)
    dtype = jnp.promote_types(x.dtype, w.dtype)
    return LayerArguments(
        features=x.reshape(y.size, x.shape[-1]).astype(dtype),
        weights=w.astype(dtype),
        bias=None if b is None else b.astype(wide_dtype(dtype)),
        labels=y.reshape(-1),
        counted=each.mask.reshape(-1),
        example_weights=None if each.weights is None else each.weights.reshape(-1),
        shape=shape,
    )


def _floating(name: str, place: str, value: Any) -> Array:
    array = numbers(CALL, place, value)
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise TypeError(
            f"`{name}` must be floating point, got {array.dtype}; "
            "convert with `.astype(float)`."
        )
    return array


def _check_layer(features: Array, weights: Array, num_classes: int) -> None:
    if features.ndim == 0 or features.shape[-1] == 0:
        raise ValueError(
            f"`features` must have shape [..., d] with d >= 1, got {features.shape}."
        )
    if weights.ndim != 2 or weights.shape[1] != features.shape[-1]:
        raise ValueError(
            f"`weights` must have shape [K, {features.shape[-1]}] for features of "
            f"shape {features.shape}, got {weights.shape}."
        )
    if num_classes < 2:
        raise ValueError(
            f"`weights` must have shape [K, d] with K >= 2 classes, got {weights.shape}."
        )


def _bias(bias: Any, weights: Array) -> Array | None:
    if bias is None:
        return None
    array = _floating("bias", "bias=...", bias)
    if array.shape != weights.shape[:1]:
        raise ValueError(
            f"`bias` must have shape {weights.shape[:1]}, one entry for each row of the "
            f"weights, got {array.shape}."
        )
    return array


def _labels(labels: Any, shape: tuple[int, ...]) -> Any:
    """Labels as an array; in NumPy if they are known."""
    y = known_or_traced("labels", labels)
    if not jnp.issubdtype(y.dtype, jnp.integer):
        raise TypeError(f"`labels` must be integers, got {y.dtype}.")
    if y.shape != shape:
        raise ValueError(
            f"`labels` must have shape {shape}, one for each row of features, "
            f"got {y.shape}."
        )
    # Eight or sixteen bits cannot count many classes, and unsigned ones have no -1.
    return y if y.dtype in (jnp.int32, jnp.int64) else y.astype(jnp.int32)


def _check_range(y: Any, counted: Any, num_classes: int) -> None:
    if not isinstance(y, np.ndarray):
        return
    is_outside = (y < 0) | (y >= num_classes)
    # Whether a row is counted may not be known yet; then its label gives NaN.
    if isinstance(counted, np.ndarray) and (is_outside & counted).any():
        raise LabelRangeError(
            f"`labels` must lie between 0 and {num_classes - 1}, "
            f"got {y[is_outside & counted].flat[0]}."
        )


def _axis_size(name: str) -> int:
    argument = "`linear_loss(class_axis_name=...)`"
    try:
        index = lax.axis_index(name)
    # What is no text may have no hash, by which JAX looks axes up.
    except (NameError, TypeError) as error:
        raise ValueError(
            f"{argument} must be an axis of the mesh of `jax.shard_map`, inside of which "
            f"the loss is called; got {quoted(name)}."
        ) from error
    if name not in axes_of(index):
        raise ValueError(
            f"{argument} needs `jax.shard_map(..., check_vma=True)`, which is the "
            "default: otherwise gradients would not be summed over the devices."
        )
    size: int = lax.axis_size(name)
    return size
