"""Probabilities in proportion to weights whose quotients are more accurate than their logarithms.

Between two large weights the difference of their logarithms loses the digits of a small gap, which
their quotient keeps.
"""

import jax.numpy as jnp
from jax import Array

from ..base.types import Vector
from .normalize import normalize_gaps
from .probs import Probs


def normalize_quotients(
    logits: Vector, log_weights: Vector, log_of_largest: Array, quotients: Vector
) -> Probs:
    """Probabilities in proportion to weights that rise with the logits.

    Args:
        logits: Logits z, [n], all NaN unless the largest is finite.
        log_weights: Logarithms of the weights, [n], which determine the derivatives; -inf, as of
            a mask, gives a class the probability 0.
        log_of_largest: Logarithm of the weight of the largest logit.
        quotients: Weights over the largest weight, [n]. They determine the values, unless they
            underflow; then the difference of the logarithms does.
    """
    tiny = float(jnp.finfo(logits.dtype).tiny)  # type: ignore[no-untyped-call]
    underflows = quotients < tiny
    of_quotients = jnp.log(jnp.where(underflows, 1, quotients))
    gaps = jnp.where(underflows, log_weights - log_of_largest, of_quotients)
    # Where a compiled program rounds in two ways, a quotient of equals need not be 1.
    is_tie = logits == jnp.max(logits)
    weights = jnp.where(is_tie, 1, quotients)
    return normalize_gaps(log_weights, jnp.where(is_tie, 0, gaps), weights)
