"""The calibration error of a batch in JAX, by the definition of `calibration.binned_error`."""

import jax.numpy as jnp
from jax import Array, lax
from jax.scipy.stats import norm

BINS = 15


def calibration_error(
    confidence: Array, right: Array, usable: Array, total: Array
) -> Array:
    """`sum_b w_b |mean confidence - accuracy|` over 15 bins of equal numbers, without its bias.

    It is what `calibration.binned_error` gives of the same examples.

    Args:
        confidence: Largest probability of every example, [m].
        right: Whether the label is predicted, [m].
        usable: Whether the example counts, [m].
        total: Number of examples that count.
    """
    dtype = confidence.dtype
    key = jnp.where(usable, confidence, jnp.inf)
    ordered, hits = lax.sort((key, right.astype(dtype)), num_keys=1, is_stable=True)
    # Examples that do not count are behind all others, and in no bin.
    inside = _bins(jnp.arange(len(ordered)), total).astype(dtype)
    kept = jnp.where(ordered < jnp.inf, jnp.clip(ordered, 0, 1), 0)
    columns = jnp.stack([jnp.ones_like(hits), hits, kept], axis=1)
    count, of_hits, of_kept = jnp.matmul(
        inside, columns, precision=lax.Precision.HIGHEST
    ).T
    size = jnp.maximum(count, 1)
    accuracy = of_hits / size
    gap = of_kept / size - accuracy
    spread = jnp.sqrt(accuracy * (1 - accuracy) / jnp.maximum(count - 1, 1))
    weight = count / total.astype(dtype)
    squares = jnp.sum(gap**2)
    shrunk = jnp.where(squares > 0, 1 - jnp.sum(spread**2) / squares, 0)
    excess = _excess(jnp.clip(shrunk, 0) * jnp.abs(gap), spread)
    error = jnp.sum(jnp.where(count > 0, weight * (jnp.abs(gap) - excess), 0))
    return jnp.where(jnp.any(jnp.isnan(key)), jnp.nan, jnp.clip(error, 0))


def _bins(rank: Array, total: Array) -> Array:
    """Which ranks are in which bin, [bins, m], as `numpy.array_split` has it: larger ones first."""
    size, larger = total // BINS, total % BINS
    place = jnp.arange(BINS + 1)
    ends = place * size + jnp.minimum(place, larger)
    return (rank[None] >= ends[:-1, None]) & (rank[None] < ends[1:, None])


def _excess(size: Array, spread: Array) -> Array:
    """`E|N(size, spread^2)| - size`, by the mean of the folded normal distribution."""
    unit = jnp.where(spread > 0, spread, 1)
    ratio = size / unit
    folded = unit * (2 * norm.pdf(ratio) + ratio * (1 - 2 * norm.cdf(-ratio)))
    return jnp.where(spread > 0, folded - size, 0)
