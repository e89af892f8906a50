"""Losses of the label's probability that are written once, for soft targets and for labels.

Such a loss is a function psi of a `Chance`, the probability of a class in three forms. Each of them
is accurate where another one is not; psi takes the form that keeps its digits. For a soft target
the loss is the expectation `sum_k t_k psi(p_k)`, and for a label the derivative of psi is all that
the rule of pairs needs (see label_shares.py).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.types import Scalar, Vector
from ..normalizers.chances import Chance
from ..normalizers.probs import Probs
from .label_shares import OfProbability, Pull

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


def of_chance(psi: OfChance) -> OfProbability:
    """Statement of the loss psi, whose derivative JAX takes for a single number."""
    return OfProbability(partial(_pull, psi))


def _pull(psi: OfChance, chance: Chance, **parameters: Any) -> Pull:
    value, slope = jax.value_and_grad(lambda c: psi(c, **parameters))(chance)
    # The complement moves against p.
    return Pull(value, -slope.log_p, slope.complement - slope.p)
