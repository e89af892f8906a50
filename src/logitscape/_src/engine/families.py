"""Values and derivatives of many objectives at the same logits, in one program.

What comes in are objectives and logits [n, batch], with the classes in front; what comes
out is an `Evaluation` for each objective.

Most objectives are pairs `loss(normalizer(logits), target)`, and in a sweep the same few
normalizers and losses occur in many pairs. Those that have a rule of their own are
evaluated by it (see by_rule.py). If every other pair, or for Hessians every pair, were
differentiated by itself, the code of each part would be in the program, and be compiled,
once for every pair that has it. So the chain rule is applied by hand, with every part in
the program once:

1. Every normalizer turns the logits into probabilities.
2. Every loss is evaluated and differentiated with respect to the probabilities, on those
   of all normalizers that it is paired with, joined into one batch.
3. Every normalizer pulls these derivatives back to the logits, for all of its losses.

The program grows with the number of parts, not with the number of pairs.

Functions are differentiated before they are unrolled, never the other way round: the
derivatives of normalizers and losses are custom rules, and unrolled code has lost them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..normalizers.probs import Probs
from ..objectives import grouping
from ..objectives.objective import Objective
from . import duals
from .batching import from_batch, to_batch, worth_unrolling
from .by_rule import Evaluation, by_rule
from .duals import Call, Dual


class _Results(NamedTuple):
    """What is computed of an objective: `Evaluation` before its final form."""

    loss: Dual
    gradient: Dual
    p: Dual | None


def evaluate(
    objectives: Sequence[Objective],
    logits: Array,
    label: int,
    *,
    hessian: bool = False,
) -> list[Evaluation]:
    """Evaluate and differentiate objectives; to be called inside `jax.jit`.

    Args:
        objectives: Objectives, in any number and of any kind.
        logits: Logits, [n, batch].
        label: Label of all examples of the batch, as a one-hot target.
        hessian: Whether to compute Hessians, by forward over reverse mode.

    Returns:
        An evaluation for each objective, in their order.
    """
    unroll = worth_unrolling(*logits.shape)
    results = dict[int, Evaluation]()
    if not hessian:
        results = by_rule(objectives, logits, label, unroll)
    rest = [index for index in range(len(objectives)) if index not in results]
    others = [objectives[index] for index in rest]
    if others:
        differentiated = _differentiated(others, logits, label, hessian, unroll)
        results |= dict(zip(rest, differentiated, strict=True))
    return [results[index] for index in range(len(objectives))]


def _differentiated(
    objectives: Sequence[Objective],
    logits: Array,
    label: int,
    hessian: bool,
    unroll: bool,
) -> list[Evaluation]:
    """Evaluations by the chain rule, part by part."""
    target = jax.nn.one_hot(label, len(logits), dtype=logits.dtype)
    call = duals.call_on_batch(unroll=unroll, with_tangents=hessian)
    inputs = _inputs(logits, hessian, unroll)
    results = _evaluate_pairs(call, grouping.pairs(objectives), inputs, target)
    for index, objective in enumerate(objectives):
        if index not in results:
            results[index] = _evaluate_alone(call, objective, inputs, target)
    in_order = [results[index] for index in range(len(objectives))]
    if hessian:
        return [_with_hessian(result) for result in in_order]
    return [_without_hessian(result) for result in in_order]


def _inputs(logits: Array, hessian: bool, unroll: bool) -> Dual:
    """The logits; for Hessians once for every class, with that class as direction."""
    if not hessian:
        return Dual(to_batch(logits, unroll))
    num_classes, size = logits.shape
    unit_vectors = jnp.eye(num_classes, dtype=logits.dtype)
    # All examples with the first direction come first, then those with the second, so
    # that `_with_hessian` can fold [directions * size] without moving anything.
    directions = jnp.repeat(unit_vectors, size, axis=1)
    repeated = jnp.tile(logits, (1, num_classes))
    return Dual(to_batch(repeated, unroll), to_batch(directions, unroll))


def _evaluate_alone(
    call: Call, objective: Objective, inputs: Dual, target: Array
) -> _Results:
    """Evaluate an objective that shares no parts with others."""
    differentiated = jax.value_and_grad(
        partial(_target_first, objective.function, target)
    )
    loss, gradient = duals.components(call(differentiated, inputs))
    if objective.normalizer is None:
        return _Results(loss, gradient, None)
    probs = call(objective.normalizer, inputs)
    return _Results(loss, gradient, _only_p(probs))


def _evaluate_pairs(
    call: Call, pairs: Mapping[int, Objective], inputs: Dual, target: Array
) -> dict[int, _Results]:
    """Evaluate pairs of normalizers and losses, each part once.

    Args:
        call: Way to call functions of one example.
        pairs: Objectives that have a normalizer and a loss, by index.
        inputs: Logits.
        target: Target of all examples.

    Returns:
        Results by index.
    """
    groups = grouping.by_normalizer(pairs)
    probs = {normalizer: call(normalizer, inputs) for normalizer in groups}
    losses, cotangents = _evaluate_losses(call, pairs, probs, target)
    gradients = dict[int, Dual]()
    for normalizer, members in groups.items():
        gradients |= _pull_back(call, normalizer, members, inputs, cotangents)
    p = {normalizer: _only_p(probs[normalizer]) for normalizer in groups}
    return {
        index: _Results(losses[index], gradients[index], p[objective.normalizer])
        for index, objective in pairs.items()
    }


def _evaluate_losses(
    call: Call,
    pairs: Mapping[int, Objective],
    probs: Mapping[Any, Dual],
    target: Array,
) -> tuple[dict[int, Dual], dict[int, Dual]]:
    """Losses and their derivatives with respect to the probabilities, by index."""
    values = dict[int, Dual]()
    cotangents = dict[int, Dual]()
    for loss, members in grouping.by_loss(pairs).items():
        probs_of_members = [probs[pairs[index].normalizer] for index in members]
        joined = duals.concatenate(probs_of_members)
        differentiated = jax.value_and_grad(partial(_target_first, loss, target))
        results = duals.split(call(differentiated, joined), len(members))
        for index, result in zip(members, results, strict=True):
            values[index], cotangents[index] = duals.components(result)
    return values, cotangents


def _pull_back(
    call: Call,
    normalizer: Any,
    members: Sequence[int],
    inputs: Dual,
    cotangents: Mapping[int, Dual],
) -> dict[int, Dual]:
    """Derivatives in the logits of the pairs that have this normalizer, by index."""
    stacked = duals.stack_rows([cotangents[index] for index in members])
    gradients = call(partial(_vector_jacobian_products, normalizer), inputs, stacked)
    return {index: duals.row(gradients, row) for row, index in enumerate(members)}


def _vector_jacobian_products(
    normalizer: Any, logits: Array, cotangents: Probs
) -> Array:
    """Derivatives of several losses in the logits, [losses, n].

    Args:
        normalizer: Function logits -> Probs.
        logits: Logits of one example, [n].
        cotangents: Derivatives of the losses in the probabilities and in their
            logarithms, each [losses, n].
    """
    # Outside the map over losses, so that the normalizer is evaluated once for all.
    pull_back = jax.vjp(normalizer, logits)[1]

    def gradient(cotangent: Probs) -> Any:
        (in_logits,) = pull_back(cotangent)
        return in_logits

    gradients: Array = jax.vmap(gradient)(cotangents)
    return gradients


def _target_first(function: Any, target: Array, logits_or_probs: Any) -> Array:
    value: Array = function(logits_or_probs, target)
    return value


def _only_p(probs: Dual) -> Dual:
    return duals.components(probs)[0]


def _without_hessian(results: _Results) -> Evaluation:
    return Evaluation(
        loss=from_batch(results.loss.primal),
        gradient=from_batch(results.gradient.primal),
        p=None if results.p is None else from_batch(results.p.primal),
    )


def _with_hessian(results: _Results) -> Evaluation:
    """The Hessian from the gradient's tangents, the rest from the first repetition."""
    tangents = from_batch(results.gradient.tangent)
    num_classes, num_repeated = tangents.shape
    size = num_repeated // num_classes
    hessian = tangents.reshape(num_classes, num_classes, size)
    loss = duals.first_values(results.loss, size)
    gradient = duals.first_values(results.gradient, size)
    p = None if results.p is None else duals.first_values(results.p, size)
    first = _without_hessian(_Results(loss, gradient, p))
    return replace(first, hessian=hessian)
