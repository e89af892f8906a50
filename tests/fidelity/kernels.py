"""A linear layer with cross-entropy in tiles of classes, sound, or with one fault on purpose."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

TILE = 128
ROWS = 64
IGNORED = -100


class Statistics(NamedTuple):
    """What the tiles of a row add up to: its top logit, the others' exponentials, and more."""

    top: Array
    rest: Array
    label: Array
    total: Array


class Options(NamedTuple):
    """Parameters of the kernel; `fault` is a note of what it does wrong."""

    fault: str
    soft_cap: float | None
    label_smoothing: float
    ignored_label: int | None
    classes: int
    scanned: bool

    @property
    def numpy(self) -> Any:
        return jnp if self.scanned else np


def kernel(kind: str = "", *, scanned: bool = False) -> Callable[..., Array]:
    """Make a fused loss with one fault, or without.

    Not scanned, the same formulas are evaluated by NumPy, so that nothing has to be compiled for
    one more fault.
    """

    def fused(
        features: Array,
        weights: Array,
        labels: Array,
        *,
        bias: Array | None = None,
        reduction: str = "none",
        ignored_label: int | None = IGNORED,
        soft_cap: float | None = None,
        label_smoothing: float = 0.0,
    ) -> Array:
        is_whole = features.dtype == jnp.float32
        fault = "" if is_whole and kind.endswith("in half") else kind
        if fault == "smoothing not used":
            label_smoothing = 0.0
        if bias is None or fault == "bias not used":
            bias = jnp.zeros(len(weights), weights.dtype)
        if fault == "bias without gradient":
            bias = jax.lax.stop_gradient(bias)
        if fault == "weights without gradient":
            weights = jax.lax.stop_gradient(weights)
        options = Options(
            fault, soft_cap, label_smoothing, ignored_label, len(weights), scanned
        )
        losses = per_row(options, features, weights, bias, labels)
        return reduced(options, losses, labels, reduction)

    return fused


def reduced(options: Options, losses: Array, labels: Array, reduction: str) -> Array:
    fault = options.fault
    if reduction == "none" and fault != "reduction not used":
        return losses
    if reduction == "sum":
        return losses.sum()
    kept = jnp.sum(labels != options.ignored_label)
    if fault == "mean over all rows":
        kept = jnp.asarray(labels.size)
    divisor = kept if fault == "all ignored" else jnp.maximum(kept, 1)
    mean = losses.sum() / divisor.astype(losses.dtype)
    if fault == "gradient of the sum":
        return losses.sum() + jax.lax.stop_gradient(mean - losses.sum())
    return mean


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def per_row(
    options: Options, features: Array, weights: Array, bias: Array, labels: Array
) -> Array:
    return forward_on(options, features, weights, bias, labels)[0]


def forward_on(options: Options, *arrays: Array) -> tuple[Array, Any]:
    """`forward`, in JAX, or outside of it in NumPy."""
    if options.scanned:
        return forward(options, *arrays)
    with np.errstate(all="ignore"):
        losses, saved = forward(options, *map(np.asarray, arrays))
    return jnp.asarray(losses), saved


def backward_on(options: Options, saved: Any, cotangent: Array) -> Any:
    """`backward`, in JAX, or outside of it in NumPy."""
    if options.scanned:
        return backward(options, saved, cotangent)
    with np.errstate(all="ignore"):
        *gradient, none = backward(options, saved, np.asarray(cotangent))
    return (*map(jnp.asarray, gradient), none)


def tiles(options: Options, weights: Array, bias: Array) -> tuple[Array, Array, Array]:
    """Tiles of the weights, of the bias, and of the numbers of the classes."""
    xp = options.numpy
    fault, classes = options.fault, len(weights)
    count = classes // TILE if fault == "last tile dropped" else -(-classes // TILE)
    size = max(count, 1) * TILE
    extra = max(size - classes, 0)
    padded = xp.pad(weights, ((0, extra), (0, 0)))[:size]
    padded_bias = xp.pad(bias, (0, extra))[:size]
    numbers = xp.arange(size, dtype=jnp.int32)
    row = (-1, 1, TILE)
    return (
        padded.reshape(-1, TILE, weights.shape[1]),
        padded_bias.reshape(row),
        numbers.reshape(row),
    )


def over_tiles(
    options: Options, step: Callable[..., Any], carry: Any, tiles: Any
) -> tuple[Any, Any]:
    if options.scanned:
        return jax.lax.scan(step, carry, tiles)
    results = []
    for i in range(len(tiles[0])):
        carry, result = step(carry, tuple(part[i] for part in tiles))
        results.append(result)
    return carry, jax.tree.map(lambda *parts: np.stack(parts), *results)


