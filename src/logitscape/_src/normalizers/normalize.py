"""Probabilities in proportion to weights whose logarithms are given."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..base.argmax import first_largest
from ..base.arguments import vector
from ..base.types import Mask, Vector
from .probs import Probs
from .shares import Shares, share_tangents, shares_of


def normalize(log_weights: Vector, gaps: Vector | None = None) -> Probs:
    """Probabilities in proportion to `exp(log_weights)`: `p_k = e^{l_k} / sum_j e^{l_j}`.

    The step that softmax and every other separable normalizer `p_k = g(z_k) / sum_j g(z_j)` have
    in common: `ls.normalize(log_g(z))` makes a new one.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalize(jnp.log(jnp.array([1.0, 2.0, 5.0]))).p).round(3))
    [0.125 0.25  0.625]

    Args:
        log_weights: Logarithms l of the weights, [n]. Only their differences matter. -inf gives a
            class the probability 0 and the derivative 0.
        gaps: `log_weights` up to a constant, [n], for a caller that knows their differences better
            than by subtraction. They determine the values, `log_weights` the derivatives.

    Returns:
        Probabilities and their logarithms, [n]; all NaN if every weight is -inf, or if one is +inf
        or NaN.

    Raises:
        TypeError: If the weights are not floating point.
        ValueError: If they are no vector, or the gaps have another shape.
    """
    log_weights = vector("normalize", "log_weights", log_weights)
    if gaps is None:
        gaps = log_weights
    else:
        gaps = vector("normalize", "gaps", gaps).astype(log_weights.dtype)
    if gaps.shape != log_weights.shape:
        raise ValueError(
            f"`normalize(gaps=...)` must have the weights' shape {log_weights.shape}, "
            f"got {gaps.shape}."
        )
    probs = normalize_gaps(log_weights, gaps - jnp.max(gaps))
    calls = _CALLS.get()
    if calls is not None:
        calls.append(Call(log_weights, probs))
    return probs


class Call(NamedTuple):
    """A call of `normalize`.

    Attributes:
        log_weights: Logarithms of the weights that it was given.
        probs: Probabilities that it returned.
    """

    log_weights: Vector
    probs: Probs


@contextmanager
def recorded_calls() -> Iterator[list[Call]]:
    """The calls of `normalize` inside a `with` block, in their order."""
    calls = list[Call]()
    token = _CALLS.set(calls)
    try:
        yield calls
    finally:
        _CALLS.reset(token)


_CALLS: ContextVar[list[Call] | None] = ContextVar("calls", default=None)


def normalize_gaps(
    log_weights: Vector, gaps: Vector, weights: Vector | None = None
) -> Probs:
    """`normalize` for gaps the largest of which is 0, but for rounding.

    Args:
        log_weights: Logarithms of the weights, [n].
        gaps: `log_weights` less the largest, [n].
        weights: `e^gaps`, [n], for a caller that has computed them more accurately.
    """
    gaps = jax.lax.stop_gradient(gaps)
    weights = jnp.exp(gaps) if weights is None else jax.lax.stop_gradient(weights)
    shares = _normalize(log_weights, gaps, weights, first_largest(gaps))
    return Probs(shares.p, shares.log_p)


# The values come from `gaps` and `weights`, and the derivatives from `log_weights` alone, which
# only a rule of our own can express.
@jax.custom_jvp
def _normalize(
    log_weights: Vector, gaps: Vector, weights: Vector, is_largest: Mask
) -> Shares:
    return shares_of(gaps, weights, is_largest)


@_normalize.defjvp
def _normalize_jvp(
    primals: tuple[Vector, Vector, Vector, Mask],
    tangents: tuple[Vector, Vector, Vector, Any],
) -> tuple[Shares, Shares]:
    is_largest = primals[3]
    d_log = tangents[0]
    shares = _normalize(*primals)
    return shares, share_tangents(shares, is_largest, d_log, shares.p * d_log)
