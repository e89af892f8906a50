"""Contrastive losses of a batch of embeddings, whose similarities are their cosines."""

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..base.arguments import numbers
from ..base.types import Parameter
from ..losses import rows as of_row
from .contrastive_batches import info_nce_at, matrix, rows, with_parameters


def nt_xent(
    first: ArrayLike, second: ArrayLike, *, temperature: Parameter = 0.5
) -> Array:
    """InfoNCE of the cosines among two views of every example: the NT-Xent loss of SimCLR.

    The batch of 2n embeddings holds both views of n examples. The row of a view has its cosines to
    all 2n; its own is left out, and the positive is the other view of the same example.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> views = jnp.eye(2)
    >>> print(np.asarray(ls.contrastive.nt_xent(views, views, temperature=1.0)).round(3))
    [0.551 0.551 0.551 0.551]

    Args:
        first: Embeddings of the first views, [n, d], of any length.
        second: Embeddings of the second views, [n, d].
        temperature: Temperature T, greater than 0.

    Returns:
        Losses of the views, first those of `first`, [2n]. Their mean is the loss of the batch.

    Raises:
        ValueError: If the shapes differ, or the temperature is out of its range.
        TypeError: If the embeddings are not floating point.

    Source: Chen et al., arXiv 2002.05709, algorithm 1.
    """
    a, b = matrix("nt_xent", "first", first), matrix("nt_xent", "second", second)
    if a.shape != b.shape:
        raise ValueError(
            f"`nt_xent(first, second)` must have the same shape, got {a.shape} and {b.shape}."
        )
    views = jnp.concatenate([a, b])
    n = len(a)
    others = jnp.roll(jnp.arange(2 * n), n)
    similarities = _without_self(cosines(views, views))
    loss = info_nce_at("nt_xent", temperature, similarities)
    return rows(loss)(similarities, others)


def supervised(
    embeddings: ArrayLike, labels: ArrayLike, *, temperature: Parameter = 0.1
) -> Array:
    """The supervised contrastive loss of the cosines among the embeddings of a batch.

    The row of an example has its cosines to all n; its own is left out, and its positives are all
    others of its label. An example without any has a loss of 0.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> losses = ls.contrastive.supervised(jnp.eye(3), np.array([0, 0, 1]), temperature=1.0)
    >>> print(np.asarray(losses).round(3))
    [0.693 0.693 0.   ]

    Args:
        embeddings: Embeddings, [n, d], of any length.
        labels: Integer labels, [n].
        temperature: Temperature T, greater than 0.

    Returns:
        Losses of the examples, [n].

    Raises:
        ValueError: If shapes do not match, or the temperature is out of its range.
        TypeError: If the embeddings are not floating point or the labels not integers.

    Source: Khosla et al., arXiv 2004.11362.
    """
    x = matrix("supervised", "embeddings", embeddings)
    y = numbers("supervised", "..., labels", labels)
    if not jnp.issubdtype(y.dtype, jnp.integer):
        raise TypeError(f"`supervised(..., labels)` must be integers, got {y.dtype}.")
    if y.shape != x.shape[:1]:
        raise ValueError(
            f"`supervised(..., labels)` must have shape {x.shape[:1]}, got {y.shape}."
        )
    is_same = (y[:, None] == y[None]) & ~jnp.eye(len(y), dtype=bool)
    loss = with_parameters(of_row.supervised_contrastive, temperature=temperature)
    similarities = _without_self(cosines(x, x))
    return jax.vmap(loss)(similarities, is_same.astype(x.dtype))


def cosines(first: ArrayLike, second: ArrayLike) -> Array:
    """The cosines of the angles between embeddings, [m, n].

    >>> import jax.numpy as jnp, logitscape as ls
    >>> ls.contrastive.cosines(2 * jnp.eye(2), jnp.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]

    Args:
        first: Embeddings, [m, d].
        second: Embeddings, [n, d].

    Returns:
        Cosines, [m, n]; NaN for an embedding of length 0, which has no direction.

    Raises:
        ValueError: If the embeddings are no matrices.
        TypeError: If they are not floating point.
    """
    a, b = matrix("cosines", "first", first), matrix("cosines", "second", second)
    found: Array = _units(a) @ _units(b).T
    return found


def _units(x: Array) -> Array:
    # Divided by the largest entry first, as squares may overflow or underflow.
    scaled = x / jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=1, keepdims=True))
    units: Array = scaled / jnp.linalg.norm(scaled, axis=1, keepdims=True)
    return units


def _without_self(similarities: Array) -> Array:
    is_self = jnp.eye(len(similarities), dtype=bool)
    return jnp.where(is_self, -jnp.inf, similarities)
