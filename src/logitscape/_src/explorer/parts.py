"""Losses and gradients of every pair of many normalizers and losses, with every part compiled once.

A program for each of a thousand pairs would take many minutes to compile. Here a loss is
differentiated in the probabilities, and the normalizer pulls that back to the logits.
"""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.xla import jit_fast_compile
from ..normalizers.probs import Probs
from ..objectives.objective import Objective

Rows: TypeAlias = NDArray[np.float64]
Evaluate: TypeAlias = Callable[[Rows], tuple[Rows, Rows]]
"""Function from logits [m, n] to losses [m] and gradients [m, n]; the label is class 0."""

BLOCK = 512
"""Number of rows of every program, so that each is compiled once for a number of classes."""


class NormalizerPart:
    """A normalizer, and the derivatives in its logits."""

    def __init__(self, normalizer: Callable[[Array], Probs]) -> None:
        self.probs = jit_fast_compile(jax.vmap(normalizer))
        pull_back = partial(_pull_back, normalizer)
        self.pull_back = jit_fast_compile(jax.vmap(pull_back))


class LossPart:
    """A loss of probabilities, and its derivatives in them."""

    def __init__(self, loss: Callable[[Probs, Array], Array]) -> None:
        self._loss = loss

    @cached_property
    def value_and_grad(self) -> Callable[[Probs], tuple[Array, Probs]]:
        differentiated = jax.value_and_grad(partial(_of_label, self._loss))
        return jit_fast_compile(jax.vmap(differentiated))


def of_pair(normalizer: NormalizerPart, loss: LossPart) -> Evaluate:
    """Return the losses and gradients of a pair."""

    def rows(logits: Array) -> tuple[Array, Array]:
        value, cotangent = loss.value_and_grad(normalizer.probs(logits))
        return value, normalizer.pull_back(logits, cotangent)

    return partial(_in_blocks, rows)


def of_objective(objective: Objective) -> Evaluate:
    """Return the losses and gradients of one objective of any kind."""
    differentiated = jax.value_and_grad(partial(_of_label, objective.function))
    return partial(_in_blocks, jit_fast_compile(jax.vmap(differentiated)))


def _of_label(function: Callable[..., Array], logits_or_probs: Any) -> Array:
    first = jax.tree.leaves(logits_or_probs)[0]
    value: Array = function(logits_or_probs, jnp.eye(len(first), dtype=first.dtype)[0])
    return value


def _pull_back(
    normalizer: Callable[[Array], Probs], logits: Array, cotangent: Probs
) -> Array:
    pull_back = jax.vjp(normalizer, logits)[1]
    gradient: Array = pull_back(cotangent)[0]
    return gradient


def _in_blocks(
    rows: Callable[[Array], tuple[Array, Array]], logits: Rows
) -> tuple[Rows, Rows]:
    """Evaluate rows in blocks of one size; NaN where the loss is not finite."""
    count = len(logits)
    fill = -count % BLOCK
    padded = np.concatenate([logits, np.repeat(logits[-1:], fill, axis=0)])
    blocks = [
        rows(jnp.asarray(padded[start : start + BLOCK]))
        for start in range(0, len(padded), BLOCK)
    ]
    loss = np.concatenate([np.asarray(loss) for loss, _ in blocks])[:count]
    gradient = np.concatenate([np.asarray(gradient) for _, gradient in blocks])[:count]
    return loss, np.where(np.isfinite(loss)[:, None], gradient, np.nan)
