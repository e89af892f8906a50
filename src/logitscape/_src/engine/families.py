"""Values and derivatives of many objectives at many logits, in one program.

Logits are [n, batch], classes in front. A family of pairs shares its parts: every normalizer is run once, every loss once on
the probabilities of all normalizers that it is paired with, and every normalizer's derivative once for all losses. So the
program grows with the number of parts and not with that of pairs. Differentiation comes first, unrolling after it, as the
derivatives of the parts are rules that unrolled code no longer has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..normalizers.simplex import Probs
from ..objectives.objective import Objective
from .unrolled import stack, unrolled, unstack

MOST_CLASSES = 6
LEAST_POINTS = 2**18
"""Unrolled code is several times faster for few classes, and several times slower to compile: it wants many points."""


@dataclass(frozen=True)
class Evaluation:
    """What one objective gives at a batch of logits.

    Attributes:
        loss: [batch].
        gradient: [n, batch].
        p: [n, batch]; None if the objective does not say how it predicts.
        hessian: [n, n, batch], if it was asked for.
    """

    loss: Array
    gradient: Array
    p: Array | None
    hessian: Array | None = None


def evaluate(
    objectives: Sequence[Objective],
    logits: Array,
    target: Array,
    *,
    hessian: bool = False,
) -> list[Evaluation]:
    """Loss, gradient, probabilities and on request the Hessian of every objective; to be called inside `jax.jit`.

    Args:
        objectives: any number of them.
        logits: [n, batch].
        target: [n], the same for the whole batch.
        hessian: whether to compute it, by forward over reverse mode.
    """
    unroll = worth_unrolling(*logits.shape)
    call = partial(_call_with_tangents if hessian else _call, unroll)
    start = _start(logits, hessian, unroll)
    results = dict[int, tuple[Any, Any, Any]]()
    pairs = [index for index, each in enumerate(objectives) if each.loss is not None]
    results.update(
        _evaluate_pairs(
            call, {index: objectives[index] for index in pairs}, start, target
        )
    )
    for index, each in enumerate(objectives):
        if index not in results:
            value, gradient = _unzip(
                call(
                    jax.value_and_grad(partial(_swapped, each.function, target)), start
                ),
                2,
            )
            p = (
                None
                if each.normalizer is None
                else _unzip(call(each.normalizer, start), 2)[0]
            )
            results[index] = value, gradient, p
    return [
        _finish(logits.shape[0], hessian, *results[index])
        for index in range(len(objectives))
    ]


def _evaluate_pairs(
    call: Callable[..., Any],
    objectives: dict[int, Objective],
    start: Any,
    target: Array,
) -> dict[int, tuple[Any, Any, Any]]:
    normalizers = dict.fromkeys(each.normalizer for each in objectives.values())
    losses = dict.fromkeys(each.loss for each in objectives.values())
    probs = {normalizer: call(normalizer, start) for normalizer in normalizers}
    values, cotangents, gradients = dict[int, Any](), dict[int, Any](), dict[int, Any]()
    for loss in losses:
        of_loss = [index for index, each in objectives.items() if each.loss == loss]
        stacked = _stack([probs[objectives[index].normalizer] for index in of_loss])
        pulled = _unstack(
            call(jax.value_and_grad(partial(_swapped, loss, target)), stacked),
            len(of_loss),
        )
        for index, each in zip(of_loss, pulled, strict=True):
            values[index], cotangents[index] = _unzip(each, 2)
    for normalizer in normalizers:
        members = [
            index for index, each in objectives.items() if each.normalizer == normalizer
        ]
        together = jax.tree.map(
            _side_by_side, *[cotangents[index] for index in members]
        )
        pulled = call(partial(_pull_back, normalizer), start, together)
        gradients.update(
            (index, jax.tree.map(itemgetter(i), pulled))
            for i, index in enumerate(members)
        )
    p = {normalizer: _unzip(each, 2)[0] for normalizer, each in probs.items()}
    return {
        index: (values[index], gradients[index], p[each.normalizer])
        for index, each in objectives.items()
    }


def _swapped(function: Any, target: Array, first: Any) -> Array:
    value: Array = function(first, target)
    return value


def _pull_back(normalizer: Any, logits: Array, cotangents: Probs) -> Array:
    """From derivatives in the probabilities, [losses, n], to derivatives in the logits, [losses, n]."""
    pull = jax.vjp(normalizer, logits)[1]
    gradients: Array = jax.vmap(lambda cotangent: pull(cotangent)[0])(cotangents)
    return gradients


# Intermediate results are pairs (primal, tangent) of pytrees whose leaves hold a batch; tangent is None without Hessians.


def _call(unroll: bool, function: Callable[..., Any], *duals: Any) -> tuple[Any, None]:
    return batched(function, unroll)(*[primal for primal, _ in duals]), None


def _call_with_tangents(unroll: bool, function: Callable[..., Any], *duals: Any) -> Any:
    primals, tangents = zip(*duals, strict=True)
    return batched(partial(jax.jvp, function), unroll)(primals, tangents)


def worth_unrolling(n: int, points: int) -> bool:
    """Whether a batch of so many points of n classes is faster unrolled, compilation included."""
    return n <= MOST_CLASSES and points >= LEAST_POINTS


def batched(function: Callable[..., Any], unroll: bool) -> Callable[..., Any]:
    """A function of one example on a batch in the last axis: of object arrays if unrolled, else of arrays."""
    if unroll:
        return unrolled(function)
    return lambda *batch: jax.tree.map(
        _back, jax.vmap(function)(*jax.tree.map(_front, batch))
    )


def to_batch(array: Array, unroll: bool) -> Any:
    """An array [n, batch] in the form that `batched` takes."""
    return unstack(array) if unroll else array


def from_batch(value: Any) -> Array:
    """What `batched` gives as an array [..., batch]."""
    array: Array = stack(value) if isinstance(value, np.ndarray) else value
    return array


def _front(array: Array) -> Array:
    return jnp.moveaxis(array, -1, 0)


def _back(array: Array) -> Array:
    return jnp.moveaxis(array, 0, -1)


def _start(logits: Array, hessian: bool, unroll: bool) -> tuple[Any, Any]:
    """The logits; for Hessians once for every direction, beside that direction."""
    if not hessian:
        return to_batch(logits, unroll), None
    n, size = logits.shape
    directions = jnp.repeat(jnp.eye(n, dtype=logits.dtype), size, axis=1)
    return to_batch(jnp.tile(logits, (1, n)), unroll), to_batch(directions, unroll)


def _finish(n: int, hessian: bool, value: Any, gradient: Any, p: Any) -> Evaluation:
    second = None
    if hessian:
        size = from_batch(value[0]).shape[-1] // n
        second = from_batch(gradient[1]).reshape(n, n, size)
        value, gradient, p = (_first(each, size) for each in (value, gradient, p))
    return Evaluation(
        from_batch(value[0]),
        from_batch(gradient[0]),
        None if p is None else from_batch(p[0]),
        second,
    )


def _first(dual: Any, size: int) -> Any:
    return (
        None
        if dual is None
        else (_elementwise(lambda batch: batch[..., :size], dual[0]), None)
    )


def _unzip(dual: Any, count: int) -> list[Any]:
    """A pair of tuples as a list of pairs."""
    primal, tangent = dual
    return [(primal[i], None if tangent is None else tangent[i]) for i in range(count)]


def _stack(duals: list[Any]) -> Any:
    """Several batches as one."""
    return duals[0] if len(duals) == 1 else jax.tree.map(_concatenate, *duals)


def _unstack(dual: Any, count: int) -> list[Any]:
    if count == 1:
        return [dual]
    return [jax.tree.map(partial(_part, index, count), dual) for index in range(count)]


def _concatenate(*leaves: Any) -> Any:
    return _elementwise(lambda *batches: jnp.concatenate(batches, axis=-1), *leaves)


def _side_by_side(*leaves: Any) -> Any:
    return np.stack(leaves) if isinstance(leaves[0], np.ndarray) else jnp.stack(leaves)


def _part(index: int, count: int, leaf: Any) -> Any:
    def cut(batch: Array) -> Array:
        size = batch.shape[-1] // count
        return batch[..., index * size : (index + 1) * size]

    return _elementwise(cut, leaf)


def _elementwise(function: Callable[..., Any], *leaves: Any) -> Any:
    """Apply to arrays, or to every element of object arrays; to the leaves of a pytree."""
    if not isinstance(leaves[0], np.ndarray):
        return jax.tree.map(function, *leaves)
    result = np.empty(leaves[0].shape, object)
    for index in np.ndindex(result.shape):
        result[index] = function(*(leaf[index] for leaf in leaves))
    return result
