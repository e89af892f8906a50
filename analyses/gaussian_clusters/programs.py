"""The compiled programs: weighted sums of losses with their gradients, and probabilities."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import logitscape as ls

from .samples import BLOCK, LANES, Weighted
from .theory import CLASSES, Array

FEATURES = 3
"""Number of inputs of the linear classifiers: two features and the constant 1."""
WEIGHTS = (LANES, FEATURES, CLASSES)
"""Shape of the weights of all lanes."""


def loss_function(
    spec: str, examples: Weighted
) -> Callable[[Array], tuple[Array, Array]]:
    """Losses [lanes] and their gradients [lanes, 9] as a function of flat weights [lanes, 9]."""
    program = _loss_program(spec)

    def function(flat: Array) -> tuple[Array, Array]:
        value, gradient = program(jnp.asarray(flat.reshape(WEIGHTS)), *examples)
        return np.asarray(value), np.asarray(gradient).reshape(flat.shape)

    return function


@cache
def _loss_program(spec: str) -> Callable[..., Any]:
    """A program for sums of losses [lanes] and their gradients in the weights [lanes, 3, 3]."""
    per_example = ls.value_and_grad(spec, class_axis=0)

    def block(theta: Any, x: Any, y: Any, w: Any) -> Any:
        z = sum(x[f][None] * theta[:, f].T[:, :, None] for f in range(FEATURES))
        losses, slopes = per_example(z.reshape(CLASSES, -1), y.reshape(-1))
        # A loss or slope of weight 0 may be infinite or NaN; multiplied by 0 it would stay NaN.
        counted = w > 0
        losses = w * jnp.where(counted, losses.reshape(w.shape), 0)
        slopes = w[None] * jnp.where(counted[None], slopes.reshape(z.shape), 0)
        return jnp.sum(losses, axis=1), jnp.sum(x[:, None] * slopes[None], axis=3)

    @jax.jit
    def program(theta: Any, x: Any, y: Any, w: Any, blocks: Any) -> Any:
        def step(i: Any, sums: Any) -> Any:
            cut = partial(
                jax.lax.dynamic_slice_in_dim,
                start_index=i * BLOCK,
                slice_size=BLOCK,
                axis=-1,
            )
            return jax.tree.map(jnp.add, sums, block(theta, cut(x), cut(y), cut(w)))

        # The number of blocks is an argument of the program: a new size is not a new compilation.
        zeros = jnp.zeros(LANES), jnp.zeros((FEATURES, CLASSES, LANES))
        value, gradient = jax.lax.fori_loop(0, blocks, step, zeros)
        return value, jnp.moveaxis(gradient, 2, 0)

    return program


def probabilities(spec: str, logits: Array) -> tuple[Array, Array]:
    """The pair's probabilities of logits [..., 3], and their logarithms."""
    program = _normalizer_program(ls.objective(spec).normalizer)
    p, log_p = program(jnp.asarray(logits))
    return np.asarray(p), np.asarray(log_p)


@cache
def _normalizer_program(normalizer: Any) -> Callable[..., Any]:
    return jax.jit(jnp.vectorize(normalizer, signature="(n)->(n),(n)"))