def tile_logits(
    options: Options, features: Array, classes: int, tile: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """The logits of a tile after the soft cap, and the derivative of the cap."""
    xp = options.numpy
    weights, bias, numbers = tile
    fault = options.fault
    z = product(xp, features, weights.T)
    z = (half(z) if fault == "logits in half" else z) + bias.astype(jnp.float32)
    is_class = (numbers < classes) | (fault == "padding counted")
    if fault == "cap on padding":
        z = xp.where(is_class, z, -1e30)
    slope = xp.ones_like(z)
    if options.soft_cap is not None:
        capped = xp.tanh(z / options.soft_cap)
        z, slope = options.soft_cap * capped, 1 - capped**2
    if fault == "cap not in the gradient":
        slope = xp.ones_like(z)
    if fault != "cap on padding":
        z = xp.where(is_class, z, -xp.inf)
    return z, slope


def read_labels(options: Options, labels: Array, classes: int) -> Array:
    xp = options.numpy
    if options.fault == "clamped label":
        kept = labels != options.ignored_label
        return xp.where(kept, xp.clip(labels, 0, classes - 1), labels)
    return labels


def statistics(options: Options, z: Array, numbers: Array, labels: Array) -> Statistics:
    """Those of one tile."""
    xp = options.numpy
    fault = options.fault
    if fault != "padding matches a label":
        labels = xp.where(labels < options.classes, labels, -1)
    place = xp.argmax(z, axis=1)
    top = xp.max(z, axis=1)
    if fault == "one maximum":
        top = xp.full_like(top, xp.max(z))
    if fault == "no maximum":
        top = xp.zeros_like(top)
    others = xp.exp(z - top[:, None])
    if fault not in ("one maximum", "no maximum"):
        others = xp.where(xp.arange(TILE)[None] == place[:, None], 0.0, others)
    rest = others.sum(axis=1) - (1.0 if fault in ("one maximum", "no maximum") else 0.0)
    is_label = numbers == labels[:, None]
    label = xp.where(is_label, z, 0.0).sum(axis=1)
    label = xp.where(is_label.any(axis=1), label, xp.nan)
    total = xp.where(xp.isfinite(z), z, 0.0).sum(axis=1)
    return Statistics(top, rest, label, total)


def merged(options: Options, a: Statistics, b: Statistics) -> Statistics:
    xp = options.numpy
    top = xp.maximum(a.top, b.top)
    is_first = a.top >= b.top
    higher = xp.where(is_first, a.rest, b.rest)
    lower = 1 + xp.where(is_first, b.rest, a.rest)
    rest = higher + lower * xp.exp(xp.minimum(a.top, b.top) - top)
    if options.fault == "sum in half":
        rest = half(1 + rest) - 1
    label = xp.where(xp.isnan(a.label), b.label, a.label)
    return Statistics(top, rest, label, a.total + b.total)


def product(xp: Any, a: Array, b: Array) -> Array:
    """The product accumulated in float32."""
    if xp is np:
        return a.astype(np.float32) @ b.astype(np.float32)
    return jnp.matmul(a, b, preferred_element_type=jnp.float32)


def half(x: Array) -> Array:
    return x.astype(jnp.bfloat16).astype(jnp.float32)


def forward(
    options: Options, features: Array, weights: Array, bias: Array, labels: Array
) -> tuple[Array, Any]:
    xp = options.numpy
    fault, classes = options.fault, len(weights)
    given, labels = labels, read_labels(options, labels, classes)
    m = len(features)
    empty = xp.zeros(m, jnp.float32)
    start = Statistics(empty - xp.inf, empty - 1, empty + xp.nan, empty)
    if fault == "maximum from 0":
        start = start._replace(top=empty)

    def step(carry: Statistics, tile: Any) -> tuple[Statistics, None]:
        z, _ = tile_logits(options, features, classes, tile)
        return merged(options, carry, statistics(options, z, tile[2], labels)), None

    stats, _ = over_tiles(options, step, start, tiles(options, weights, bias))
    if fault == "log-normaliser in half":
        normaliser = stats.top + xp.log1p(stats.rest)
        normaliser = half(normaliser)
        stats = stats._replace(top=normaliser, rest=xp.zeros_like(normaliser))
    if fault == "log-normaliser as one number":
        normaliser = stats.top + xp.log1p(stats.rest)
        stats = stats._replace(top=normaliser, rest=xp.zeros_like(normaliser))
    if fault == "missing label is 0":
        stats = stats._replace(label=xp.nan_to_num(stats.label))
    log_rest = xp.log1p(stats.rest)
    if fault == "confidence lost":
        log_rest = xp.log(1 + stats.rest)
    smoothing = options.label_smoothing
    losses = log_rest - (1 - smoothing) * (stats.label - stats.top)
    if smoothing:
        losses -= smoothing * (stats.total / classes - stats.top)
    if fault == "rows share a sum":
        losses += 1e-3 * (losses.mean() - losses)
    if options.ignored_label is not None and fault != "ignored has a loss":
        losses = xp.where(given == options.ignored_label, 0.0, losses)
    if fault == "one bad label":
        losses += losses.sum() - losses.sum()
    return losses.astype(features.dtype), (features, weights, bias, given, stats)


def slopes(
    options: Options,
    stats: Statistics,
    labels: Array,
    classes: int,
    z: Array,
    numbers: Array,
) -> Array:
    """The derivatives of the losses in the logits of a tile."""
    xp = options.numpy
    fault, smoothing = options.fault, options.label_smoothing
    p = xp.exp(z - stats.top[:, None] - xp.log1p(stats.rest)[:, None])
    is_label = numbers == labels[:, None]
    log_p = stats.label - stats.top - xp.log1p(stats.rest)
    of_top = stats.rest / (1 + stats.rest)
    missing = xp.where(stats.label == stats.top, of_top, -xp.expm1(log_p))
    if fault == "confidence lost":
        missing = 1 - xp.exp(log_p)
    if fault == "clipped":
        missing = xp.where(log_p < xp.log(1e-7), 0.0, missing)
    result = xp.where(is_label, smoothing - missing[:, None], p)
    if smoothing and fault != "smoothing not in the gradient":
        result -= xp.where(numbers < classes, smoothing / classes, 0.0)
    if fault == "smoothing not in the gradient":
        result = xp.where(is_label, -missing[:, None], p)
    return result


def backward(options: Options, saved: Any, cotangent: Array) -> Any:
    xp = options.numpy
    features, weights, bias, given, stats = saved
    fault, classes = options.fault, len(weights)
    labels = read_labels(options, given, classes)
    c = cotangent.astype(jnp.float32)
    if fault == "cotangent ignored":
        c = xp.ones_like(c)
    if fault == "first cotangent":
        c = xp.full_like(c, c[0])
    if fault == "mean cotangent":
        c = xp.full_like(c, c.mean())
    if fault == "cotangent squared":
        c = c * abs(c)
    if fault == "ignored first row":
        c = xp.where(given[0] == options.ignored_label, 0.0, c)
    if fault == "divided by the rows":
        c = c / len(c)
    if fault == "rows counted in blocks" and len(c) > ROWS:
        c = xp.where(xp.arange(len(c)) < len(c) // ROWS * ROWS, c, 0.0)
    if options.ignored_label is not None and fault != "ignored has a gradient":
        c = xp.where(given == options.ignored_label, 0.0, c)
    by_weights = xp.full_like(c, c[0]) if fault == "weights summed ahead" else c
    dtype = features.dtype

    def step(carry: Array, tile: Any) -> tuple[Array, tuple[Array, Array]]:
        z, slope = tile_logits(options, features, classes, tile)
        g = slope * slopes(options, stats, labels, classes, z, tile[2])
        mine = (g * c[:, None]).astype(dtype)
        theirs = g * by_weights[:, None]
        d_features = product(xp, mine, tile[0])
        carry += d_features
        if fault == "gradient in half":
            carry = half(carry)
        d_weights = product(xp, theirs.astype(dtype).T, features)
        return carry, (d_weights, theirs.sum(axis=0))

    start = xp.zeros(features.shape, jnp.float32)
    d_features, (d_weights, d_bias) = over_tiles(
        options, step, start, tiles(options, weights, bias)
    )
    d_weights = fitted(xp, d_weights.reshape(-1, weights.shape[1]), classes)
    d_bias = fitted(xp, d_bias.reshape(-1), classes)
    no_gradient = np.zeros(given.shape, jax.dtypes.float0)
    return (
        d_features.astype(dtype),
        d_weights.astype(dtype),
        d_bias.astype(dtype),
        no_gradient,
    )


def fitted(xp: Any, array: Array, classes: int) -> Array:
    """As many rows as there are classes."""
    missing = max(classes - len(array), 0)
    return xp.pad(array, ((0, missing), *((0, 0),) * (array.ndim - 1)))[:classes]


per_row.defvjp(forward_on, backward_on)
