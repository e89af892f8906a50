"""logitscape, plain JAX of its objectives and of the textbook's formulas, and limits: one pass."""

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
    return [
        peer
        for axis in problem.layouts()
        for peer in (
            _peer(
                "logitscape",
                problem,
                axis,
                ls.value_and_grad(problem.pair, class_axis=axis),
            ),
            _peer(
                "plain JAX", problem, axis, vmapped(ls.objective(problem.pair), axis)
            ),
            _peer("textbook JAX", problem, axis, vmapped(textbook(problem.pair), axis)),
        )
    ]


def limits(problem: Problem) -> dict[str, Callable[[], object]]:
    """One pass that takes the exponential of every logit, and one that copies it."""
    z = jnp.asarray(problem.logits)
    passes = {
        name: jax.jit(one).lower(z).compile()
        for name, one in (("exp", jnp.exp), ("copy", jnp.copy))
    }
    return {name: partial(_blocking, one, z) for name, one in passes.items()}


def textbook(pair: str) -> Callable[[Array, Array], Array]:
    """The formula as it is printed, of one example: (logits [n], target [n]) -> loss."""
    normalizer, loss = pair.split(" + ")
    return partial(LOSSES[loss], normalizer)


def _peer(
    family: str, problem: Problem, axis: int, function: Callable[..., Any]
) -> Peer:
    z, y = jnp.asarray(problem.laid_out(axis)), jnp.asarray(problem.labels)
    return Peer(family, axis, partial(_blocking, jax.jit(function), z, y))


def _blocking(function: Callable[..., Any], *args: Array) -> Any:
    return jax.block_until_ready(function(*args))


def vmapped(
    objective: Callable[[Array, Array], Array], axis: int
) -> Callable[..., Any]:
    """Loss and gradient of every example, by `jax.vmap`: (logits, labels) -> (losses, gradients)."""

    def of_one(z: Array, label: Array) -> tuple[Array, Array]:
        return jax.value_and_grad(objective)(
            z, jax.nn.one_hot(label, z.size, dtype=z.dtype)
        )

    return jax.vmap(of_one, in_axes=(axis + 1, 0), out_axes=(0, axis + 1))


def _cross_entropy(normalizer: str, z: Array, target: Array) -> Array:
    log_p = (
        jax.nn.log_softmax(z)
        if normalizer == "softmax"
        else jnp.log(_probabilities(normalizer, z))
    )
    return -jnp.sum(target * log_p)


def _brier(normalizer: str, z: Array, target: Array) -> Array:
    return jnp.sum((_probabilities(normalizer, z) - target) ** 2)


def _probabilities(normalizer: str, z: Array) -> Array:
    if normalizer == "softmax":
        return jax.nn.softmax(z)
    weights = 1 + z + z**2 / 2 if normalizer == "taylor" else z**2 + EPSILON
    return weights / jnp.sum(weights)


LOSSES = {"cross_entropy": _cross_entropy, "brier": _brier}
