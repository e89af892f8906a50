"""The numbers about the examples of a batch in training, of its logits or of a linear layer's."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..base.half_precision import widened
from ..base.norm import euclidean_norm
from .batch import Batch, mean_of
from .config import Setting
from .example_numbers import Examples, numbers_of

Given: TypeAlias = tuple[Array, ...]
"""Arrays with one row for each example, the labels or targets and the mask last."""


class Part(NamedTuple):
    """What is known about some rows; the gradient is a sum over them, divided by all of m."""

    examples: Examples
    spread: Array
    usable: Array
    gradient: Array


def of_logits(setting: Setting, z: Array, target: Array, counts: Array) -> Batch:
    """Numbers about the examples with logits [m, n], labels [m] or targets [m, n], and a mask."""
    return _joined(_part(setting, len(z), z, target, counts), counts)


def of_layer(
    setting: Setting,
    features: Array,
    logits_of: Callable[[Array], Array],
    labels: Array,
    counts: Array,
    tile: int,
) -> Batch:
    """The same, of features [m, d] of which `logits_of` makes logits, `tile` rows at a time."""
    m = len(features)

    def of_tile(rows: Given) -> Part:
        x, y, c = rows
        return _part(setting, m, logits_of(x), y, c)

    blocks = -(-m // tile)
    cut = partial(_cut, blocks, tile)
    parts = lax.map(of_tile, (cut(features), cut(labels), cut(counts)))
    whole = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:m], parts)
    # The norms and cosines of losses have the losses first, and the rows behind them.
    of_losses = {
        name: jnp.moveaxis(getattr(parts.examples, name), 1, 0).reshape(1, -1)[:, :m]
        for name in ("norm", "cosine", "speed")
    }
    return _joined(
        Part(
            examples=whole.examples._replace(**of_losses),
            spread=whole.spread,
            usable=whole.usable,
            gradient=jnp.sum(parts.gradient, axis=0),
        ),
        counts,
    )


def _cut(blocks: int, tile: int, x: Array) -> Array:
    padding = [(0, blocks * tile - len(x))] + [(0, 0)] * (x.ndim - 1)
    return jnp.pad(x, padding).reshape(blocks, tile, *x.shape[1:])


def _part(setting: Setting, m: int, z: Array, target: Array, counts: Array) -> Part:
    evaluate = jax.vmap(jax.value_and_grad(setting.losses[0]))
    loss, gradient = (widened(x) for x in evaluate(z, target))
    wide, t = widened(z), widened(target)
    # What has collapsed in half precision has not in truth.
    true = gradient if wide.dtype == z.dtype else evaluate(wide, t)[1]
    z = wide
    usable = counts & jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient), axis=1)
    one: Any = partial(numbers_of, setting)
    examples, *_ = jax.vmap(one)(z, t, loss, true[:, None])
    by_loss = {name: getattr(examples, name).T for name in ("cosine", "speed")}
    by_loss["norm"] = jax.vmap(euclidean_norm)(gradient)[None]
    kept = jnp.where(usable[:, None], gradient, 0)
    return Part(
        examples=examples._replace(**by_loss),
        spread=jax.vmap(_spread)(z),
        usable=usable,
        gradient=mean_of(kept, jnp.asarray(max(m, 1))),
    )


def _joined(part: Part, counts: Array) -> Batch:
    dtype = part.gradient.dtype
    count = jnp.sum(part.usable).astype(dtype)
    return Batch(
        examples=part.examples,
        spread=part.spread,
        counts=counts,
        usable=part.usable,
        # Divided by all rows until here, as the sum of all gradients may overflow.
        gradient=part.gradient * (jnp.asarray(len(counts), dtype) / count),
    )


def _spread(z: Array) -> Array:
    """Standard deviation of the logits of one example that are not masked."""
    is_number = jnp.isfinite(z)
    number = jnp.maximum(jnp.sum(is_number, dtype=jnp.int32), 1).astype(z.dtype)
    # Relative to the largest: the squares of logits may overflow.
    unit = jnp.maximum(jnp.max(jnp.where(is_number, jnp.abs(z), 0)), 1)
    scaled = jnp.where(is_number, z / unit, 0)
    centred = jnp.where(is_number, scaled - jnp.sum(scaled) / number, 0)
    spread: Array = unit * jnp.sqrt(jnp.sum(centred**2) / number)
    return spread
