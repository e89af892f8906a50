"""Losses of the label's probability that are written once, for soft targets and for labels.

Such a loss is a function psi of a `Chance`, the probability of a class in three forms. Each of them
is accurate where another one is not; psi takes the form that keeps its digits. For a soft target
the loss is the expectation `sum_k t_k psi(p_k)`, and for a label the derivative of psi is all that
the rule of pairs needs (see label_shares.py).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.types import Scalar, Vector
from ..normalizers.probs import Probs
from .label_shares import OfLabel, Pull, Shares, Slopes, slopes_of


class Chance(NamedTuple):
    """Probabilities of classes, which psi takes elementwise.

    Attributes:
        p: Probabilities.
        log_p: Their logarithms, accurate where p underflows. The derivative of -inf is 0.
        complement: `1 - p`, accurate where p is near 1.
    """

    p: Array
    log_p: Array
    complement: Array


OfChance: TypeAlias = Callable[..., Array]
"""Function (Chance, **parameters) -> losses, of the same shape."""


def expected(psi: OfChance, probs: Probs, target: Vector, **parameters: Any) -> Scalar:
    """`sum_k t_k psi(p_k)`."""
    # A class of weight 0 has p = 1 here, where every loss is finite: its own may be infinite.
    counts = target != 0
    chance = Chance(
        p=jnp.where(counts, probs.p, 1),
        log_p=jnp.where(counts, probs.log_p, 0),
        complement=jnp.where(counts, probs.complement, 0),
    )
    return jnp.sum(target * psi(chance, **parameters))


def of_chance(psi: OfChance) -> OfLabel:
    """Statement of the loss psi, whose derivative JAX takes for a single number."""

    @wraps(psi)
    def slopes(shares: Shares, **parameters: Any) -> Slopes:
        chance = Chance(shares.p, shares.log_p, shares.complement)
        value, slope = jax.value_and_grad(lambda c: psi(c, **parameters))(chance)
        # The complement moves against p.
        pull = Pull(value, -slope.log_p, slope.complement - slope.p)
        return slopes_of(pull, shares)

    return slopes
