"""logitscape, plain JAX of its objectives and of the textbook's formulas, and single passes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import logitscape as ls

from .peers import Peer, Problem

EPSILON = 1e-3


def peers(problem: Problem) -> list[Peer]:
    """The three families, in every layout."""
    peers = []
    for axis in problem.layouts():
        functions = {
            "logitscape": ls.value_and_grad(problem.pair, class_axis=axis),
            "plain JAX": vmapped(ls.objective(problem.pair), axis),
            "textbook JAX": vmapped(textbook(problem.pair), axis),
        }
        for family, function in functions.items():
            peers.append(_peer(family, problem, axis, function))
    return peers


def limits(problem: Problem) -> dict[str, Callable[[], object]]:
    """One pass that takes the exponential of every logit, and one that copies it."""
    z = jnp.asarray(problem.logits)
    exp = jax.jit(jnp.exp).lower(z).compile()
    copy = jax.jit(jnp.copy).lower(z).compile()
    return {"exp": partial(_blocking, exp, z), "copy": partial(_blocking, copy, z)}


def textbook(pair: str) -> Callable[[Array, Array], Array]:
    """The textbook's formula for one example, as a function of logits [n] and target [n]."""
    normalizer, loss = pair.split(" + ")
    return partial(LOSSES[loss], normalizer)


def _peer(
    family: str, problem: Problem, axis: int, function: Callable[..., Any]
) -> Peer:
    z = jnp.asarray(problem.laid_out(axis))
    y = jnp.asarray(problem.labels)
    return Peer(family, axis, partial(_blocking, jax.jit(function), z, y))


def _blocking(function: Callable[..., Any], *args: Array) -> Any:
    return jax.block_until_ready(function(*args))


def vmapped(
    objective: Callable[[Array, Array], Array], axis: int
) -> Callable[..., Any]:
    """Losses and gradients by `jax.vmap`, as a function of logits and labels.

    Args:
        objective: The loss of one example.
        axis: Class axis, 0 or -1.
    """

    def of_example(z: Array, label: Array) -> tuple[Array, Array]:
        target = jax.nn.one_hot(label, z.size, dtype=z.dtype)
        return jax.value_and_grad(objective)(z, target)

    return jax.vmap(of_example, in_axes=(axis + 1, 0), out_axes=(0, axis + 1))


def _cross_entropy(normalizer: str, z: Array, target: Array) -> Array:
    if normalizer == "softmax":
        log_p = jax.nn.log_softmax(z)
    else:
        log_p = jnp.log(_probabilities(normalizer, z))
    return -jnp.sum(target * log_p)


def _brier(normalizer: str, z: Array, target: Array) -> Array:
    return jnp.sum((_probabilities(normalizer, z) - target) ** 2)


def _probabilities(normalizer: str, z: Array) -> Array:
    if normalizer == "softmax":
        return jax.nn.softmax(z)
    weights = 1 + z + z**2 / 2 if normalizer == "taylor" else z**2 + EPSILON
    return weights / jnp.sum(weights)


LOSSES = {"cross_entropy": _cross_entropy, "brier": _brier}
