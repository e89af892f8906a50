"""The losses of a linear layer, tile by tile, with their derivative.

Where the losses are differentiated, the gradient is computed together with them, as if every
cotangent were 1: then the logits are computed once. That of the features is right up to a factor
for each row. That of the weights is right up to a factor if the cotangents of all rows are equal,
as those of a mean or a sum are. If they are not, it is computed again.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..base.half_precision import wide_dtype
from ..base.special import is_symbolic_zero
from .linear_rows import RowLoss
from .linear_tiles import Layer, Rows, gradient_of_tile, losses_of_tile
from .sharded_classes import zeros
from .tiling import Tiles


@dataclass(frozen=True)
class Plan:
    """How losses are computed.

    Attributes:
        loss: Loss of a row.
        tile: Largest number of rows of a tile.
    """

    loss: RowLoss
    tile: int


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def losses_of(plan: Plan, layer: Layer, labels: Array, counted: Array) -> Array:
    """Losses of all rows, [m]; 0 for rows that are not counted."""
    tiles = Tiles(plan.tile, Rows(layer.features, labels, counted))

    def step(index: Array) -> Array:
        return losses_of_tile(plan.loss, layer, tiles.at(index))

    return tiles.join(lax.map(step, jnp.arange(tiles.number)).T)


def _forward(
    plan: Plan, layer: Any, labels: Any, counted: Any
) -> tuple[Array, tuple[Any, ...]]:
    is_wanted = jax.tree.map(lambda primal: primal.perturbed, layer)
    layer, labels, counted = jax.tree.map(
        lambda primal: primal.value, (layer, labels, counted)
    )
    sums = Layer(
        *(
            _zeros(part) if any(jax.tree.leaves(wanted)) else None
            for part, wanted in zip(layer, is_wanted, strict=True)
        )
    )
    rows = Rows(layer.features, labels, counted)
    losses, gradient = _losses_and_gradient(plan, layer, rows, sums)
    return losses, (layer, labels, counted, gradient)


def _backward(plan: Plan, residuals: Any, cotangents: Any) -> tuple[Any, None, None]:
    layer, labels, counted, gradient = residuals
    if is_symbolic_zero(cotangents):
        cotangents = jnp.zeros(labels.shape, wide_dtype(layer.features.dtype))
    cotangents = jnp.where(counted, cotangents, 0)
    factor = cotangents[jnp.argmax(counted)]
    is_equal = jnp.all(jnp.where(counted, cotangents == factor, True))
    of_features, sums = gradient.features, gradient._replace(features=None)

    def scaled() -> Layer:
        result: Layer = jax.tree.map(
            lambda total: factor.astype(total.dtype) * total, sums
        )
        return result

    def again() -> Layer:
        rows = Rows(layer.features, labels, counted, cotangents)
        empty = jax.tree.map(_zeros, sums)
        return _losses_and_gradient(plan, layer, rows, empty)[1]

    if jax.tree.leaves(sums):
        sums = lax.cond(is_equal, scaled, again)
    if of_features is not None:
        of_features = cotangents.astype(of_features.dtype)[:, None] * of_features
    result = sums._replace(features=of_features)
    parts = zip(result, layer, strict=True)
    return Layer(*(_as_cotangent(part, primal) for part, primal in parts)), None, None


losses_of.defvjp(_forward, _backward, symbolic_zeros=True)


def _losses_and_gradient(
    plan: Plan, layer: Layer, rows: Rows, sums: Layer
) -> tuple[Array, Layer]:
    """Losses, [m], and the gradient of what the sums are given for, in their dtypes."""
    tiles = Tiles(plan.tile, rows)
    losses = tiles.split(
        zeros(rows.labels.shape, wide_dtype(rows.features.dtype), rows.counted)
    )
    of_features = None if sums.features is None else tiles.split(sums.features)
    if of_features is not None:
        sums = sums._replace(features=())

    def step(index: Any, carry: Any) -> Any:
        sums, losses, of_features = carry
        rows = tiles.at(index)
        sums, values, of_rows = gradient_of_tile(plan.loss, layer, rows, sums)
        losses = _write(losses, values, index)
        if of_features is not None:
            of_features = _write(of_features, of_rows, index)
        return sums, losses, of_features

    carry = (sums, losses, of_features)
    sums, losses, of_features = lax.fori_loop(0, tiles.number, step, carry)
    if of_features is not None:
        of_features = tiles.join(of_features)
    return tiles.join(losses), sums._replace(features=of_features)


def _write(array: Array, part: Any, index: Any) -> Array:
    written: Array = lax.dynamic_update_index_in_dim(array, part, index, axis=1)
    return written


def _zeros(part: Any) -> Any:
    """Zeros in the dtype in which the gradient of this part is summed up."""
    return jax.tree.map(lambda x: zeros(x.shape, wide_dtype(x.dtype), x), part)


def _as_cotangent(part: Any, primal: Any) -> Any:
    if part is None:
        return jax.tree.map(jnp.zeros_like, primal)
    return jax.tree.map(lambda each, x: each.astype(x.dtype), part, primal)
