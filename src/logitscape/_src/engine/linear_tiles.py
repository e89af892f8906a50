"""One tile of a linear layer: some rows with all of their classes, and what follows from it.

The slopes of the losses are written in place of the logits, a few rows at a time, so that no
other array of the tile's size arises, whatever the objective.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..base.half_precision import wide_dtype
from .linear_rows import RowLoss, Shared
from .sharded_classes import zeros

ROWS_AT_ONCE = 2**19
"""Number of logits of which the slopes are computed at once."""

CLASSES_AT_ONCE = 2048
"""Number of classes whose gradient is computed at once."""


class Layer(NamedTuple):
    """A linear layer and what else the losses are differentiated in, or derivatives in these.

    Attributes:
        features: Features, [m, d].
        weights: Weights, [K, d].
        bias: Bias, [K], or None.
        shared: What all rows share beside weights and bias.
    """

    features: Any
    weights: Any
    bias: Any
    shared: Any


class Rows(NamedTuple):
    """The rows of a tile.

    Attributes:
        features: Features, [r, d].
        labels: Labels, [r].
        counted: Mask of the rows that have a loss, [r].
        cotangents: Cotangents of the losses, [r]; None for 1.
    """

    features: Array
    labels: Array
    counted: Array
    cotangents: Array | None = None


def losses_of_tile(loss: RowLoss, layer: Layer, rows: Rows) -> Array:
    """Losses of the rows, [r]."""
    logits = _logits(layer, rows)
    size = _rows_at_once(*logits.shape)

    def of_block(block: tuple[Array, Rows]) -> Array:
        products, of_block = block
        run = jax.vmap(loss, in_axes=(0, None, 0))
        values = run(_biased(products, layer), layer.shared, of_block.labels)
        return jnp.where(of_block.counted, values, 0)

    blocks = jax.tree.map(
        lambda array: array.reshape(-1, size, *array.shape[1:]), (logits, rows)
    )
    losses: Array = lax.map(of_block, blocks).reshape(-1)
    return losses


def gradient_of_tile(
    loss: RowLoss, layer: Layer, rows: Rows, sums: Layer
) -> tuple[Layer, Array, Array | None]:
    """Losses of the rows, and their gradient.

    Args:
        loss: Loss of a row.
        layer: The layer.
        rows: Rows of the tile.
        sums: Sums over the tiles before; None for what no gradient is wanted of.

    Returns:
        The sums with those of this tile, the losses, [r], and the derivatives in the features,
        [r, d], which are None if no gradient of the features is wanted.
    """
    losses, slopes, shared = _losses_and_slopes(loss, layer, rows, sums.shared)
    sums = sums._replace(shared=shared)
    if sums.features is None and sums.weights is None and sums.bias is None:
        return sums, losses, None
    of_features, sums = _through_products(slopes, layer, rows, sums)
    return sums, losses, of_features


def _logits(layer: Layer, rows: Rows) -> Array:
    """Products of features and weights, [r, K]."""
    return _product(rows.features, layer.weights, (1, 1))


def _losses_and_slopes(
    loss: RowLoss, layer: Layer, rows: Rows, shared_sums: Shared | None
) -> tuple[Array, Array, Shared | None]:
    """Losses, [r], their slopes in the logits, [r, K], and sums of those in what is shared."""
    logits = _logits(layer, rows)
    size = _rows_at_once(*logits.shape)
    losses = zeros(rows.labels.shape, logits.dtype, rows.counted)

    def step(index: Any, carry: Any) -> Any:
        logits, losses, sums = carry
        start = index * size

        def part(array: Array) -> Array:
            return lax.dynamic_slice_in_dim(array, start, size)

        some = jax.tree.map(part, rows)
        products = _biased(part(logits), layer)
        values, slopes, sums = _of_few_rows(loss, layer, products, some, sums)
        write = partial(lax.dynamic_update_slice_in_dim, start_index=start, axis=0)
        return write(logits, slopes), write(losses, values), sums

    num_blocks = len(rows.labels) // size
    slopes, losses, sums = lax.fori_loop(
        0, num_blocks, step, (logits, losses, shared_sums)
    )
    return losses, slopes, sums


def _of_few_rows(
    loss: RowLoss, layer: Layer, products: Array, rows: Rows, sums: Shared | None
) -> tuple[Array, Array, Shared | None]:
    """Losses and slopes of a few rows, and the sums with theirs."""
    places = 0 if sums is None else (0, 1)
    run = jax.vmap(jax.value_and_grad(loss, argnums=places), in_axes=(0, None, 0))
    values, derivatives = run(products, layer.shared, rows.labels)
    slopes, of_shared = (derivatives, None) if sums is None else derivatives

    def counted(array: Array) -> Array:
        shape = (-1,) + (1,) * (array.ndim - 1)
        if rows.cotangents is not None:
            array = array * rows.cotangents.astype(array.dtype).reshape(shape)
        return jnp.where(rows.counted.reshape(shape), array, 0)

    if sums is not None:
        sums = jax.tree.map(
            lambda total, each: total + counted(each).sum(axis=0).astype(total.dtype),
            sums,
            of_shared,
        )
    return jnp.where(rows.counted, values, 0), counted(slopes), sums


def _through_products(
    slopes: Array, layer: Layer, rows: Rows, sums: Layer
) -> tuple[Array | None, Layer]:
    """The derivatives in the features, [r, d], and the sums of those in weights and bias."""
    features = _factor(rows.features)
    of_features = None
    if sums.features is not None:
        of_features = zeros(features.shape, slopes.dtype, layer.weights)

    def step(start: Any, size: int, carry: Any) -> Any:
        of_features, of_weights, of_bias = carry
        part = lax.dynamic_slice_in_dim(slopes, start, size, axis=1)
        cast = part.astype(features.dtype)
        if of_features is not None:
            weights = lax.dynamic_slice_in_dim(layer.weights, start, size)
            of_features = of_features + _product(cast, _factor(weights), (1, 0))
        if of_weights is not None:
            of_weights = _add_at(of_weights, start, _product(cast, features, (0, 0)))
        if of_bias is not None:
            of_bias = _add_at(of_bias, start, part.sum(axis=0))
        return of_features, of_weights, of_bias

    carry = (of_features, sums.weights, sums.bias)
    of_features, of_weights, of_bias = _over_classes(step, len(layer.weights), carry)
    return of_features, sums._replace(weights=of_weights, bias=of_bias)


def _over_classes(
    step: Callable[[Any, int, Any], Any], num_classes: int, carry: Any
) -> Any:
    """Update a carry for one block of classes after the other: step(start, size, carry)."""
    size = min(CLASSES_AT_ONCE, num_classes)
    full, rest = divmod(num_classes, size)
    carry = lax.fori_loop(0, full, lambda i, carry: step(i * size, size, carry), carry)
    return step(full * size, rest, carry) if rest else carry


def _add_at(sums: Array, start: Any, part: Array) -> Array:
    total = lax.dynamic_slice_in_dim(sums, start, len(part)) + part
    return lax.dynamic_update_slice_in_dim(sums, total, start, axis=0)


def _product(a: Array, b: Array, axes: tuple[int, int]) -> Array:
    """Product of two matrices over one axis of each, accumulated in float32 at least."""
    dimensions = (((axes[0],), (axes[1],)), ((), ()))
    return lax.dot_general(a, b, dimensions, preferred_element_type=wide_dtype(a.dtype))


def _factor(array: Array) -> Array:
    """The array as a factor of products with slopes.

    Slopes are rounded to bfloat16 where the other factor has it. In float16 small ones would
    underflow: it is converted to float32.
    """
    return array.astype(jnp.float32) if array.dtype == jnp.float16 else array


def _biased(products: Array, layer: Layer) -> Array:
    return products if layer.bias is None else products + layer.bias[None]


def _rows_at_once(rows: int, num_classes: int) -> int:
    """The largest divisor of the number of rows that keeps to `ROWS_AT_ONCE`."""
    most = min(max(1, ROWS_AT_ONCE // num_classes), rows)
    return next(size for size in range(most, 0, -1) if rows % size == 0)
